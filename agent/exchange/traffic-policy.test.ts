import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createSeededRandom } from '../../base/random.ts';
import { type ClusterSpec, type OutlierSpec, UNLIMITED } from '../../model/cluster.ts';
import type { HashPolicySpec, RouteActionSpec } from '../../model/route.ts';
import { clusterSpec, DEFAULT_RETRY, endpointSpec, routeSpec } from '../snapshot.fixture.ts';
import { type MemoryUpstream, sendRequest } from './memory-codec.ts';
import { headerOf, openProxy } from './pipeline.fixture.ts';

/** What a DestinationRule's policies do to requests. */

const OUTLIER: OutlierSpec = {
  ...{ consecutive5xx: 2, consecutiveGatewayErrors: 0, consecutiveLocalOriginFailures: 5 },
  ...{ splitLocalOrigin: false, intervalMs: 10_000, baseEjectionMs: 30_000, maxEjectionPercent: 100 },
  errorStatuses: [],
};
const NO_RETRY = { retry: null };

function open(
  cluster: Partial<ClusterSpec>,
  handler: ((upstream: MemoryUpstream) => void) | null,
  action: Partial<RouteActionSpec> = NO_RETRY,
  hosts = 1,
) {
  const endpoints = Array.from({ length: hosts }, (_, index) => endpointSpec(index + 1));
  const proxy = openProxy([routeSpec(['north'], {}, action)], {
    ...{ clusters: [[clusterSpec('north', cluster), endpoints]], handler, random: createSeededRandom(9) },
  });
  const { pipeline, records } = proxy;
  return {
    ...proxy,
    cluster: proxy.tables.clusters.get('north') ?? assert.fail('no cluster'),
    send: (headers: string[] = []) => sendRequest(pipeline, { headers }).downstream,
    flags: () => records.at(-1)?.flags,
    upstreams: () => records.map(({ upstream }) => upstream),
  };
}

describe('outlier detection', () => {
  test('answers 5xx put a host out: 503 without healthy upstream', () => {
    const { send, flags } = open({ outlier: OUTLIER }, (upstream) => upstream.respond(500));
    assert.deepEqual(
      [1, 2, 3].map(() => send().response?.status),
      [500, 500, 503],
    );
    assert.equal(flags(), 'UH');
  });

  test('a success in between starts the count anew', () => {
    const statuses = [500, 200, 500, 200, 500, 500, 200];
    const { send } = open({ outlier: OUTLIER }, (upstream) => upstream.respond(statuses.shift() ?? 0));
    assert.deepEqual(
      [1, 2, 3, 4, 5, 6, 7].map(() => send().response?.status),
      [500, 200, 500, 200, 500, 500, 503],
    );
  });

  test('refused connections count, those that are retried too', () => {
    const retry = { ...DEFAULT_RETRY, attempts: 1 };
    const { send, clock, flags, cluster } = open({ outlier: OUTLIER }, null, { retry });
    const first = send();
    clock.advance(1000);
    assert.equal(first.response?.status, 503);
    assert.equal(cluster.ejections?.active, 1);
    assert.equal(send().response?.status, 503);
    assert.equal(flags(), 'UH');
  });

  test('a time-out counts as 504', () => {
    const outlier = { ...OUTLIER, consecutive5xx: 0, consecutiveGatewayErrors: 1 };
    const { send, clock, cluster } = open({ outlier }, () => {}, { retry: null, timeoutMs: 100 });
    const first = send();
    clock.advance(100);
    assert.equal(first.response?.status, 504);
    assert.equal(cluster.ejections?.active, 1);
  });

  test('a caller that leaves says nothing of the host', () => {
    const { pipeline, cluster } = open({ outlier: { ...OUTLIER, consecutive5xx: 1 } }, () => {});
    sendRequest(pipeline, {}).exchange.onDownstreamClosed();
    assert.equal(cluster.ejections?.active, 0);
  });
});

describe('consistent hashing', () => {
  const ring: Partial<ClusterSpec> = {
    loadBalancer: { ...clusterSpec('').loadBalancer, policy: 'ring-hash', tableSize: 1024 },
  };
  const byUser: HashPolicySpec = { kind: 'header', name: 'x-user', cookie: null };
  const ok = (upstream: MemoryUpstream) => upstream.respond(200);

  test('one value reaches one host, others spread, and so do requests without any', () => {
    const { send, upstreams } = open(ring, ok, { ...NO_RETRY, hash: [byUser] }, 3);
    for (let count = 0; count < 20; count++) send(['x-user', 'ann']);
    assert.equal(new Set(upstreams()).size, 1);
    for (let count = 0; count < 20; count++) send(['x-user', `user ${count}`]);
    assert.equal(new Set(upstreams()).size, 3);
    const before = upstreams().length;
    for (let count = 0; count < 20; count++) send();
    assert.equal(new Set(upstreams().slice(before)).size, 3);
  });

  test('a caller without the cookie gets one, and with it the same host again', () => {
    const cookie = { ttlMs: 60_000, path: '/', attributes: [] };
    const hash: HashPolicySpec[] = [{ kind: 'cookie', name: 'sid', cookie }];
    const { send, upstreams } = open(ring, ok, { ...NO_RETRY, hash }, 3);
    const made = headerOf(send().response?.headers, 'set-cookie') ?? '';
    assert.match(made, /^sid="[0-9a-f]+"; Max-Age=60; Path=\/; HttpOnly$/);
    const back = send(['cookie', made.split(';')[0] ?? '']);
    assert.equal(headerOf(back.response?.headers, 'set-cookie'), undefined);
    assert.equal(upstreams()[1], upstreams()[0]);
  });

  test('another balancer looks at no hash and makes no cookie', () => {
    const cookie = { ttlMs: 60_000, path: '/', attributes: [] };
    const hash: HashPolicySpec[] = [{ kind: 'cookie', name: 'sid', cookie }];
    const { send } = open({}, ok, { ...NO_RETRY, hash }, 3);
    assert.equal(headerOf(send().response?.headers, 'set-cookie'), undefined);
  });

  test('a retry may meet the same host again', () => {
    const retry = { ...DEFAULT_RETRY, retryOn: ['5xx'], attempts: 2, hostSelectionAttempts: 0 };
    const { send, clock, seen, upstreams } = open(
      ring,
      (upstream) => upstream.respond(500),
      { retry, hash: [byUser] },
      3,
    );
    send(['x-user', 'ann']);
    clock.advance(1000);
    assert.equal(seen.length, 3);
    send(['x-user', 'ann']);
    clock.advance(1000);
    assert.equal(upstreams()[0], upstreams()[1]);
  });

  test('moves on when the host is ejected, and back when it returns', () => {
    const { send, clock, upstreams, cluster } = open(
      { ...ring, outlier: { ...OUTLIER, consecutive5xx: 1 } },
      ok,
      { ...NO_RETRY, hash: [byUser] },
      3,
    );
    send(['x-user', 'ann']);
    const [home = ''] = upstreams();
    const host = cluster.hosts.get(home) ?? assert.fail(home);
    cluster.reportStatus(host, 500);
    send(['x-user', 'ann']);
    clock.advance(30_000);
    send(['x-user', 'ann']);
    assert.notEqual(upstreams()[1], home);
    assert.equal(upstreams()[2], home);
  });
});

describe('limits on retries', () => {
  const retry = { ...DEFAULT_RETRY, retryOn: ['5xx'], attempts: 2 };
  const breaker = (change: Partial<ClusterSpec['circuitBreaker']>): Partial<ClusterSpec> => ({
    circuitBreaker: { ...clusterSpec('').circuitBreaker, ...change },
  });

  test('maxRetries holds for what is under way at once, and says UO', () => {
    const { send, clock, records, cluster } = open(
      breaker({ maxRetries: 1 }),
      (upstream) => upstream.respond(500),
      { retry: { ...retry, attempts: 1 } },
    );
    const first = send();
    const second = send();
    assert.equal(second.response?.status, 500, 'while the first waits for its retry');
    assert.equal(records[0]?.flags, 'UO');
    assert.equal(cluster.counters.upstream_rq_retry_overflow, 1);
    clock.advance(1000);
    assert.equal(first.response?.status, 500);
    assert.equal(records[1]?.flags, 'URX');
    assert.equal(cluster.usage.retries, 0);
  });

  test('a retry that is answered, or whose caller leaves, makes room', () => {
    const statuses = [500, 200];
    const { send, pipeline, clock, cluster } = open(
      breaker({ maxRetries: 1 }),
      (upstream) => upstream.respond(statuses.shift() ?? 500),
      { retry },
    );
    const first = send();
    clock.advance(1000);
    assert.equal(first.response?.status, 200);
    assert.equal(cluster.usage.retries, 0);
    const { exchange } = sendRequest(pipeline, {});
    assert.equal(cluster.usage.retries, 1);
    exchange.onDownstreamClosed();
    assert.equal(cluster.usage.retries, 0);
  });

  test('a retry budget is a share of what is under way, but not less than its minimum', () => {
    const budget = { retryBudget: { percent: 50, minConcurrency: 1, intervalMs: 0 }, maxRetries: UNLIMITED };
    const { send, cluster } = open(breaker(budget), (upstream) => upstream.respond(500), { retry });
    send();
    send();
    assert.equal(cluster.counters.upstream_rq_retry_overflow, 1);
    cluster.usage.requests = 8;
    for (let count = 0; count < 5; count++) send();
    assert.equal(cluster.usage.retries, 4);
  });

  test('a retry budget with an interval is a share of what began in that time', () => {
    const budget = {
      retryBudget: { percent: 50, minConcurrency: 1, intervalMs: 1000 },
      maxRetries: UNLIMITED,
    };
    let status = 200;
    const { send, cluster, clock } = open(breaker(budget), (upstream) => upstream.respond(status), { retry });
    for (let count = 0; count < 6; count++) send();
    status = 500;
    for (let count = 0; count < 8; count++) send();
    // With each failing request the share grows: 3 of 7, 4 of 8 …, and 7 of 14.
    assert.equal(cluster.usage.retries, 7);
    assert.equal(cluster.counters.upstream_rq_retry_overflow, 1);
    clock.advance(10_000);
    send();
    send();
    assert.equal(cluster.usage.retries, 1);
  });
});
