import type { Filter } from '../exchange/filter.ts';

/**
 * Waits for the address of the host that a request names, where its cluster has no hosts of its own (Envoy's dynamic
 * forward proxy). Behind all other filters: what they answer themselves is not looked up.
 */
export function createLookUpFilter(): Filter {
  return {
    name: 'look-up',
    onRequest(exchange) {
      const { destination } = exchange;
      const cluster = destination?.cluster ?? null;
      if (destination === null || cluster === null || !cluster.isByName) return 'continue';
      // As it will be sent: a rule may name another host than the caller.
      const authority = destination.authorities.at(-1) ?? exchange.request.authority;
      if (!cluster.needsLookUp(authority)) return 'continue';
      cluster.lookUp(authority, () => {
        if (!exchange.isOver) exchange.resumeFilters();
      });
      return 'wait';
    },
  };
}
