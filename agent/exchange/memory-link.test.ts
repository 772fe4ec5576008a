import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createManualClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/log.ts';
import type { RouteSpec } from '../../model/route.ts';
import { PolicyWatch } from '../filters/policy-watch.ts';
import { RateLimitState } from '../filters/rate-limit-state.ts';
import { createHttpPipelineFactory } from '../http/http-pipeline.ts';
import { buildTables, checkSnapshot } from '../listener/tables.ts';
import {
  clusterSpec,
  DEFAULT_RETRY,
  endpointSpec,
  listenerSpec,
  routeSpec,
  snapshotOf,
} from '../snapshot.fixture.ts';
import { createMemoryPool, MemoryDownstream, type MemoryUpstream, sendRequest } from './memory-codec.ts';
import { createMemoryLink } from './memory-link.ts';
import type { ExchangeRecord } from './record.ts';
import type { Pool } from './streams.ts';

const clock = createManualClock();

function openProxy(direction: 'inbound' | 'outbound', route: RouteSpec, pool: () => Pool) {
  const records: ExchangeRecord[] = [];
  const telemetry = { wantsRecords: true, record: (each: ExchangeRecord) => records.push(each), count() {} };
  const random = () => 0;
  const snapshot = snapshotOf({
    routes: [route],
    listeners: [listenerSpec({ direction })],
    clusters: [[clusterSpec('next'), [endpointSpec(1)]]],
  });
  const tables = buildTables(snapshot, checkSnapshot(snapshot), null, {
    ...{ clock, random, resolved: new Map(), createTlsServer: () => null, createPool: pool },
    watch: new PolicyWatch(clock, silentLogger),
    limits: new RateLimitState(),
    createPipeline: createHttpPipelineFactory({ clock, random, telemetry, createRequestId: () => 'id' }),
  });
  const pipeline = tables.listeners.named('0.0.0.0_9080')?.pipeline;
  assert.ok(pipeline);
  return { pipeline, records };
}

const { peer } = new MemoryDownstream();

/** A client's and a server's proxy, back to back. */
function openPair(clientRoute: RouteSpec, application: (upstream: MemoryUpstream) => void) {
  const server = openProxy('inbound', routeSpec(['next']), () => createMemoryPool(application));
  const client = openProxy('outbound', clientRoute, () => createMemoryLink(server.pipeline, peer));
  return { client, server };
}

describe('two proxies without sockets', () => {
  test('pass a request with its body on, and the answer back', () => {
    let body = '';
    const { client, server } = openPair(routeSpec(['next']), (upstream) => {
      body = upstream.body;
      upstream.respond(201, ['x-app', '1'], 'done');
    });
    const { downstream } = sendRequest(client.pipeline, { method: 'POST', body: 'hello' });
    assert.deepEqual([downstream.response?.status, downstream.response?.body, body], [201, 'done', 'hello']);
    assert.deepEqual([client.records.length, server.records.length], [1, 1]);
    assert.ok(downstream.response?.headers.includes('x-app'));
  });

  test('a caller that runs out of patience is gone for the server', () => {
    const { client, server } = openPair(routeSpec(['next'], {}, { timeoutMs: 100 }), () => {});
    const { downstream } = sendRequest(client.pipeline, {});
    clock.advance(100);
    assert.equal(downstream.response?.status, 504);
    assert.deepEqual([server.records[0]?.flags, server.records[0]?.status], ['DC', 0]);
  });

  test('an answer that is tried again was whole for the server', () => {
    const retry = { ...DEFAULT_RETRY, retryOn: ['5xx'] };
    const { client, server } = openPair(routeSpec(['next'], {}, { retry }), (upstream) =>
      upstream.respond(503, [], 'no'),
    );
    const { downstream } = sendRequest(client.pipeline, {});
    clock.advance(1000);
    assert.equal(downstream.response?.status, 503);
    assert.deepEqual(
      server.records.map(({ status, flags }) => `${status} ${flags}`),
      ['503 ', '503 ', '503 '],
    );
  });

  test('a request of the server is not that of the client: each edits its own', () => {
    const requestHeaders = { remove: [], set: [['x-hop', 'client'] as const], add: [] };
    const seen: string[][] = [];
    const { client } = openPair(routeSpec(['next'], { requestHeaders }), (upstream) => {
      seen.push(upstream.head.headers);
      upstream.respond(200);
    });
    sendRequest(client.pipeline, { headers: ['x-hop', 'caller'] });
    assert.deepEqual(
      seen[0]?.filter((_, index, all) => all[index - 1] === 'x-hop'),
      ['client'],
    );
  });
});
