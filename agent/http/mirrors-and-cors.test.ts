import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { UNLIMITED } from '../../model/cluster.ts';
import type { RouteSpec } from '../../model/route.ts';
import { clusterSpec, endpointSpec, routeSpec, snapshotOf } from '../snapshot.fixture.ts';
import { playHost, playProxy } from './testing/wire.ts';

const LIMIT = { timeout: 20_000 };
const END = /\r\n\r\n/;
const BODY_END = /\r\n0\r\n\r\n$/;
const OK = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
const ALL = 1_000_000;

const toTwo = (port: number, copyPort: number, change: Partial<RouteSpec> = {}, maxConnections = UNLIMITED) =>
  snapshotOf({
    routes: [routeSpec(['reviews'], change, { mirrors: [{ cluster: 'copy', perMillion: ALL }] })],
    clusters: [
      [clusterSpec('reviews'), [endpointSpec(port)]],
      [
        clusterSpec('copy', {
          circuitBreaker: { ...clusterSpec('copy').circuitBreaker, maxConnections },
        }),
        [endpointSpec(copyPort)],
      ],
    ],
  });

describe('a mirror', LIMIT, () => {
  test('gets an upload as it came, and may stay silent while its caller is answered twice', async (context) => {
    const [host, mirror] = [await playHost(context), await playHost(context)];
    const caller = (await playProxy(context, toTwo(host.port, mirror.port))).call();
    caller.send('POST /up HTTP/1.1\r\nhost: shop\r\ntransfer-encoding: chunked\r\n\r\n3\r\none\r\n');
    const upstream = await host.connection(0);
    await upstream.hear(/3\r\none\r\n$/);
    caller.send('3\r\ntwo\r\n0\r\n\r\n');
    await upstream.hear(BODY_END);
    const copy = await (await mirror.connection(0)).hear(BODY_END);
    assert.match(copy, /^POST \/up HTTP\/1\.1\r\nhost: shop\r\n/);
    assert.match(copy, /\r\n\r\n3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n$/);
    upstream.send(OK);
    await caller.hear(/ok$/);
    caller.send('GET /again HTTP/1.1\r\nhost: shop\r\n\r\n');
    await upstream.hear(END);
    upstream.send(OK);
    await caller.hear(/ok$/);
    await (await mirror.connection(1)).hear(/^GET \/again /);
  });

  test('keeps its connection for the next copy', async (context) => {
    const [host, mirror] = [await playHost(context), await playHost(context)];
    // With one connection at most the second copy waits for the first one's answer, however late that is read.
    const snapshot = toTwo(host.port, mirror.port, {}, 1);
    const caller = (await playProxy(context, snapshot)).call();
    for (const path of ['/one', '/two']) {
      caller.send(`GET ${path} HTTP/1.1\r\nhost: shop\r\n\r\n`);
      const upstream = await host.connection(0);
      await upstream.hear(END);
      const copy = await mirror.connection(0);
      assert.match(await copy.hear(END), new RegExp(`^GET ${path} `));
      copy.send('HTTP/1.1 500 No\r\ntransfer-encoding: chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n');
      upstream.send(OK);
      assert.match(await caller.hear(/ok$/), /^HTTP\/1\.1 200 OK\r\n/);
    }
    assert.equal(mirror.connections.length, 1);
  });

  test('that nobody listens for, that closes at once or that is silent is not noticed by the caller', async (context) => {
    const host = await playHost(context, (wire) => {
      void wire.hear(END).then(() => wire.send(OK));
    });
    const closing = await playHost(context, (wire) => wire.socket.destroy());
    const silent = await playHost(context);
    for (const port of [closing.port, 1, silent.port]) {
      const caller = (await playProxy(context, toTwo(host.port, port))).call();
      caller.send('GET / HTTP/1.1\r\nhost: shop\r\n\r\n');
      assert.match(await caller.hear(/ok$/), /^HTTP\/1\.1 200 OK\r\n/);
    }
  });
});

test('a preflight is answered on a connection that then serves its request', LIMIT, async (context) => {
  const [host, mirror] = [await playHost(context), await playHost(context)];
  const cors = {
    allowOrigins: [{ kind: 'exact', value: 'http://a.example' } as const],
    ...{ allowMethods: 'PUT', allowHeaders: '', exposeHeaders: '', maxAge: '', allowCredentials: false },
    forwardUnmatchedPreflights: true,
  };
  const caller = (await playProxy(context, toTwo(host.port, mirror.port, { cors }))).call();
  const origin = 'host: shop\r\norigin: http://a.example\r\n';
  caller.send(`OPTIONS / HTTP/1.1\r\n${origin}access-control-request-method: PUT\r\n\r\n`);
  const allowed = await caller.hear(END);
  assert.match(allowed, /^HTTP\/1\.1 200 OK\r\naccess-control-allow-methods: PUT\r\n/);
  assert.match(allowed, /\r\naccess-control-allow-origin: http:\/\/a\.example\r\n/);
  assert.match(allowed, /\r\ncontent-length: 0\r\n/);
  caller.send(`PUT / HTTP/1.1\r\n${origin}content-length: 1\r\n\r\nx`);
  const upstream = await host.connection(0);
  await upstream.hear(/\r\n\r\nx$/);
  upstream.send('HTTP/1.1 200 OK\r\naccess-control-allow-origin: *\r\ncontent-length: 2\r\n\r\nok');
  const answer = await caller.hear(/ok$/);
  assert.match(answer, /\r\naccess-control-allow-origin: http:\/\/a\.example\r\n/);
  assert.doesNotMatch(answer, /: \*\r\n/);
  // The preflight was not copied.
  await (await mirror.connection(0)).hear(/^PUT /);
});
