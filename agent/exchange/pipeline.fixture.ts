import assert from 'node:assert/strict';
import { createManualClock, type ManualClock } from '../../base/clock.ts';
import { createLineLogger } from '../../base/log.ts';
import type { ListenerDirection } from '../../model/listener.ts';
import type { NodeSpec } from '../../model/node.ts';
import type { RouteSpec } from '../../model/route.ts';
import { PolicyWatch } from '../filters/policy-watch.ts';
import { RateLimitState } from '../filters/rate-limit-state.ts';
import { createHttpPipelineFactory, type HttpPipelineDeps } from '../http/http-pipeline.ts';
import { buildTables, checkSnapshot, type Tables } from '../listener/tables.ts';
import { TestCounters } from '../policy/test-counters.ts';
import type { RequestedNames } from '../pool/requested-names.ts';
import {
  clusterSpec,
  endpointSpec,
  listenerSpec,
  type SnapshotParts,
  snapshotOf,
} from '../snapshot.fixture.ts';
import { createMemoryPool, type MemoryHandler, type MemoryUpstream } from './memory-codec.ts';
import type { ExchangeTelemetry, HttpPipeline } from './pipeline.ts';
import type { ExchangeRecord } from './record.ts';

/** The whole HTTP way in memory, for tests: a clock that stands still, records, and what reached the hosts. */
export interface MemoryProxy {
  readonly clock: ManualClock;
  readonly records: readonly ExchangeRecord[];
  /** Every request that reached a host, in order. */
  readonly seen: readonly MemoryUpstream[];
  readonly tables: Tables;
  readonly watch: PolicyWatch;
  readonly limits: RateLimitState;
  /** What the proxy logged of policies. */
  readonly lines: readonly string[];
  readonly pipeline: HttpPipeline;
}

export interface MemoryProxyOptions {
  readonly direction?: ListenerDirection;
  readonly clusters?: NonNullable<SnapshotParts['clusters']>;
  /** Plays all hosts; default answers 200 at once. null refuses every connection. */
  readonly handler?: ((upstream: MemoryUpstream, cluster: string) => void) | null;
  readonly random?: () => number;
  readonly requestedNames?: RequestedNames;
  readonly policies?: Pick<SnapshotParts, 'authentication' | 'authorization' | 'rateLimit'>;
  readonly node?: NodeSpec;
  /** Of a proxy before this one. */
  readonly limits?: RateLimitState;
  readonly counters?: TestCounters;
  readonly clock?: ManualClock;
  readonly tracerFor?: HttpPipelineDeps['tracerFor'];
  /** Default: keeps records. */
  readonly telemetry?: ExchangeTelemetry;
  /** Default: `id`. */
  readonly requestId?: string;
}

const ONE_HOST: NonNullable<SnapshotParts['clusters']> = [[clusterSpec('north'), [endpointSpec(1)]]];

export function openProxy(routes: readonly RouteSpec[], options: MemoryProxyOptions = {}): MemoryProxy {
  const clock = options.clock ?? createManualClock();
  const records: ExchangeRecord[] = [];
  const seen: MemoryUpstream[] = [];
  const random = options.random ?? (() => 0);
  const handler = options.handler === undefined ? answerOk : options.handler;
  const snapshot = snapshotOf({
    routes,
    listeners: [listenerSpec({ direction: options.direction ?? 'outbound' })],
    clusters: options.clusters ?? ONE_HOST,
    ...options.policies,
    ...(options.node !== undefined && { node: options.node }),
  });
  const telemetry = options.telemetry ?? {
    ...{ wantsRecords: true, record: (each: ExchangeRecord) => records.push(each), count() {} },
  };
  const lines: string[] = [];
  const watch = new PolicyWatch(
    clock,
    createLineLogger((line) => lines.push(line), clock.wall),
  );
  const limits = options.limits ?? new RateLimitState();
  const counters = options.counters ?? new TestCounters();
  const tables = buildTables(snapshot, checkSnapshot(snapshot), null, {
    ...{ clock, random, resolved: new Map(), watch, limits, counters, createTlsServer: () => null },
    ...(options.requestedNames !== undefined && { requestedNames: options.requestedNames }),
    createPipeline: createHttpPipelineFactory({
      ...{ clock, random, telemetry, counters, createRequestId: () => options.requestId ?? 'id' },
      ...(options.tracerFor !== undefined && { tracerFor: options.tracerFor }),
    }),
    createPool: ({ name }) =>
      createMemoryPool(
        handler === null
          ? null
          : (upstream) => {
              seen.push(upstream);
              handler(upstream, name);
            },
      ),
  });
  const pipeline = tables.listeners.named('0.0.0.0_9080')?.pipeline;
  assert.ok(pipeline);
  return { clock, records, seen, tables, watch, limits, lines, pipeline };
}

const answerOk: MemoryHandler = (upstream) => upstream.respond(200);

/** The value of one header; undefined = absent. */
export function headerOf(headers: readonly string[] | undefined, name: string): string | undefined {
  for (let at = 0; at < (headers?.length ?? 0); at += 2) if (headers?.[at] === name) return headers[at + 1];
  return undefined;
}
