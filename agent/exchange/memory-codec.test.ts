import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createManualClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/log.ts';
import { createSeededRandom } from '../../base/random.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { PolicyWatch } from '../filters/policy-watch.ts';
import { RateLimitState } from '../filters/rate-limit-state.ts';
import { createHttpPipelineFactory } from '../http/http-pipeline.ts';
import { buildTables, checkSnapshot } from '../listener/tables.ts';
import { clusterSpec, endpointSpec, routeSpec, snapshotOf } from '../snapshot.fixture.ts';
import { createMemoryPool, type MemoryHandler, type MemoryUpstream, sendRequest } from './memory-codec.ts';
import type { ExchangeRecord } from './record.ts';

/** The whole HTTP way in memory: the clock stands still until it is told to go on. */
function open(snapshot: Snapshot, handler: MemoryHandler | null) {
  const clock = createManualClock();
  const random = createSeededRandom(7);
  const records: ExchangeRecord[] = [];
  const telemetry = {
    wantsRecords: true,
    record: (record: ExchangeRecord) => records.push(record),
    count() {},
  };
  const createPipeline = createHttpPipelineFactory({ clock, random, telemetry, createRequestId: () => 'id' });
  const tables = buildTables(snapshot, checkSnapshot(snapshot), null, {
    ...{ clock, random, createPipeline, resolved: new Map(), createTlsServer: () => null },
    watch: new PolicyWatch(clock, silentLogger),
    limits: new RateLimitState(),
    createPool: () => createMemoryPool(handler),
  });
  const pipeline = tables.listeners.named('0.0.0.0_9080')?.pipeline;
  assert.ok(pipeline);
  return { clock, records, pipeline };
}

const clusters = [[clusterSpec('north'), [endpointSpec(1), endpointSpec(2)]]] as const;
const ok: MemoryHandler = (upstream) => upstream.respond(200, [], 'fine');

describe('an exchange without sockets', () => {
  test('is routed, answered and reported', () => {
    const { pipeline, records } = open(snapshotOf({ routes: [routeSpec(['north'])], clusters }), ok);
    const { downstream } = sendRequest(pipeline, { path: '/a' });
    assert.equal(downstream.response?.status, 200);
    assert.equal(downstream.response?.body, 'fine');
    const [record] = records;
    assert.deepEqual(
      [
        record?.routeName,
        record?.cluster,
        record?.status,
        record?.flags,
        record?.details,
        record?.attempts,
        record?.path,
      ],
      ['default', 'north', 200, '', 'via_upstream', 1, '/a'],
    );
  });

  test('a refused connection is retried after its back-off, on another host', () => {
    const { pipeline, records, clock } = open(snapshotOf({ routes: [routeSpec(['north'])], clusters }), null);
    const { downstream } = sendRequest(pipeline, {});
    assert.equal(downstream.isEnded, false);
    clock.advance(1000);
    assert.equal(downstream.response?.status, 503);
    assert.deepEqual([records[0]?.attempts, records[0]?.flags], [3, 'URX,UF']);
  });

  test('a retried request carries its body again and counts its attempts', () => {
    const bodies: string[] = [];
    const attempts: (string | undefined)[] = [];
    const retry = {
      attempts: 1,
      retryOn: ['5xx'],
      statusCodes: [],
      perTryTimeoutMs: 0,
      backoffMs: 25,
      hostSelectionAttempts: 0,
      leavesTriedPriorities: false,
    };
    const { pipeline, clock } = open(
      snapshotOf({ routes: [routeSpec(['north'], {}, { retry })], clusters }),
      (upstream) => {
        bodies.push(upstream.body);
        const { headers } = upstream.head;
        attempts.push(headers[headers.indexOf('x-envoy-attempt-count') + 1]);
        upstream.respond(bodies.length === 1 ? 500 : 200);
      },
    );
    const { downstream } = sendRequest(pipeline, { method: 'POST', body: 'once' });
    clock.advance(1000);
    assert.equal(downstream.response?.status, 200);
    assert.deepEqual(bodies, ['once', 'once']);
    assert.deepEqual(attempts, ['1', '2']);
  });

  test('a timeout ends the request and gives the attempt up', () => {
    const seen: MemoryUpstream[] = [];
    const routes = [routeSpec(['north'], {}, { timeoutMs: 200 })];
    const { pipeline, clock, records } = open(snapshotOf({ routes, clusters }), (upstream) =>
      seen.push(upstream),
    );
    const { downstream } = sendRequest(pipeline, {});
    clock.advance(199);
    assert.equal(downstream.isEnded, false);
    clock.advance(1);
    assert.equal(downstream.response?.body, 'upstream request timeout');
    assert.deepEqual([records[0]?.flags, records[0]?.details], ['UT', 'response_timeout']);
    assert.equal(seen[0]?.isCancelled, true);
  });

  test('a slow caller pauses the host, and lets it go on', () => {
    const seen: MemoryUpstream[] = [];
    const { pipeline } = open(snapshotOf({ routes: [routeSpec(['north'])], clusters }), (upstream) =>
      seen.push(upstream),
    );
    const { downstream, exchange } = sendRequest(pipeline, {});
    downstream.isWritable = false;
    exchange.forwarder?.onResponseData(Buffer.from('x'));
    assert.equal(seen[0]?.isPaused, true);
    exchange.onDownstreamDrain();
    assert.equal(seen[0]?.isPaused, false);
  });

  test('a caller that leaves ends the attempt: flag DC', () => {
    const seen: MemoryUpstream[] = [];
    const { pipeline, records } = open(snapshotOf({ routes: [routeSpec(['north'])], clusters }), (upstream) =>
      seen.push(upstream),
    );
    sendRequest(pipeline, {}).exchange.onDownstreamClosed();
    assert.deepEqual([records[0]?.flags, records[0]?.status, seen[0]?.isCancelled], ['DC', 0, true]);
  });
});

describe('filters', () => {
  test('a delay waits, then the request goes on', () => {
    const fault = { delay: { fixedMs: 500, perMillion: 1_000_000 }, abort: null };
    const { pipeline, clock, records } = open(
      snapshotOf({ routes: [routeSpec(['north'], { fault })], clusters }),
      ok,
    );
    const { downstream } = sendRequest(pipeline, {});
    clock.advance(499);
    assert.equal(downstream.isEnded, false);
    clock.advance(1);
    assert.equal(downstream.response?.status, 200);
    assert.equal(records[0]?.flags, 'DI');
  });

  test('an abort answers without a host', () => {
    const fault = { delay: null, abort: { status: 418, grpcStatus: null, perMillion: 1_000_000 } };
    const { pipeline, records } = open(
      snapshotOf({ routes: [routeSpec(['north'], { fault })], clusters }),
      ok,
    );
    const { downstream } = sendRequest(pipeline, {});
    assert.deepEqual([downstream.response?.status, downstream.response?.body], [418, 'fault filter abort']);
    assert.deepEqual(
      [records[0]?.flags, records[0]?.details, records[0]?.attempts],
      ['FI', 'fault_filter_abort', 0],
    );
  });

  test('a gRPC abort is a gRPC answer for gRPC, and 200 with a text for others', () => {
    const fault = { delay: null, abort: { status: 503, grpcStatus: 14, perMillion: 1_000_000 } };
    const { pipeline } = open(snapshotOf({ routes: [routeSpec(['north'], { fault })], clusters }), ok);
    assert.equal(sendRequest(pipeline, {}).downstream.response?.status, 200);
    const headers = ['content-type', 'application/grpc'];
    const { downstream } = sendRequest(pipeline, { method: 'POST', headers });
    assert.ok(downstream.response?.headers.includes('grpc-status'));
    assert.equal(downstream.response?.body, '');
  });

  test('a caller that leaves during a delay ends it', () => {
    let calls = 0;
    const fault = { delay: { fixedMs: 500, perMillion: 1_000_000 }, abort: null };
    const { pipeline, clock } = open(
      snapshotOf({ routes: [routeSpec(['north'], { fault })], clusters }),
      () => {
        calls += 1;
      },
    );
    sendRequest(pipeline, {}).exchange.onDownstreamClosed();
    clock.advance(1000);
    assert.equal(calls, 0);
  });

  test('header operations act on the answers of hosts', () => {
    const responseHeaders = { remove: ['x-secret'], set: [['x-mark', '1'] as const], add: [] };
    const { pipeline } = open(
      snapshotOf({ routes: [routeSpec(['north'], { responseHeaders })], clusters }),
      (upstream) => upstream.respond(200, ['x-secret', 's', 'x-mark', '0']),
    );
    const headers = sendRequest(pipeline, {}).downstream.response?.headers ?? [];
    assert.equal(headers[headers.indexOf('x-mark') + 1], '1');
    assert.equal(headers.includes('x-secret'), false);
  });
});
