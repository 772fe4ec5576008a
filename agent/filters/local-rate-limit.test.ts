import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { renderFamilies } from '../../base/exposition.ts';
import type { LocalRateLimitSpec, RateActionSpec, RateLimitsSpec } from '../../model/rate-limit.ts';
import { type MemoryRequest, sendRequest } from '../exchange/memory-codec.ts';
import { headerOf, type MemoryProxyOptions, openProxy } from '../exchange/pipeline.fixture.ts';
import { routeSpec } from '../snapshot.fixture.ts';
import { rateLimitMetrics } from '../telemetry/rate-limit-metrics.ts';
import { limitsOf, localLimit, perMinute, rateOf } from './rate-limits.fixture.ts';

const NORTH = [routeSpec(['north'])];

function open(rateLimit: RateLimitsSpec, options: MemoryProxyOptions = {}, routes = NORTH) {
  return openProxy(routes, { direction: 'inbound', ...options, policies: { rateLimit: [rateLimit] } });
}

const only = (change: Partial<LocalRateLimitSpec>, routes?: RateLimitsSpec['routes']) =>
  limitsOf([localLimit({ bucket: perMinute(2), ...change })], routes);

type Proxy = ReturnType<typeof open>;
const ask = ({ pipeline }: Proxy, request: MemoryRequest = {}) =>
  sendRequest(pipeline, request).downstream.response;
const statuses = (proxy: Proxy, requests: readonly MemoryRequest[]) =>
  requests.map((each) => ask(proxy, each)?.status);
const times = (count: number, request: MemoryRequest = {}) => Array.from({ length: count }, () => request);

describe('a local rate limit', () => {
  test('refuses what is too much with 429, flag RL and a mark, until tokens have come', () => {
    const proxy = open(only({}));
    assert.deepEqual(statuses(proxy, times(3)), [200, 200, 429]);
    const refused = ask(proxy);
    assert.equal(refused?.body, 'local_rate_limited');
    assert.equal(headerOf(refused?.headers, 'x-envoy-ratelimited'), 'true');
    assert.deepEqual([proxy.records[2]?.flags, proxy.records[2]?.details], ['RL', 'local_rate_limited']);
    assert.equal(proxy.seen.length, 2);
    proxy.clock.advance(30_000);
    assert.deepEqual(statuses(proxy, times(2)), [200, 429]);
  });

  test('counts what has no route too', () => {
    for (const place of ['first', 'guard', 'last'] as const)
      assert.deepEqual(statuses(open(only({ place }), {}, []), times(3)), [404, 404, 429]);
    assert.deepEqual(statuses(open(only({ place: 'last' })), times(3)), [200, 200, 429]);
  });

  test('tells gRPC callers by a status of gRPC', () => {
    const headers = ['content-type', 'application/grpc'];
    const grpc = (grpcStatus: number) =>
      headerOf(ask(open(only({ bucket: perMinute(0), grpcStatus })), { headers })?.headers, 'grpc-status');
    assert.deepEqual([grpc(14), grpc(8)], ['14', '8']);
  });

  test('answers with the status and headers that it was given', () => {
    const responseHeaders = {
      remove: [],
      set: [['x-local-rate-limit', 'true']],
      add: [['x-path', '%REQ(:PATH)%']],
    } as const;
    const refused = ask(open(only({ bucket: perMinute(0), status: 503, responseHeaders })), { path: '/a' });
    assert.equal(refused?.status, 503);
    assert.equal(headerOf(refused?.headers, 'x-local-rate-limit'), 'true');
    assert.equal(headerOf(refused?.headers, 'x-path'), '/a');
  });

  test('shows what is left, on every answer', () => {
    const proxy = open(only({ showsLimit: true }));
    const told = times(3).map(() => {
      const headers = ask(proxy)?.headers;
      return ['limit', 'remaining', 'reset'].map((name) => headerOf(headers, `x-ratelimit-${name}`));
    });
    assert.deepEqual(told, [
      ['2', '1', '0'],
      ['2', '0', '30'],
      ['2', '0', '30'],
    ]);
  });

  test('looks at so many requests, and refuses so many of those', () => {
    let next = 0;
    const random = () => next;
    const proxy = open(
      only({
        ...{ bucket: perMinute(0), enabledPerMillion: 500_000, enforcedPerMillion: 200_000 },
        requestHeaders: { remove: [], set: [['x-would-be-limited', 'true']], add: [] },
      }),
      { random },
    );
    const at = (value: number) => {
      next = value;
      return ask(proxy)?.status;
    };
    assert.deepEqual([at(0.6), at(0.4), at(0.1)], [200, 200, 429]);
    const marks = proxy.seen.map(({ head }) => headerOf(head.headers, 'x-would-be-limited'));
    assert.deepEqual(marks, [undefined, 'true']);
    const metrics = renderFamilies(rateLimitMetrics(proxy.limits), 'text');
    for (const [name, value] of Object.entries({ enabled: 2, rate_limited: 2, enforced: 1, ok: 0 }))
      assert.match(
        metrics,
        new RegExp(`^envoy_http_local_rate_limiter_http_local_rate_limit_${name}{} ${value}$`, 'm'),
      );
  });

  test('keeps what it counted over a push that changes other things, and begins anew where its own limit changes', () => {
    const before = open(only({}));
    statuses(before, times(2));
    const { limits, clock } = before;
    assert.deepEqual(statuses(open(only({ status: 503 }), { limits, clock }), times(1)), [503]);
    assert.deepEqual(
      statuses(open(only({ bucket: perMinute(3) }), { limits, clock }), times(4)),
      [200, 200, 200, 429],
    );
  });

  test('gives each connection its own bucket where it is told to', () => {
    const proxy = open(only({ isPerConnection: true }));
    const peer = { ...sendRequest(proxy.pipeline, {}).downstream.peer };
    const other = { ...peer };
    const from = (who: typeof peer) => sendRequest(proxy.pipeline, {}, who).downstream.response?.status;
    assert.deepEqual([from(peer), from(peer), from(peer), from(other)], [200, 200, 429, 200]);
  });
});

describe('a limit per route', () => {
  const routes = [
    routeSpec(['north'], {
      match: { path: { kind: 'prefix', value: '/a', ignoreCase: false }, headers: [], queryParams: [] },
    }),
    routeSpec(['north']),
  ];

  test('takes the place of the limit of all', () => {
    const local = localLimit({ name: 'of-route', place: 'first', bucket: perMinute(1) });
    const all = localLimit({ place: 'first', bucket: perMinute(2) });
    const proxy = open(limitsOf([all], [{ host: 'any', route: 0, rates: [], local }]), {}, routes);
    assert.deepEqual(statuses(proxy, times(2, { path: '/a' })), [200, 429]);
    assert.deepEqual(statuses(proxy, times(3, { path: '/b' })), [200, 200, 429]);
  });

  test('counts by what the route says of its requests', () => {
    const rate = rateOf({ kind: 'header', key: 'who', name: 'x-who', ifAbsent: 'no-descriptor' });
    const limit = localLimit({
      place: 'last',
      descriptors: [{ entries: [['who', '']], bucket: perMinute(1) }],
    });
    const proxy = open(
      limitsOf([limit], [{ host: 'any', route: 1, rates: [rate], local: null }]),
      {},
      routes,
    );
    const amy = { headers: ['x-who', 'amy'] };
    assert.deepEqual(
      statuses(proxy, [amy, amy, { headers: ['x-who', 'bob'] }, {}, {}]),
      [200, 429, 200, 200, 200],
    );
    assert.deepEqual(statuses(proxy, times(2, { ...amy, path: '/a' })), [200, 200]);
  });
});

describe('what requests are counted by', () => {
  /** Whether a second request is counted with a first, for one action. */
  function together(action: RateActionSpec, first: MemoryRequest, second: MemoryRequest): boolean {
    const descriptors = [{ entries: [[action.key, '']] as const, bucket: perMinute(1) }];
    const proxy = open(limitsOf([localLimit({ rates: [rateOf(action)], descriptors })]));
    return statuses(proxy, [first, second])[1] === 429;
  }
  const header = (name: string, ifAbsent: 'empty' | 'no-descriptor' = 'no-descriptor'): RateActionSpec => ({
    kind: 'header',
    key: 'k',
    name,
    ifAbsent,
  });

  test('a header, a pseudo header, a query parameter', () => {
    assert.equal(together(header('x-a'), { headers: ['X-A', '1'] }, { headers: ['x-a', '1'] }), true);
    assert.equal(together(header('x-a'), { headers: ['x-a', '1'] }, { headers: ['x-a', '2'] }), false);
    assert.equal(together(header(':path'), { path: '/a?b=1' }, { path: '/a?b=1' }), true);
    assert.equal(together(header(':path'), { path: '/a?b=1' }, { path: '/a?b=2' }), false);
    assert.equal(together(header(':method'), { method: 'GET' }, { method: 'PUT' }), false);
    const query: RateActionSpec = { kind: 'query', key: 'k', name: 'b', ifAbsent: 'no-descriptor' };
    assert.equal(together(query, { path: '/a?b=1' }, { path: '/c?b=1' }), true);
    assert.equal(together(query, { path: '/a?b=1' }, { path: '/a?b=2' }), false);
  });

  test('the lack of a header', () => {
    assert.equal(together(header('x-a'), {}, {}), false);
    assert.equal(together(header('x-a', 'empty'), {}, {}), true);
  });

  test('whether headers match', () => {
    const match = (expectsMatch: boolean): RateActionSpec => ({
      ...{ kind: 'header-match', key: 'k', value: 'api', expectsMatch },
      headers: [
        { name: ':path', match: { kind: 'prefix', value: '/api' }, invert: false, missingIsEmpty: false },
      ],
    });
    assert.equal(together(match(true), { path: '/api/a' }, { path: '/api/b' }), true);
    assert.equal(together(match(true), { path: '/a' }, { path: '/b' }), false);
    assert.equal(together(match(false), { path: '/a' }, { path: '/b' }), true);
  });

  test('where the client is, by the word of proxies', () => {
    const address: RateActionSpec = { kind: 'remote-address', key: 'k', network: null };
    const from = (client: string) => ({ headers: ['x-forwarded-for', client] });
    assert.equal(together(address, from('1.1.1.1'), from('1.1.1.1')), true);
    assert.equal(together(address, from('1.1.1.1'), from('1.1.1.2')), false);
    const network: RateActionSpec = { ...address, network: { ipv4Bits: 24, ipv6Bits: 64 } };
    assert.equal(together(network, from('1.1.1.1'), from('1.1.1.2')), true);
    assert.equal(together(network, from('1.1.1.1'), from('1.1.2.1')), false);
  });

  test('the cluster, the host and the method', () => {
    assert.equal(together({ kind: 'destination-cluster', key: 'k' }, {}, {}), true);
    const host: RateActionSpec = { kind: 'caller', key: 'k', attribute: 'request.host' };
    assert.equal(together(host, { authority: 'a' }, { authority: 'A' }), true);
    assert.equal(together(host, { authority: 'a' }, { authority: 'b' }), false);
  });

  test('the identity of the caller', () => {
    const action: RateActionSpec = { kind: 'caller', key: 'k', attribute: 'source.principal' };
    const descriptors = [{ entries: [['k', '']] as const, bucket: perMinute(1) }];
    const proxy = open(limitsOf([localLimit({ rates: [rateOf(action)], descriptors })]));
    const { peer } = sendRequest(proxy.pipeline, {}).downstream;
    const from = (account: string) => {
      const identity = `spiffe://cluster.local/ns/default/sa/${account}`;
      return sendRequest(proxy.pipeline, {}, { ...peer, identity }).downstream.response?.status;
    };
    assert.deepEqual([from('web'), from('web'), from('cook')], [200, 429, 200]);
  });

  test('a rule of those requests alone', () => {
    const conditions = [{ attribute: 'request.method' as const, key: [], values: ['POST'], notValues: [] }];
    const rate = {
      ...rateOf({ kind: 'constant', key: 'rule', value: 'a' } as const),
      match: { from: [], to: [conditions], when: [] },
    };
    const descriptors = [{ entries: [['rule', 'a']] as const, bucket: perMinute(1) }];
    const proxy = open(limitsOf([localLimit({ rates: [rate], descriptors })]));
    const post = { method: 'POST' };
    assert.deepEqual(statuses(proxy, [post, {}, {}, post]), [200, 200, 200, 429]);
  });
});
