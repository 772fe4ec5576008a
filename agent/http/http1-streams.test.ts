import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createManualClock } from '../../base/clock.ts';
import { clusterSpec, endpointSpec, nodeSpec, routeSpec, snapshotOf } from '../snapshot.fixture.ts';
import { playHost, playProxy, playWay, type Wire } from './testing/wire.ts';

const LIMIT = { timeout: 20_000 };
const END = /\r\n\r\n/;
const UPGRADE = 'GET /chat HTTP/1.1\r\nhost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
const SWITCHED = 'HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n';

describe('an upgraded connection', LIMIT, () => {
  async function open(context: Parameters<typeof playHost>[0], early = '') {
    const { host, proxy, caller } = await playWay(context);
    caller.send(UPGRADE + early);
    const upstream = await host.connection(0);
    const head = await upstream.hear(END);
    return { host, proxy, caller, upstream, head };
  }

  test('carries bytes that are no HTTP, both ways at once', async (context) => {
    const { caller, upstream, head } = await open(context);
    assert.match(head, /^GET \/chat HTTP\/1\.1\r\n.*connection: upgrade\r\nupgrade: websocket\r\n/s);
    upstream.send(`${SWITCHED}\x82\x03one`);
    assert.match(await caller.hear(/\x82\x03one$/), /^HTTP\/1\.1 101 Switching Protocols\r\n/);
    caller.send('GET / HTTP/1.1\r\n\r\n\0\xff');
    upstream.send('\0\r\n\r\nHTTP/1.1 200 OK');
    await upstream.hear(/^GET \/ HTTP\/1\.1\r\n\r\n\0\xff$/);
    await caller.hear(/^\0\r\n\r\nHTTP\/1\.1 200 OK$/);
  });

  test('passes what the caller sent before it was upgraded', async (context) => {
    const { caller, upstream } = await open(context, 'early');
    upstream.send(SWITCHED);
    await upstream.hear(/^early$/);
    caller.send(' late');
    await upstream.hear(/^ late$/);
  });

  test("passes the caller's end, and goes on the other way", async (context) => {
    const { caller, upstream, proxy } = await open(context);
    upstream.send(SWITCHED);
    await caller.hear(END);
    caller.send('bye');
    caller.socket.end();
    assert.equal(await upstream.hearEnd(), 'bye');
    upstream.send('more');
    await caller.hear(/^more$/);
    upstream.socket.end();
    await caller.closed();
    await upstream.closed();
    assert.deepEqual(proxy.log, ['101 - via_upstream']);
  });

  test("passes the host's end, and goes on the other way", async (context) => {
    const { caller, upstream } = await open(context);
    upstream.send(`${SWITCHED}bye`);
    upstream.socket.end();
    assert.match(await caller.hearEnd(), /bye$/);
    const bytes = 5_000_000;
    upstream.socket.pause();
    caller.send('x'.repeat(bytes));
    caller.socket.end();
    // Both ends are told while most of the bytes are still on their way.
    await new Promise((resolve) => setTimeout(resolve, 50));
    upstream.socket.resume();
    await upstream.closed();
    assert.equal(upstream.text.length, bytes);
  });

  test("passes the caller's end that came before the upgrade", async (context) => {
    const { caller, upstream } = await open(context);
    caller.socket.end();
    await new Promise((resolve) => setTimeout(resolve, 20));
    upstream.send(SWITCHED);
    assert.equal(await upstream.hearEnd(), '');
  });

  test('that is declined is an ordinary request', async (context) => {
    const { caller, upstream, host } = await open(context);
    upstream.send('HTTP/1.1 400 Bad Request\r\ncontent-length: 2\r\n\r\nno');
    assert.match(await caller.hear(/no$/), /^HTTP\/1\.1 400 /);
    caller.send('GET /next HTTP/1.1\r\nhost: a\r\n\r\n');
    assert.match(await upstream.hear(END), /^GET \/next /);
    assert.equal(host.connections.length, 1);
  });

  test('that nobody asked for is 502', async (context) => {
    const { host, caller } = await playWay(context);
    caller.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    const upstream = await host.connection(0);
    await upstream.hear(END);
    upstream.send(SWITCHED);
    assert.match(await caller.hear(END), /^HTTP\/1\.1 502 /);
  });

  test('ends for both when the host is reset', async (context) => {
    const { caller, upstream } = await open(context);
    upstream.send(SWITCHED);
    await caller.hear(END);
    upstream.socket.resetAndDestroy();
    await caller.hearEnd();
  });
});

describe('large bodies', LIMIT, () => {
  /** What a paused socket may hold: both kernels' buffers, and what the proxy keeps. */
  const SOME = 24_000_000;
  const ALL = 64_000_000;
  const CHUNK = Buffer.alloc(256 * 1024, 'x');

  /** Writes as fast as it is taken; gives how much was when nothing moved any more, or all had gone. */
  async function pour(wire: Wire, total: number): Promise<number> {
    let sent = 0;
    while (sent < total) {
      const size = Math.min(CHUNK.length, total - sent);
      const isTaken = await new Promise<boolean>((resolve) => {
        const timer = setTimeout(() => resolve(false), 500);
        wire.socket.write(CHUNK.subarray(0, size), () => {
          clearTimeout(timer);
          resolve(true);
        });
      });
      sent += size;
      if (!isTaken) break;
    }
    return sent;
  }

  test('an answer waits for a slow caller, then comes whole; the connection to the host serves on', async (context) => {
    const { host, caller } = await playWay(context);
    caller.send('GET /1 HTTP/1.1\r\nhost: a\r\n\r\n');
    const upstream = await host.connection(0);
    await upstream.hear(END);
    caller.socket.pause();
    upstream.send(`HTTP/1.1 200 OK\r\ncontent-length: ${ALL}\r\n\r\n`);
    const before = process.memoryUsage().arrayBuffers;
    const taken = await pour(upstream, ALL);
    assert.ok(taken < SOME, `${taken} bytes were taken for a caller that reads nothing`);
    assert.ok(process.memoryUsage().arrayBuffers - before < SOME);
    let received = 0;
    caller.socket.removeAllListeners('data');
    caller.socket.on('data', (chunk: Buffer) => {
      received += chunk.length;
    });
    caller.socket.resume();
    await pour(upstream, ALL - taken);
    while (received < ALL) await new Promise((resolve) => setTimeout(resolve, 10));
    caller.socket.on('data', (chunk: Buffer) => {
      caller.text += chunk.latin1Slice();
    });
    caller.send('GET /2 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
    assert.match(await upstream.hear(END), /^GET \/2 /);
    upstream.send('HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\ntwo');
    assert.match(await caller.hearEnd(), /two$/);
    assert.equal(host.connections.length, 1);
  });

  for (const [framing, head, isChunked] of [
    ['by length', `content-length: ${ALL}`, false],
    ['in chunks', 'transfer-encoding: chunked', true],
  ] as const) {
    test(`a request ${framing} waits for a slow host, then arrives whole`, async (context) => {
      const { host, caller } = await playWay(context, (wire) => wire.socket.pause());
      caller.send(`POST / HTTP/1.1\r\nhost: a\r\n${head}\r\n\r\n`);
      if (isChunked) caller.send(`${ALL.toString(16)}\r\n`);
      const before = process.memoryUsage().arrayBuffers;
      const taken = await pour(caller, ALL);
      assert.ok(taken < SOME, `${taken} bytes were taken for a host that reads nothing`);
      assert.ok(process.memoryUsage().arrayBuffers - before < SOME);
      const upstream = await host.connection(0);
      let received = 0;
      upstream.socket.removeAllListeners('data');
      upstream.socket.on('data', (chunk: Buffer) => {
        received += chunk.length;
      });
      upstream.socket.resume();
      await pour(caller, ALL - taken);
      if (isChunked) caller.send('\r\n0\r\n\r\n');
      while (received < ALL) await new Promise((resolve) => setTimeout(resolve, 10));
      upstream.send('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
      assert.match(await caller.hear(/ok$/), /^HTTP\/1\.1 200 /);
    });
  }
});

describe('a day of silence', LIMIT, () => {
  /** Every limit of time that a user can set for a host and its callers is one second. */
  async function open(context: Parameters<typeof playHost>[0], timeoutMs = 0) {
    const host = await playHost(context);
    const limits = { idleTimeoutMs: 1000, maxConnectionMs: 1000 };
    const cluster = clusterSpec('reviews');
    const snapshot = snapshotOf({
      node: nodeSpec({ requestHeadersTimeoutMs: 1000 }),
      routes: [routeSpec(['reviews'], {}, { timeoutMs })],
      clusters: [
        [{ ...cluster, connections: { ...cluster.connections, ...limits } }, [endpointSpec(host.port)]],
      ],
    });
    const clock = createManualClock();
    const caller = (await playProxy(context, snapshot, clock)).call();
    const pass = () => {
      for (let hour = 0; hour < 24; hour++) clock.advance(3_600_000);
    };
    return { host, caller, pass };
  }

  test('does not end a WebSocket', async (context) => {
    const { host, caller, pass } = await open(context, 1000);
    caller.send(UPGRADE);
    const upstream = await host.connection(0);
    await upstream.hear(END);
    upstream.send(SWITCHED);
    await caller.hear(END);
    pass();
    caller.send('still here?');
    await upstream.hear(/^still here\?$/);
    pass();
    upstream.send('yes');
    await caller.hear(/^yes$/);
  });

  test('does not end a stream of events, nor a long poll', async (context) => {
    const { host, caller, pass } = await open(context);
    caller.send('GET /poll HTTP/1.1\r\nhost: a\r\n\r\n');
    const upstream = await host.connection(0);
    await upstream.hear(END);
    pass();
    upstream.send('HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n');
    await caller.hear(END);
    pass();
    upstream.send('data: news\n\n');
    await caller.hear(/data: news\n\n/);
  });
});
