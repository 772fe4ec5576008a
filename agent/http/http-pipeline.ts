import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { ListenerDirection } from '../../model/listener.ts';
import type { NodeSpec } from '../../model/node.ts';
import type { TrafficSide } from '../../model/telemetry.ts';
import type { Filter } from '../exchange/filter.ts';
import type { ExchangeServices, ExchangeTelemetry, HttpPipeline } from '../exchange/pipeline.ts';
import type { RouteEntry } from '../exchange/route-entry.ts';
import type { ExchangeTracer } from '../exchange/tracing.ts';
import { createCacheFilter } from '../filters/cache.ts';
import { CacheStores } from '../filters/cache-stores.ts';
import { createCorsFilter } from '../filters/cors.ts';
import { createFaultFilter } from '../filters/fault.ts';
import { createLookUpFilter } from '../filters/look-up.ts';
import type { RouteTable } from '../policy/route-table.ts';
import { TestCounters } from '../policy/test-counters.ts';
import { createHttpDate } from './http-date.ts';

export interface HttpPipelineDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly createRequestId: () => string;
  readonly telemetry: ExchangeTelemetry;
  /** Default: nothing is traced. */
  readonly tracerFor?: (side: TrafficSide, node: NodeSpec) => ExchangeTracer | null;
  /** Default: some of its own. */
  readonly stores?: CacheStores;
  /** Default: some of its own. */
  readonly counters?: TestCounters;
}

/** Makes the pipelines of all listeners; what they share is made once. Opens no sockets. */
export type HttpPipelineFactory = (
  direction: ListenerDirection,
  node: NodeSpec,
  routes: RouteTable<RouteEntry>,
  /** Filters that come before all others. */
  guards?: readonly Filter[],
  /** Filters behind those that decide about a request, and before a stored answer. */
  last?: readonly Filter[],
) => HttpPipeline;

/** Filters in Istio's order; the router is the end of every exchange and no filter. */
export function createHttpPipelineFactory(deps: HttpPipelineDeps): HttpPipelineFactory {
  const { clock, random, createRequestId, telemetry, tracerFor } = deps;
  const { stores = new CacheStores(), counters = new TestCounters() } = deps;
  const services: ExchangeServices = {
    clock,
    random,
    createRequestId,
    telemetry,
    httpDate: createHttpDate(clock),
  };
  const early: readonly Filter[] = [createFaultFilter({ random, counters }), createCorsFilter()];
  const late: readonly Filter[] = [createCacheFilter({ clock, stores }), createLookUpFilter()];
  return (direction, node, routes, guards = [], last = []) => {
    const all = [...guards, ...early, ...last, ...late];
    return {
      ...{ direction, routes, node, services },
      tracer: tracerFor?.(direction === 'inbound' ? 'server' : 'client', node) ?? null,
      filters: all,
      guardCount: guards.length,
      responders: all.filter(seesResponses),
      enders: all.filter(hearsOfEnds),
    };
  };
}

const seesResponses = (filter: Filter): filter is Filter & HttpPipeline['responders'][number] =>
  filter.onResponse !== undefined;
const hearsOfEnds = (filter: Filter): filter is Filter & HttpPipeline['enders'][number] =>
  filter.onEnd !== undefined;
