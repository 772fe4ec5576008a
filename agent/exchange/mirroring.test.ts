import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RouteActionSpec, RouteSpec } from '../../model/route.ts';
import { clusterSpec, DEFAULT_RETRY, endpointSpec, routeSpec } from '../snapshot.fixture.ts';
import { type MemoryHandler, type MemoryUpstream, sendRequest } from './memory-codec.ts';
import { headerOf, type MemoryProxyOptions, openProxy } from './pipeline.fixture.ts';

const ALL = 1_000_000;
const clusters = [
  [clusterSpec('north'), [endpointSpec(1)]],
  [clusterSpec('copy'), [endpointSpec(2)]],
  [clusterSpec('other'), [endpointSpec(3)]],
  [clusterSpec('void'), []],
] as const;

interface Host {
  readonly name: string;
  readonly upstream: MemoryUpstream;
}

/** A proxy whose requests go to `north` and are copied; tells which host saw which request. */
function open(
  action: Partial<RouteActionSpec>,
  play: Partial<Record<string, MemoryHandler>> = {},
  more: { route?: Partial<RouteSpec>; random?: MemoryProxyOptions['random'] } = {},
) {
  const hosts: Host[] = [];
  const proxy = openProxy([routeSpec(['north'], more.route ?? {}, action)], {
    clusters,
    ...(more.random && { random: more.random }),
    handler: (upstream, name) => {
      hosts.push({ name, upstream });
      (play[name] ?? ((each) => each.respond(200)))(upstream);
    },
  });
  const to = (name: string) => hosts.filter((host) => host.name === name).map(({ upstream }) => upstream);
  return { ...proxy, hosts, to };
}

const toCopy = (perMillion = ALL) => ({ mirrors: [{ cluster: 'copy', perMillion }] });
const active = ({ tables }: ReturnType<typeof open>, name: string) =>
  [...(tables.clusters.get(name)?.hosts.values() ?? [])].map((host) => host.active);

describe('a mirror', () => {
  test('gets a copy of the request as it goes to the host, and says who copied it', () => {
    const rewrite = { path: { kind: 'full', value: '/new' } as const, authority: 'new.example' };
    const { pipeline, to } = open({ ...toCopy(), rewrite });
    const { downstream } = sendRequest(pipeline, {
      ...{ method: 'POST', path: '/old?q=1', authority: 'shop:80', body: 'abc' },
      headers: ['x-own', '1'],
    });
    assert.equal(downstream.response?.status, 200);
    const [main, copy] = [to('north')[0], to('copy')[0]];
    assert.deepEqual(
      [copy?.head.method, copy?.head.path, copy?.head.authority, copy?.body],
      ['POST', '/new?q=1', 'new.example', 'abc'],
    );
    const added = ['x-envoy-internal', 'true', 'x-forwarded-for', '10.1.0.1'];
    assert.deepEqual(copy?.head.headers, [...(main?.head.headers ?? []), ...added]);
    assert.equal(headerOf(copy?.head.headers, 'x-envoy-attempt-count'), '1');
  });

  test('appends itself to x-forwarded-for', () => {
    const { pipeline, to } = open(toCopy());
    sendRequest(pipeline, { headers: ['x-forwarded-for', '1.2.3.4'] });
    assert.equal(headerOf(to('copy')[0]?.head.headers, 'x-forwarded-for'), '1.2.3.4,10.1.0.1');
    assert.equal(headerOf(to('north')[0]?.head.headers, 'x-forwarded-for'), '1.2.3.4');
  });

  test('is one of several, each with its percentage; 0 and unknown clusters get none', () => {
    const mirrors = [
      { cluster: 'copy', perMillion: 300_000 },
      { cluster: 'other', perMillion: ALL },
      { cluster: 'north', perMillion: 0 },
      { cluster: 'absent', perMillion: ALL },
      { cluster: 'void', perMillion: ALL },
    ];
    for (const [draw, copies] of [
      [0.29, 1],
      [0.3, 0],
    ] as const) {
      const { pipeline, to } = open({ mirrors }, {}, { random: () => draw });
      assert.equal(sendRequest(pipeline, {}).downstream.response?.status, 200);
      assert.deepEqual([to('copy').length, to('other').length, to('north').length], [copies, 1, 1]);
    }
  });

  test('changes nothing of the answer, whatever it answers itself', () => {
    const fails: MemoryHandler = (upstream) => upstream.fail({ kind: 'protocol-error', reason: '' });
    for (const handler of [
      fails,
      (upstream: MemoryUpstream) => upstream.respond(503, ['x-copy', '1'], 'no'),
    ]) {
      const proxy = open(toCopy(), { copy: handler });
      const { response } = sendRequest(proxy.pipeline, {}).downstream;
      assert.equal(response?.status, 200);
      assert.equal(headerOf(response?.headers, 'x-copy'), undefined);
      assert.deepEqual([proxy.to('copy').length, active(proxy, 'copy')], [1, [0]]);
      assert.equal(proxy.records.length, 1);
    }
  });

  test('gets one copy of a request that is tried several times', () => {
    const retry = { ...DEFAULT_RETRY, retryOn: ['5xx'] };
    const { pipeline, to, clock } = open(
      { ...toCopy(), retry },
      { north: (upstream) => upstream.respond(503), copy: (upstream) => upstream.respond(503) },
    );
    sendRequest(pipeline, { method: 'POST', body: 'x' });
    clock.advance(1000);
    assert.deepEqual([to('north').length, to('copy').length], [3, 1]);
  });

  test('still gets its answer read when the caller has gone', () => {
    const proxy = open(toCopy(), { north: () => {}, copy: () => {} });
    sendRequest(proxy.pipeline, {}).exchange.onDownstreamClosed();
    assert.deepEqual([proxy.to('north')[0]?.isCancelled, proxy.to('copy')[0]?.isCancelled], [true, false]);
  });
});

describe('a slow mirror', () => {
  test('delays nothing, and is given up after the timeout of the route', () => {
    const proxy = open({ ...toCopy(), timeoutMs: 200 }, { copy: () => {} });
    assert.equal(sendRequest(proxy.pipeline, {}).downstream.response?.status, 200);
    assert.equal(headerOf(proxy.to('copy')[0]?.head.headers, 'x-envoy-expected-rq-timeout-ms'), '200');
    proxy.clock.advance(199);
    assert.deepEqual([proxy.to('copy')[0]?.isCancelled, active(proxy, 'copy')], [false, [1]]);
    proxy.clock.advance(1);
    assert.deepEqual([proxy.to('copy')[0]?.isCancelled, active(proxy, 'copy')], [true, [0]]);
  });

  test('is given up after a minute where the route has no timeout', () => {
    const proxy = open(toCopy(), { copy: () => {} });
    sendRequest(proxy.pipeline, {});
    proxy.clock.advance(60_000);
    assert.deepEqual([proxy.to('copy')[0]?.isCancelled, active(proxy, 'copy')], [true, [0]]);
  });

  test('has at most 1024 copies under way, and gets new ones when they are done', () => {
    const proxy = open(toCopy(), { copy: () => {} });
    for (let sent = 0; sent < 1030; sent++) sendRequest(proxy.pipeline, {});
    assert.deepEqual([proxy.to('north').length, proxy.to('copy').length], [1030, 1024]);
    proxy.to('copy')[0]?.respond(200);
    sendRequest(proxy.pipeline, {});
    assert.equal(proxy.to('copy').length, 1025);
  });
});

describe('no copy', () => {
  test('of a body over 1 MiB, which reaches its host whole', () => {
    const { pipeline, to } = open(toCopy());
    const { downstream } = sendRequest(pipeline, { method: 'POST', body: 'x'.repeat(1024 * 1024 + 1) });
    assert.equal(downstream.response?.status, 200);
    assert.equal(to('north')[0]?.body.length, 1024 * 1024 + 1);
    assert.equal(to('copy').length, 0);
  });

  test('of a tunnel', () => {
    const { pipeline, to } = open(toCopy());
    sendRequest(pipeline, { upgrade: 'websocket' });
    assert.deepEqual([to('north').length, to('copy').length], [1, 0]);
  });

  test('where the proxy answers itself', () => {
    const fault = { delay: null, abort: { status: 400, grpcStatus: null, perMillion: ALL } };
    const aborted = open(toCopy(), {}, { route: { fault } });
    sendRequest(aborted.pipeline, {});
    assert.equal(aborted.hosts.length, 0);
    const target = { weight: 1, requestHeaders: null, responseHeaders: null, authority: null };
    for (const name of ['absent', 'void']) {
      const proxy = open({ ...toCopy(), clusters: [{ ...target, name }] });
      assert.equal(sendRequest(proxy.pipeline, {}).downstream.response?.status, 503);
      assert.equal(proxy.hosts.length, 0);
    }
  });
});

test('copies for one mirror are counted together, from whatever route they come', () => {
  const mirrored = (path: string) => ({
    ...routeSpec(['north'], {}, toCopy()),
    match: { path: { kind: 'exact' as const, value: path, ignoreCase: false }, headers: [], queryParams: [] },
  });
  let copies = 0;
  const { pipeline } = openProxy([mirrored('/a'), mirrored('/b')], {
    clusters,
    handler: (upstream, name) => {
      if (name === 'copy') copies += 1;
      else upstream.respond(200);
    },
  });
  const body = 'x'.repeat(1024 * 1024);
  for (let sent = 0; sent < 20; sent++)
    sendRequest(pipeline, { method: 'POST', path: sent % 2 === 0 ? '/a' : '/b', body });
  assert.equal(copies, 16);
});
