import type { Clock } from '../../base/clock.ts';
import type { ExternalAuthorizerSpec } from '../../model/authorization.ts';
import { ExternalCall } from '../exchange/external-call.ts';
import type { FilteredExchange } from '../exchange/filter.ts';
import { unaryCall } from '../grpc/unary-call.ts';
import type { CheckAnswer } from '../policy/external/answer.ts';
import { CHECK_PATH, decodeCheck, encodeCheck } from '../policy/external/grpc-check.ts';
import { type CheckedBody, createHttpCheck } from '../policy/external/http-check.ts';
import { getHeader } from '../policy/headers.ts';
import type { Cluster } from '../upstream/cluster.ts';

export interface QuestionerDeps {
  readonly clock: Clock;
  /** Where an external authorizer is found. */
  readonly clusters: ReadonlyMap<string, Cluster>;
  /** SPIFFE id of this proxy. */
  readonly identity: string;
}

/** Asks once; `onAnswer` may be called at once. What it gives makes nobody wait any more. */
export type Questioner = (
  exchange: FilteredExchange,
  body: CheckedBody | null,
  onAnswer: (answer: CheckAnswer) => void,
) => () => void;

const FAILED: CheckAnswer = { kind: 'failed' };

/** How one authorizer is asked. */
export function createQuestioner(spec: ExternalAuthorizerSpec, deps: QuestionerDeps): Questioner {
  const cluster = deps.clusters.get(spec.cluster);
  if (cluster === undefined) {
    return (_exchange, _body, onAnswer) => {
      onAnswer(FAILED);
      return () => {};
    };
  }
  return spec.protocol === 'grpc' ? overGrpc(spec, cluster, deps) : overHttp(spec, cluster);
}

function overHttp(spec: ExternalAuthorizerSpec, cluster: Cluster): Questioner {
  const check = createHttpCheck(spec);
  return (exchange, body, onAnswer) => {
    const bytes = body === null || body.bytes.length === 0 ? null : body.bytes;
    const call = new ExternalCall(
      cluster,
      check.ask(exchange.request, body),
      (answer) => onAnswer(answer === null ? FAILED : check.read(answer.head, answer.body)),
      bytes,
    );
    exchange.after(spec.timeoutMs, () => call.timeOut());
    call.start();
    return () => call.cancel();
  };
}

/** `|` may not stand in an authority: servers refuse it (Istio's generateGRPCConfig). */
export const authorityOf = ({ name }: Cluster): string => name.replaceAll('|', '_.');

function overGrpc(
  { body: shown, timeoutMs }: ExternalAuthorizerSpec,
  cluster: Cluster,
  { clock, identity }: QuestionerDeps,
): Questioner {
  const authority = authorityOf(cluster);
  return ({ peer, request: head, scheme }, body, onAnswer) => {
    const message = encodeCheck(peer, identity, {
      ...{ head, scheme, body, packsBytes: shown?.packsBytes ?? false },
      startedAtMs: clock.wall(),
      id: getHeader(head.headers, 'x-request-id') ?? '',
    });
    const request = { path: CHECK_PATH, authority, message, headers: [], timeoutMs };
    const call = unaryCall(cluster, request, clock, (answer) => {
      onAnswer('message' in answer ? decodeCheck(answer.message) : FAILED);
    });
    return () => call.cancel();
  };
}
