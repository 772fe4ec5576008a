import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createManualClock } from '../../base/clock.ts';
import { renderFamilies } from '../../base/exposition.ts';
import { createLineLogger } from '../../base/log.ts';
import type { GlobalRateLimitSpec, RateActionSpec } from '../../model/rate-limit.ts';
import { type RateLimitAnswer, readQuestion, writeAnswer } from '../../model/rate-limit-service.ts';
import { type MemoryRequest, type MemoryUpstream, sendRequest } from '../exchange/memory-codec.ts';
import { headerOf, openProxy } from '../exchange/pipeline.fixture.ts';
import { policyOf, rs256 } from '../policy/authentication/tokens.fixture.ts';
import { clusterSpec, endpointSpec, routeSpec } from '../snapshot.fixture.ts';
import { rateLimitMetrics } from '../telemetry/rate-limit-metrics.ts';
import { RateLimitState } from './rate-limit-state.ts';
import { globalLimit, limitsOf, rateOf } from './rate-limits.fixture.ts';

const CLUSTERS = [
  [clusterSpec('north'), [endpointSpec(1)]],
  [clusterSpec('counter', { protocol: 'http2' }), [endpointSpec(2)]],
] as const;

const PATH: RateActionSpec = { kind: 'header', key: 'PATH', name: ':path', ifAbsent: 'no-descriptor' };
const YES: RateLimitAnswer = {
  ...{ isOverLimit: false, statuses: [], responseHeaders: [], requestHeaders: [], body: Buffer.alloc(0) },
};
const NO: RateLimitAnswer = { ...YES, isOverLimit: true };

function framed(message: Buffer): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

const say = (upstream: MemoryUpstream, answer: RateLimitAnswer) =>
  upstream.respond(200, ['grpc-status', '0'], framed(writeAnswer(answer)));

interface Opened {
  readonly change?: Partial<GlobalRateLimitSpec>;
  readonly routes?: Parameters<typeof openProxy>[0];
  readonly rates?: Parameters<typeof limitsOf>[1];
  readonly clusters?: readonly (typeof CLUSTERS)[number][];
}

function open(
  counter: (upstream: MemoryUpstream) => void,
  { change = {}, routes, rates, clusters = CLUSTERS }: Opened = {},
) {
  const limits = limitsOf([globalLimit({ rates: [rateOf(PATH)], ...change })], rates);
  return openProxy(routes ?? [routeSpec(['north'])], {
    ...{ direction: 'gateway', clusters },
    policies: { rateLimit: [limits], authentication: [policyOf({})] },
    handler: (upstream, cluster) => (cluster === 'counter' ? counter(upstream) : upstream.respond(200)),
  });
}

const ask = (proxy: ReturnType<typeof open>, request: MemoryRequest = {}) =>
  sendRequest(proxy.pipeline, request).downstream.response;
const questionOf = (upstream: MemoryUpstream | undefined) =>
  readQuestion(Buffer.concat(upstream?.chunks ?? []).subarray(5));

describe('a service that counts', () => {
  test('is asked with domain and descriptors, and lets a request pass', () => {
    const proxy = open((counter) =>
      say(counter, { ...YES, requestHeaders: [['X-Plan', 'gold']], responseHeaders: [['x-left', '1']] }),
    );
    const response = ask(proxy, { path: '/a?b=1' });
    const [question, request] = proxy.seen;
    assert.equal(question?.head.path, '/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit');
    assert.equal(headerOf(question?.head.headers, 'grpc-timeout'), '20m');
    assert.deepEqual(questionOf(question), {
      ...{ domain: 'shop', hits: 0 },
      descriptors: [{ entries: [['PATH', '/a?b=1']], limit: null }],
    });
    assert.equal(headerOf(request?.head.headers, 'x-plan'), 'gold');
    assert.deepEqual([response?.status, headerOf(response?.headers, 'x-left')], [200, '1']);
  });

  test('refuses with 429, flag RL, a mark and words of its own', () => {
    const proxy = open((counter) =>
      say(counter, { ...NO, body: Buffer.from('slow down'), responseHeaders: [['retry-after', '7']] }),
    );
    const response = ask(proxy);
    assert.deepEqual([response?.status, response?.body], [429, 'slow down']);
    assert.equal(headerOf(response?.headers, 'x-envoy-ratelimited'), 'true');
    assert.equal(headerOf(response?.headers, 'retry-after'), '7');
    assert.deepEqual([proxy.records[0]?.flags, proxy.records[0]?.details], ['RL', 'request_rate_limited']);
    assert.equal(proxy.seen.length, 1);
  });

  test('refuses as it was told to', () => {
    const change = {
      ...{ status: 420, hidesMark: true },
      responseHeaders: { remove: [], set: [['x-why', 'limit']], add: [] } as const,
    };
    const response = ask(open((counter) => say(counter, NO), { change }));
    assert.equal(response?.status, 420);
    assert.equal(headerOf(response?.headers, 'x-envoy-ratelimited'), undefined);
    assert.equal(headerOf(response?.headers, 'x-why'), 'limit');
  });

  test('is not obeyed where nothing is enforced', () => {
    const proxy = open((counter) => say(counter, NO), { change: { enforcedPerMillion: 0 } });
    assert.equal(ask(proxy)?.status, 200);
  });

  test('tells of its tightest limit, with the windows of all', () => {
    const status = { isOverLimit: false, remaining: 5, resetSeconds: 30 };
    const answer: RateLimitAnswer = {
      ...YES,
      statuses: [
        { ...status, limit: { requests: 100, unit: 'HOUR', name: '' }, remaining: 90 },
        { ...status, limit: { requests: 10, unit: 'MINUTE', name: 'per-key' } },
        { ...status, limit: null, remaining: 0 },
      ],
    };
    const headers = ask(open((counter) => say(counter, answer), { change: { showsLimit: true } }))?.headers;
    assert.equal(headerOf(headers, 'x-ratelimit-limit'), '10, 100;w=3600, 10;w=60;name="per-key"');
    assert.equal(headerOf(headers, 'x-ratelimit-remaining'), '5');
    assert.equal(headerOf(headers, 'x-ratelimit-reset'), '30');
  });

  test('is not asked about requests without a descriptor, or that go nowhere', () => {
    const fail = () => assert.fail('asked');
    const absent: RateActionSpec = { kind: 'header', key: 'k', name: 'x-none', ifAbsent: 'no-descriptor' };
    assert.equal(ask(open(fail, { change: { rates: [rateOf(absent)] } }))?.status, 200);
    assert.equal(ask(open(fail, { change: { enabledPerMillion: 0 } }))?.status, 200);
    const redirect = routeSpec([], {
      action: { kind: 'direct', status: 204, bodyBase64: '' },
    });
    assert.equal(ask(open(fail, { routes: [redirect], change: { place: 'last' } }))?.status, 204);
  });

  test('is asked by what the route says, of the stage of the limit', () => {
    const rate = rateOf({ kind: 'constant', key: 'generic_key', value: 'a' });
    const rates = [{ host: 'any', route: 0, rates: [rate, { ...rateOf(PATH), stage: 1 }], local: null }];
    const proxy = open((counter) => say(counter, YES), { rates, change: { place: 'last', rates: [] } });
    ask(proxy);
    assert.deepEqual(questionOf(proxy.seen[0])?.descriptors, [
      { entries: [['generic_key', 'a']], limit: null },
    ]);
  });

  test('is asked about who calls, once tokens are known', () => {
    const sub: RateActionSpec = {
      kind: 'claim',
      key: 'sub',
      steps: ['sub'],
      fallback: '',
      ifAbsent: 'empty',
    };
    const proxy = open((counter) => say(counter, YES), { change: { rates: [rateOf(sub)] } });
    ask(proxy, { headers: ['authorization', `Bearer ${rs256()}`] });
    ask(proxy);
    const [first, second] = [questionOf(proxy.seen[0]), questionOf(proxy.seen[2])];
    assert.deepEqual(
      [first?.descriptors[0]?.entries, second?.descriptors[0]?.entries],
      [[['sub', 'ann']], [['sub', '']]],
    );
  });
});

describe('a service that fails', () => {
  const failing: [string, (counter: MemoryUpstream) => void, Opened?][] = [
    ['is silent', () => {}],
    ['breaks off', (counter) => counter.fail({ kind: 'remote-reset' })],
    ['says no word of gRPC', (counter) => counter.respond(503)],
    ['says an error', (counter) => counter.respond(200, ['grpc-status', '13'])],
    ['says nonsense', (counter) => counter.respond(200, ['grpc-status', '0'], framed(Buffer.from([1, 2])))],
    ['is not there', () => {}, { clusters: [CLUSTERS[0]] }],
  ];
  for (const [title, counter, opened] of failing) {
    test(`since it ${title} lets requests pass, or refuses them where it must`, () => {
      const outcome = (deniesOnError: boolean) => {
        const change = { deniesOnError, statusOnError: 503 };
        const proxy = open(counter, { ...opened, change });
        const { downstream } = sendRequest(proxy.pipeline, {});
        proxy.clock.advance(20);
        const { flags, details } = proxy.records[0] ?? {};
        return [downstream.response?.status, flags, details];
      };
      assert.deepEqual(outcome(false), [200, '', 'via_upstream']);
      assert.deepEqual(outcome(true), [503, 'RLSE', 'rate_limiter_error']);
    });
  }

  test('is given up when the caller leaves', () => {
    const proxy = open(() => {});
    sendRequest(proxy.pipeline, {}).exchange.onDownstreamClosed();
    assert.equal(proxy.seen[0]?.isCancelled, true);
    assert.equal(proxy.seen.length, 1);
  });
});

test('a service that does not answer is named in the log, once a minute', () => {
  const lines: string[] = [];
  const clock = createManualClock();
  const log = createLineLogger((line) => lines.push(line), clock.wall);
  const limits = new RateLimitState({ clock, log });
  const told = () => lines.splice(0).map((line) => line.replace(/^\S+ /, '').trim());
  const fail = (isRefused: boolean) => limits.onFailure('counter', 'status 14: no answer', isRefused);
  fail(true);
  fail(true);
  assert.equal(
    told()
      .join('\n')
      .match(/requests are refused service=counter reason=/g)?.length,
    1,
  );
  clock.advance(60_000);
  fail(false);
  assert.match(told().join('\n'), /requests pass uncounted/);
});

test('what was said is counted by the cluster that requests go to', () => {
  const answers = [YES, NO, null];
  const proxy = open((counter) => {
    const answer = answers.shift() ?? null;
    if (answer === null) counter.respond(500);
    else say(counter, answer);
  });
  for (const _ of [1, 2, 3]) ask(proxy);
  const metrics = renderFamilies(rateLimitMetrics(proxy.limits), 'text');
  for (const name of ['ok', 'over_limit', 'error', 'failure_mode_allowed'])
    assert.match(metrics, new RegExp(`^envoy_cluster_ratelimit_${name}{cluster_name="north"} 1$`, 'm'));
});
