import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createManualClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/log.ts';
import type { ListenerDirection } from '../../model/listener.ts';
import type { RouteSpec } from '../../model/route.ts';
import { PolicyWatch } from '../filters/policy-watch.ts';
import { RateLimitState } from '../filters/rate-limit-state.ts';
import { createHttpPipelineFactory } from '../http/http-pipeline.ts';
import { buildTables, checkSnapshot } from '../listener/tables.ts';
import { clusterSpec, endpointSpec, listenerSpec, routeSpec, snapshotOf } from '../snapshot.fixture.ts';
import { createMemoryPool, type MemoryUpstream, sendRequest } from './memory-codec.ts';
import type { ExchangeRecord } from './record.ts';

/** As a status of {@link open}: the host accepts no connection. */
const REFUSED = -1;

/** A status of 0 leaves the answer to the test. */
function open(routes: readonly RouteSpec[], direction: ListenerDirection = 'outbound', status = 200) {
  const clock = createManualClock();
  const records: ExchangeRecord[] = [];
  const seen: MemoryUpstream[] = [];
  const random = () => 0;
  const telemetry = {
    wantsRecords: true,
    record: (record: ExchangeRecord) => records.push(record),
    count() {},
  };
  const snapshot = snapshotOf({
    ...{ routes, listeners: [listenerSpec({ direction })] },
    clusters: [
      [clusterSpec('north'), [endpointSpec(1)]],
      [clusterSpec('void'), []],
    ],
  });
  const tables = buildTables(snapshot, checkSnapshot(snapshot), null, {
    ...{ clock, random, resolved: new Map(), createTlsServer: () => null },
    createPipeline: createHttpPipelineFactory({ clock, random, telemetry, createRequestId: () => 'id' }),
    watch: new PolicyWatch(clock, silentLogger),
    limits: new RateLimitState(),
    createPool: () =>
      createMemoryPool((upstream) => {
        seen.push(upstream);
        if (status > 0) upstream.respond(status);
        if (status === REFUSED) upstream.fail({ kind: 'connect-failure', reason: 'refused' });
      }),
  });
  const pipeline = tables.listeners.named('0.0.0.0_9080')?.pipeline;
  assert.ok(pipeline);
  return { clock, records, seen, pipeline };
}

const value = (headers: readonly string[] | undefined, name: string) => {
  const at = headers?.indexOf(name) ?? -1;
  return at < 0 ? undefined : headers?.[at + 1];
};
const ALWAYS = 1_000_000;

test('a body that comes during a delay reaches the host whole', () => {
  const fault = { delay: { fixedMs: 100, perMillion: ALWAYS }, abort: null };
  const { clock, pipeline, seen } = open([routeSpec(['north'], { fault })]);
  const { downstream } = sendRequest(pipeline, { method: 'POST', body: 'kept' });
  assert.equal(downstream.isPaused, true);
  clock.advance(100);
  assert.equal(seen[0]?.body, 'kept');
  assert.equal(downstream.response?.status, 200);
  assert.equal(downstream.isPaused, false);
});

test('an abort gets the operations of route and destination, and its hop names the cluster', () => {
  const fault = { delay: null, abort: { status: 418, grpcStatus: null, perMillion: ALWAYS } };
  const target = { name: 'north', weight: 1, requestHeaders: null, authority: null };
  const responseHeaders = { remove: ['server'], set: [['x-mark', '1'] as const], add: [] };
  const { pipeline, records } = open([
    routeSpec(['north'], { fault }, { clusters: [{ ...target, responseHeaders }] }),
  ]);
  const { response } = sendRequest(pipeline, {}).downstream;
  assert.deepEqual([value(response?.headers, 'x-mark'), value(response?.headers, 'server')], ['1', 'envoy']);
  assert.equal(records[0]?.cluster, 'north');
});

test('no healthy host counts as one attempt, an unknown cluster as none and unnamed', () => {
  const none = open([routeSpec(['void'])]);
  sendRequest(none.pipeline, {});
  assert.deepEqual([none.records[0]?.attempts, none.records[0]?.cluster], [1, 'void']);
  const absent = open([routeSpec(['absent'])]);
  sendRequest(absent.pipeline, {});
  assert.deepEqual(
    [absent.records[0]?.attempts, absent.records[0]?.cluster, absent.records[0]?.flags],
    [0, '', 'NC'],
  );
});

test('an empty answer of our own to HEAD tells no length', () => {
  const { pipeline } = open([]);
  assert.equal(sendRequest(pipeline, { method: 'HEAD' }).downstream.head?.contentLength, -3);
  assert.equal(sendRequest(pipeline, {}).downstream.head?.contentLength, 0);
});

test('every answer has a date', () => {
  const { pipeline } = open([routeSpec(['north'])]);
  assert.ok(value(sendRequest(pipeline, {}).downstream.response?.headers, 'date'));
});

test('rewrites leave the original path and host', () => {
  const rewrite = { path: { kind: 'full', value: '/a' } as const, authority: 'new.example' };
  const { pipeline, seen } = open([routeSpec(['north'], {}, { rewrite })]);
  sendRequest(pipeline, { path: '/a', authority: 'depot:8080' });
  const { head } = seen[0] as MemoryUpstream;
  assert.deepEqual(
    [head.authority, value(head.headers, 'x-envoy-original-host')],
    ['new.example', 'depot:8080'],
  );
  assert.equal(value(head.headers, 'x-envoy-original-path'), '/a');
});

test('a host is told the shorter of timeout and per-try timeout', () => {
  const retry = {
    attempts: 1,
    retryOn: ['5xx'],
    statusCodes: [],
    perTryTimeoutMs: 200,
    backoffMs: 25,
    hostSelectionAttempts: 0,
    leavesTriedPriorities: false,
  };
  for (const [timeoutMs, expected] of [
    [1000, '200'],
    [100, '100'],
    [0, '200'],
  ] as const) {
    const { pipeline, seen } = open([routeSpec(['north'], {}, { retry, timeoutMs })]);
    sendRequest(pipeline, {});
    assert.equal(value(seen[0]?.head.headers, 'x-envoy-expected-rq-timeout-ms'), expected);
  }
});

test('inbound, hints of the mesh and unproven certificates end here', () => {
  const { pipeline, seen } = open([routeSpec(['north'], { decorator: 'svc:8080/*' })], 'inbound');
  const headers = [
    'x-envoy-expected-rq-timeout-ms',
    '5',
    'x-forwarded-client-cert',
    'URI=me',
    'x-envoy-attempt-count',
    '2',
  ];
  sendRequest(pipeline, { headers: [...headers, 'x-envoy-decorator-operation', 'op'] });
  const names = seen[0]?.head.headers.filter((_, index) => index % 2 === 0);
  assert.deepEqual(names, ['x-envoy-attempt-count', 'x-forwarded-proto', 'x-request-id']);
});

test('inbound, only a caller without a proxy is told the operation', () => {
  const { pipeline } = open([routeSpec(['north'], { decorator: 'svc:8080/*' })], 'inbound');
  const plain = sendRequest(pipeline, {}).downstream.response;
  assert.equal(value(plain?.headers, 'x-envoy-decorator-operation'), 'svc:8080/*');
  const meshed = sendRequest(pipeline, { headers: ['x-envoy-decorator-operation', 'op'] }).downstream
    .response;
  assert.equal(value(meshed?.headers, 'x-envoy-decorator-operation'), undefined);
});

test('a timeout does not cut an upgraded connection', () => {
  const { pipeline, clock, seen } = open([routeSpec(['north'], {}, { timeoutMs: 100 })], 'outbound', 0);
  const { downstream, exchange } = sendRequest(pipeline, { upgrade: 'websocket' });
  const head = {
    status: 101,
    reason: '',
    version: 'HTTP/1.1',
    headers: [],
    contentLength: -3,
    upgrade: 'websocket',
  } as const;
  exchange.forwarder?.onResponse({ ...head, headers: [] }, false);
  clock.advance(1000);
  assert.deepEqual([downstream.isTunnel, downstream.isAborted, seen[0]?.isCancelled], [true, false, false]);
});

test('an application that refuses the connection is told to a calling proxy, and to nobody else', () => {
  const { pipeline, clock } = open([routeSpec(['north'])], 'inbound', REFUSED);
  const called = (headers: string[]) => {
    const { downstream } = sendRequest(pipeline, { headers });
    clock.advance(1000);
    return downstream.response;
  };
  assert.equal(value(called(['x-envoy-attempt-count', '1'])?.headers, 'x-lateen-unreached'), 'true');
  const plain = called([]);
  assert.equal(plain?.status, 503);
  assert.equal(value(plain?.headers, 'x-lateen-unreached'), undefined);
});

test('a host whose proxy could not reach its application is tried elsewhere as a failed connection is', () => {
  const { pipeline, seen, clock, records } = open([routeSpec(['north'])], 'outbound', 0);
  const { downstream } = sendRequest(pipeline, {});
  seen[0]?.respond(503, ['x-lateen-unreached', 'true']);
  clock.advance(100);
  seen[1]?.respond(200);
  assert.equal(downstream.response?.status, 200);
  assert.equal(records[0]?.attempts, 2);
});

test('where nothing is tried again the answer goes on without the word between proxies', () => {
  const { pipeline, seen } = open([routeSpec(['north'], {}, { retry: null })], 'outbound', 0);
  const { downstream } = sendRequest(pipeline, {});
  seen[0]?.respond(503, ['x-lateen-unreached', 'true']);
  assert.equal(downstream.response?.status, 503);
  assert.equal(value(downstream.response?.headers, 'x-lateen-unreached'), undefined);
});

test('an upgrade to anything but WebSocket is refused, with 403 and no body', () => {
  const { pipeline, records, seen } = open([routeSpec(['north'])]);
  const { downstream } = sendRequest(pipeline, { upgrade: 'TLS/1.2' });
  assert.deepEqual([downstream.response?.status, downstream.response?.body], [403, '']);
  assert.equal(records[0]?.details, 'upgrade_failed');
  sendRequest(pipeline, { upgrade: 'WebSocket' });
  assert.equal(seen.length, 1);
});
