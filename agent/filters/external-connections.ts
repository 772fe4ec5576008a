import type { ExternalAuthorizerSpec } from '../../model/authorization.ts';
import type { DownstreamPeer } from '../exchange/streams.ts';
import { unaryCall } from '../grpc/unary-call.ts';
import { Subject } from '../policy/authorization/subject.ts';
import { CHECK_PATH, decodeCheck, encodeCheck } from '../policy/external/grpc-check.ts';
import type { Cluster } from '../upstream/cluster.ts';
import { authorityOf, type QuestionerDeps } from './external-question.ts';
import type { Security } from './security.ts';

/** Why a connection is closed. */
export interface ConnectionRefusal {
  readonly flag: '' | 'UAEX';
  readonly reason: string;
}

/**
 * CUSTOM for a connection that carries no HTTP: over gRPC alone, and before the host hears of it. Where Envoy waits for
 * the caller's first bytes a server that speaks first would have been heard by then.
 * @returns null = nobody is to be asked; else what makes nobody wait any more
 */
export function askAboutConnection(
  { connections }: Security,
  peer: DownstreamPeer,
  serverName: string,
  deps: QuestionerDeps,
  onAnswer: (refusal: ConnectionRefusal | null) => void,
): (() => void) | null {
  if (connections === null || !connections.hasExternal) return null;
  const known = serverName === '' ? peer : { ...peer, serverName };
  const check = connections.findExternal(new Subject(known, null, null, () => peer.remoteAddress));
  if (check === null) return null;
  const { provider, details } = check;
  if (provider === null) {
    onAnswer({ flag: '', reason: details });
    return () => {};
  }
  const cluster = deps.clusters.get(provider.cluster);
  if (cluster === undefined) {
    onAnswer(onSilence(provider));
    return () => {};
  }
  return ask(provider, cluster, peer, deps, onAnswer);
}

function ask(
  provider: ExternalAuthorizerSpec,
  cluster: Cluster,
  peer: DownstreamPeer,
  { clock, identity }: QuestionerDeps,
  onAnswer: (refusal: ConnectionRefusal | null) => void,
): () => void {
  const message = encodeCheck(peer, identity, null);
  const { timeoutMs } = provider;
  const request = { path: CHECK_PATH, authority: authorityOf(cluster), message, headers: [], timeoutMs };
  const call = unaryCall(cluster, request, clock, (answer) => {
    const { kind } = 'message' in answer ? decodeCheck(answer.message) : { kind: 'failed' };
    if (kind === 'allowed') onAnswer(null);
    else onAnswer(kind === 'denied' ? { flag: 'UAEX', reason: 'ext_authz_denied' } : onSilence(provider));
  });
  return () => call.cancel();
}

function onSilence({ failOpen }: ExternalAuthorizerSpec): ConnectionRefusal | null {
  return failOpen ? null : { flag: 'UAEX', reason: 'ext_authz_error' };
}
