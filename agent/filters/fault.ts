import type { Random } from '../../base/random.ts';
import { faultAbort, type LocalReply } from '../exchange/failure.ts';
import type { Filter, FilteredExchange, FilterVerdict } from '../exchange/filter.ts';
import { decideFault, type FaultDecision } from '../policy/fault.ts';
import { getHeader } from '../policy/headers.ts';

/** HTTPFaultInjection: the delay first, then the abort. Timeouts and retries of the route never see either. */
export function createFaultFilter({ random }: { readonly random: Random }): Filter {
  return {
    name: 'fault',
    onRequest(exchange) {
      const { fault: spec } = exchange.route.spec;
      if (spec === null) return 'continue';
      const decision = decideFault(spec, random);
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
  exchange.sendLocalReply(abortReply(exchange, spec.status, spec.grpcStatus));
  return 'stop';
}

/** A gRPC abort of a call that is not gRPC is 200 with the usual text (ISTIO.md, correction 14). */
function abortReply({ request }: FilteredExchange, status: number, grpcStatus: number | null): LocalReply {
  if (grpcStatus === null) return faultAbort(status);
  const isGrpc = getHeader(request.headers, 'content-type')?.startsWith('application/grpc') ?? false;
  if (!isGrpc) return faultAbort(200);
  const headers = ['content-type', 'application/grpc', 'grpc-status', String(grpcStatus)];
  return { ...faultAbort(200), body: '', headers: [...headers, 'grpc-message', 'fault filter abort'] };
}
