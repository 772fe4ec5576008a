import { clientAddressOf } from '../exchange/client-address.ts';
import { accessDenied } from '../exchange/failure.ts';
import type { Filter } from '../exchange/filter.ts';
import type { Authorizer } from '../policy/authorization/authorizer.ts';
import { Subject } from '../policy/authorization/subject.ts';
import type { PolicyWatch } from './policy-watch.ts';

/** AuthorizationPolicy's DENY and ALLOW: behind the check of tokens, before everything that acts (ISTIO.md §5.3). */
export function createAuthorizationFilter(
  authorizer: Authorizer,
  isGateway: boolean,
  watch: PolicyWatch,
): Filter {
  return {
    name: 'authorization',
    onRequest(exchange) {
      const { peer, request, claims } = exchange;
      const subject = new Subject(peer, request, claims, () => clientAddressOf(request, peer, isGateway));
      const watched = watch.ofRequests(isGateway, peer.originalDestination.port);
      const details = authorizer.refuse(subject, watched);
      watched.countDecision(details === null);
      exchange.dryRuns = watched.takeDryRuns();
      if (details === null) return 'continue';
      exchange.sendLocalReply(accessDenied(details));
      return 'stop';
    },
  };
}
