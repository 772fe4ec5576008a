import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { FaultSpec, RouteSpec } from '../../model/route.ts';
import { TestCounters } from '../policy/test-counters.ts';
import { clusterSpec, DEFAULT_RETRY, endpointSpec, routeSpec, snapshotOf } from '../snapshot.fixture.ts';
import { sendRequest } from './memory-codec.ts';
import { openProxy } from './pipeline.fixture.ts';

const TWO: Parameters<typeof openProxy>[1] = {
  clusters: [
    [clusterSpec('v1'), [endpointSpec(1)]],
    [clusterSpec('v2'), [endpointSpec(2)]],
  ],
};

function splitRoute(seed: number | null): RouteSpec {
  const route = routeSpec(['v1', 'v2']);
  if (route.action.kind !== 'route') throw new Error('it is a route');
  const clusters = route.action.clusters.map((cluster, index) => ({
    ...cluster,
    weight: index === 0 ? 90 : 10,
  }));
  return { ...route, action: { ...route.action, clusters, exact: { counter: 'a', seed } } };
}

const failing = (...ranges: [number, number][]): FaultSpec => ({
  delay: null,
  abort: { status: 503, grpcStatus: null, perMillion: 0 },
  requests: { counter: 'f', ranges },
});

function sendMany(proxy: ReturnType<typeof openProxy>, times: number): void {
  for (let each = 0; each < times; each++) sendRequest(proxy.pipeline, {});
}

function clustersOf(proxy: ReturnType<typeof openProxy>): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { cluster } of proxy.records) counts[cluster] = (counts[cluster] ?? 0) + 1;
  return counts;
}

describe('a split for tests', () => {
  for (const seed of [null, 42])
    test(`sends exactly 10 of each 100 requests to the other version (seed ${seed}), 100 times`, () => {
      const proxy = openProxy([splitRoute(seed)], TWO);
      for (let run = 1; run <= 100; run++) {
        sendMany(proxy, 100);
        assert.deepEqual(clustersOf(proxy), { v1: 90 * run, v2: 10 * run });
      }
    });

  test('goes on where it was when a snapshot comes that has it too', () => {
    const counters = new TestCounters();
    const first = openProxy([splitRoute(null)], { ...TWO, counters });
    sendMany(first, 50);
    counters.configure(snapshotOf({ routes: [splitRoute(null)], ...TWO }));
    const second = openProxy([splitRoute(null)], { ...TWO, counters });
    sendMany(second, 50);
    assert.equal((clustersOf(first)['v2'] ?? 0) + (clustersOf(second)['v2'] ?? 0), 10);
  });

  test('begins anew when it was gone in between', () => {
    const counters = new TestCounters();
    sendMany(openProxy([splitRoute(null)], { ...TWO, counters }), 7);
    counters.configure(snapshotOf({ routes: [routeSpec(['v1'])], ...TWO }));
    const again = openProxy([splitRoute(null)], { ...TWO, counters });
    sendMany(again, 10);
    assert.deepEqual(again.records.map(({ cluster }) => cluster).join(' '), 'v1 v1 v1 v1 v1 v2 v1 v1 v1 v1');
  });
});

describe('a fault of numbered requests', () => {
  test('fails these, and then lets pass', () => {
    const proxy = openProxy([routeSpec(['north'], { fault: failing([1, 2], [5, 5]) })]);
    sendMany(proxy, 6);
    assert.deepEqual(
      proxy.records.map(({ status, flags }) => `${status} ${flags}`),
      ['503 FI', '503 FI', '200 ', '200 ', '503 FI', '200 '],
    );
  });

  test('at the callee is what the caller tries again', () => {
    const callee = openProxy([routeSpec(['north'], { fault: failing([1, 2]) })], { direction: 'inbound' });
    const retry = { ...DEFAULT_RETRY, attempts: 2, retryOn: ['5xx'] };
    const caller = openProxy([routeSpec(['north'], {}, { retry })], {
      handler: (upstream) => {
        const { downstream } = sendRequest(callee.pipeline, {});
        upstream.respond(downstream.response?.status ?? 0);
      },
    });
    sendRequest(caller.pipeline, {});
    caller.clock.advance(1000);
    assert.deepEqual(
      caller.records.map(({ status, attempts, flags }) => [status, attempts, flags]),
      [[200, 3, '']],
    );
  });
});
