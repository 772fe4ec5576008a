import { canonicalJson } from '../../base/canonical-json.ts';
import type { AuthenticationSpec } from '../../model/authentication.ts';
import type { AuthorizationSpec } from '../../model/authorization.ts';
import type { ListenerDirection } from '../../model/listener.ts';
import type { Filter } from '../exchange/filter.ts';
import type { DownstreamPeer } from '../exchange/streams.ts';
import { type Authenticator, createAuthenticator } from '../policy/authentication/authenticator.ts';
import { type Authorizer, createAuthorizer } from '../policy/authorization/authorizer.ts';
import { Subject } from '../policy/authorization/subject.ts';
import { type AuthenticationDeps, createAuthenticationFilter } from './authentication.ts';
import { createAuthorizationFilter } from './authorization.ts';
import { createExternalFilter } from './external-authorization.ts';
import type { QuestionerDeps } from './external-question.ts';
import type { PolicyWatch } from './policy-watch.ts';

/** Who may call this proxy's workload, compiled; kept over snapshots that change nothing of it. */
export interface Security {
  readonly source: SecuritySource;
  /** null = tokens are not looked at. */
  readonly authenticator: Authenticator | null;
  /** null = nothing is decided. */
  readonly requests: Authorizer | null;
  readonly connections: Authorizer | null;
}

export interface SecuritySource {
  readonly authentication: readonly AuthenticationSpec[];
  readonly authorization: readonly AuthorizationSpec[];
}

export function createSecurity(source: SecuritySource, previous: Security | null): Security {
  if (previous !== null && isSame(previous.source, source)) return previous;
  return {
    source,
    authenticator: createAuthenticator(source.authentication),
    requests: createAuthorizer(source.authorization, 'http'),
    connections: createAuthorizer(source.authorization, 'tcp'),
  };
}

/**
 * A connection that carries no HTTP; null = it may pass.
 * @param serverName the name that its own TLS asks for
 * @param watch null = nothing is decided yet, it is only looked ahead
 */
export function refuseConnection(
  { connections }: Security,
  peer: DownstreamPeer,
  serverName: string,
  watch: PolicyWatch | null,
): string | null {
  if (connections === null) return null;
  const known = serverName === '' ? peer : { ...peer, serverName };
  const watched = watch?.ofConnections ?? null;
  const refusal = connections.refuse(new Subject(known, null, null, () => peer.remoteAddress), watched);
  watched?.countDecision(refusal === null);
  return refusal;
}

/** Unchanged resources are usually the same objects; a snapshot that was read anew has equal ones. */
function isSame(a: SecuritySource, b: SecuritySource): boolean {
  const all = ({ authentication, authorization }: SecuritySource) => [...authentication, ...authorization];
  const [before, now] = [all(a), all(b)];
  if (before.length !== now.length) return false;
  return before.every((spec, index) => spec === now[index]) || canonicalJson(a) === canonicalJson(b);
}

export interface GuardDeps extends AuthenticationDeps, QuestionerDeps {
  readonly watch: PolicyWatch;
}

/** In Istio's order. Callers are asked where calls arrive, never where they leave. */
export function createGuards(
  { authenticator, requests }: Security,
  direction: ListenerDirection,
  deps: GuardDeps,
): readonly Filter[] {
  const guards: Filter[] = [];
  if (direction === 'outbound') return guards;
  const isGateway = direction === 'gateway';
  if (requests?.hasExternal === true) guards.push(createExternalFilter(requests, isGateway, deps));
  if (authenticator !== null) guards.push(createAuthenticationFilter(authenticator, deps));
  if (requests !== null) guards.push(createAuthorizationFilter(requests, isGateway, deps.watch));
  return guards;
}
