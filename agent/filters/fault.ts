import type { Random } from '../../base/random.ts';
import { faultAbort } from '../exchange/failure.ts';
import type { Filter, FilteredExchange, FilterVerdict } from '../exchange/filter.ts';
import { decideFault, type FaultDecision, faultOfCounted } from '../policy/fault.ts';
import type { TestCounters } from '../policy/test-counters.ts';

export interface FaultDeps {
  readonly random: Random;
  readonly counters: TestCounters;
}

/** HTTPFaultInjection: the delay first, then the abort. Timeouts and retries of the route never see either. */
export function createFaultFilter({ random, counters }: FaultDeps): Filter {
  return {
    name: 'fault',
    onRequest(exchange) {
      const { fault: spec } = exchange.route.spec;
      if (spec === null) return 'continue';
      const decision =
        spec.requests === undefined
          ? decideFault(spec, random)
          : faultOfCounted(spec, counters.isMeant(spec.requests));
      if (decision.delayMs === 0) return abort(exchange, decision);
      exchange.addFlag('DI');
      exchange.after(decision.delayMs, () => {
        if (abort(exchange, decision) === 'continue') exchange.resumeFilters();
      });
      return 'wait';
    },
  };
}

function abort(exchange: FilteredExchange, { abort: spec }: FaultDecision): FilterVerdict {
  if (spec === null) return 'continue';
  // A gRPC abort of a call that is not gRPC is 200 with the usual text (ISTIO.md, correction 14).
  const status = spec.grpcStatus === null ? spec.status : 200;
  exchange.sendLocalReply({ ...faultAbort(status), grpcStatus: spec.grpcStatus });
  return 'stop';
}
