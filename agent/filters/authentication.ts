import type { Clock } from '../../base/clock.ts';
import type { RequestHead } from '../codec/head.ts';
import { tokenRefused } from '../exchange/failure.ts';
import type { Filter, FilteredExchange } from '../exchange/filter.ts';
import { type Authenticator, WRONG_AUDIENCE } from '../policy/authentication/authenticator.ts';
import { NO_SUCH_KEY } from '../policy/authentication/keys.ts';
import { getHeader } from '../policy/headers.ts';

export interface AuthenticationDeps {
  readonly clock: Clock;
  /** A token came with a key that is not known here: the issuer may have a new one. */
  readonly onUnknownKey?: () => void;
}

/** RequestAuthentication, in front of the policies that ask for claims. */
export function createAuthenticationFilter(
  authenticator: Authenticator,
  { clock, onUnknownKey }: AuthenticationDeps,
): Filter {
  return {
    name: 'authentication',
    onRequest(exchange) {
      const { request } = exchange;
      if (isPreflight(request)) return 'continue';
      const target = request.path;
      const { claims, refusal } = authenticator.authenticate(request, clock.wall());
      if (refusal !== '') {
        if (refusal === NO_SUCH_KEY && authenticator.canLearnKeys) onUnknownKey?.();
        const status = refusal === WRONG_AUDIENCE ? 403 : 401;
        exchange.sendLocalReply(tokenRefused(status, refusal, realmOf(exchange, target)));
        return 'stop';
      }
      if (claims === null) return 'continue';
      exchange.claims = claims;
      // Rules may match claims, headers that were made of them, or the path without its token.
      exchange.chooseRoute();
      return 'continue';
    },
  };
}

/** A browser sends no token with a preflight, and cannot (Envoy's `bypass_cors_preflight`). */
function isPreflight({ method, headers }: RequestHead): boolean {
  return (
    method === 'OPTIONS' &&
    (getHeader(headers, 'origin') ?? '') !== '' &&
    (getHeader(headers, 'access-control-request-method') ?? '') !== ''
  );
}

/** Longer paths are cut off, as in Envoy. */
const MAX_REALM_PATH = 256;

function realmOf({ scheme, request }: FilteredExchange, target: string): string {
  return `${scheme}://${request.authority}${target.slice(0, MAX_REALM_PATH)}`;
}
