import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, test } from 'node:test';
import { playProxy, playWay, toHost } from './testing/wire.ts';

const LIMIT = { timeout: 8000 };
const END = /\r\n\r\n/;

/** Answers each request head with its path, at once. */
const echoPaths = (wire: { socket: NodeJS.EventEmitter; send(text: string): void; text: string }) =>
  wire.socket.on('data', () => {
    for (const match of wire.text.matchAll(/^\w+ (\S+) HTTP/gm)) {
      const body = `[${match[1]}]`;
      wire.send(`HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    }
    wire.text = '';
  });

describe('a connection of a caller', LIMIT, () => {
  test('is kept for the next request, and so is that to the host', async (context) => {
    const { host, caller } = await playWay(context, echoPaths);
    for (const path of ['/1', '/2', '/3']) {
      caller.send(`GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`);
      assert.doesNotMatch(await caller.hear(new RegExp(`\\[${path}\\]`)), /connection:/i);
    }
    assert.equal(host.connections.length, 1);
  });

  test('ends behind the answer to connection: close, which says so too', async (context) => {
    const { caller } = await playWay(context, echoPaths);
    caller.send('GET /1 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
    assert.match(await caller.hearEnd(), /\r\nconnection: close\r\n.*\[\/1\]$/s);
    caller.socket.end();
    await caller.closed();
    assert.equal(caller.error, null);
  });

  test('that is kept serves one more request when the proxy drains, and then ends', async (context) => {
    const { caller, proxy } = await playWay(context, echoPaths);
    caller.send('GET /1 HTTP/1.1\r\nhost: a\r\n\r\n');
    await caller.hear(/\[\/1\]/);
    const drained = proxy.dataplane.drain(5000);
    caller.send('POST /2 HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n');
    assert.match(await caller.hearEnd(), /^HTTP\/1\.1 200 OK\r\n.*\r\nconnection: close\r\n.*\[\/2\]$/s);
    caller.socket.end();
    await drained;
  });

  test('that nobody uses ends when the proxy drains', async (context) => {
    const { caller, proxy } = await playWay(context, echoPaths);
    caller.send('GET /1 HTTP/1.1\r\nhost: a\r\n\r\n');
    await caller.hear(/\[\/1\]/);
    const drained = proxy.dataplane.drain(60_000);
    await caller.hearEnd();
    caller.socket.end();
    await drained;
  });

  test('is cut a second after its end if the caller does not close it', async (context) => {
    const { caller } = await playWay(context, echoPaths);
    caller.send('GET /1 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n');
    await caller.hearEnd();
    // A write to a closed socket is answered by a reset.
    const probe = setInterval(() => caller.socket.write('x'), 100);
    await caller.closed();
    clearInterval(probe);
  });

  test('of HTTP/1.0 ends with its answer', async (context) => {
    const { caller } = await playWay(context, echoPaths);
    caller.send('GET /1 HTTP/1.0\r\n\r\n');
    assert.match(await caller.hearEnd(), /^HTTP\/1\.1 200 OK\r\n.*connection: close\r\n\r\n\[\/1\]$/s);
  });

  test('of HTTP/1.0 with keep-alive goes on, if the answer has a length', async (context) => {
    const { host, caller } = await playWay(context);
    caller.send('GET /1 HTTP/1.0\r\nconnection: keep-alive\r\n\r\n');
    const upstream = await host.connection(0);
    await upstream.hear(END);
    upstream.send('HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\none');
    assert.match(await caller.hear(/one$/), /\r\nconnection: keep-alive\r\n/);
    caller.send('GET /2 HTTP/1.0\r\nconnection: keep-alive\r\n\r\n');
    await upstream.hear(END);
    upstream.send('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n');
    const last = await caller.hearEnd();
    assert.match(last, /\r\nconnection: close\r\n\r\ntwo$/);
    assert.doesNotMatch(last, /transfer-encoding/i);
  });

  test('may send its head byte by byte', async (context) => {
    const { caller } = await playWay(context, echoPaths);
    await once(caller.socket, 'connect');
    for (const character of 'GET /slow HTTP/1.1\r\nhost: a\r\n\r\n') {
      caller.send(character);
      await new Promise(setImmediate);
    }
    await caller.hear(/\[\/slow\]/);
  });

  test('that is slow with its head is told so and ends, where a limit is set; an idle one is left alone', async (context) => {
    const { caller } = await playWay(context, echoPaths, { requestHeadersTimeoutMs: 300 });
    caller.send('GET /1 HTTP/1.1\r\nhost: a\r\n\r\n');
    await caller.hear(/\[\/1\]/);
    await once(AbortSignal.timeout(400), 'abort');
    caller.send('GET /2 HTTP/1.1\r\nhost: a\r\n\r\n');
    await caller.hear(/\[\/2\]/);
    caller.send('GET /3 HTTP/1.1\r\n');
    const trickle = setInterval(() => caller.socket.write('x'), 50);
    assert.match(
      await caller.hearEnd(),
      /^HTTP\/1\.1 408 Request Timeout\r\n.*content-length: 0\r\n.*\r\n\r\n$/s,
    );
    clearInterval(trickle);
  });

  test('that stops within its first word is cut, where a limit is set', async (context) => {
    const proxy = await playProxy(context, toHost(1, { requestHeadersTimeoutMs: 100 }));
    const caller = proxy.call();
    caller.send('GE');
    assert.equal(await caller.hearEnd(), '');
  });

  test('that half-closes within a request is closed, and nothing stays behind', async (context) => {
    const { host, proxy, caller } = await playWay(context);
    caller.send('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nhalf');
    const upstream = await host.connection(0);
    await upstream.hear(/half/);
    caller.socket.end();
    await caller.closed();
    await upstream.hearEnd();
    assert.deepEqual(proxy.log, ['0 DC downstream_remote_disconnect']);
  });

  test('that goes away while it waits is given up after a second, and the host hears of it', async (context) => {
    const { host, proxy, caller } = await playWay(context);
    caller.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    const upstream = await host.connection(0);
    await upstream.hear(END);
    caller.socket.destroy();
    await upstream.hearEnd();
    assert.deepEqual(proxy.log, ['0 DC downstream_remote_disconnect']);
  });

  test('that half-closes within a head is closed', async (context) => {
    const proxy = await playProxy(context, toHost(1));
    const caller = proxy.call();
    caller.send('GET / HTTP/1.1\r\nho');
    caller.socket.end();
    assert.equal(await caller.hearEnd(), '');
    await caller.closed();
  });

  test('that half-closes behind one and a half pipelined requests gets the answer to the one', async (context) => {
    const { host, caller } = await playWay(context);
    caller.send('GET /1 HTTP/1.1\r\nhost: a\r\n\r\nGET /2 HTTP/1.1\r\nho');
    caller.socket.end();
    const upstream = await host.connection(0);
    await upstream.hear(END);
    upstream.send('HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\none');
    assert.match(await caller.hearEnd(), /one$/);
    await caller.closed();
  });
});

describe('pipelined requests', LIMIT, () => {
  test('reach the host one after the other, and a thousand of them are answered in order', async (context) => {
    const { host, caller } = await playWay(context, echoPaths);
    const numbers = Array.from({ length: 1000 }, (_, index) => `/${index}`);
    caller.send(numbers.map((path) => `GET ${path} HTTP/1.1\r\nhost: a\r\n\r\n`).join(''));
    const heard = await caller.hear(/\[\/999\]/);
    assert.deepEqual(
      heard.match(/\[\/\d+\]/g),
      numbers.map((path) => `[${path}]`),
    );
    assert.equal(host.connections.length, 1);
  });

  test('behind the last one are not served', async (context) => {
    const { proxy, caller } = await playWay(context, echoPaths);
    caller.send('GET /1 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\nGET /2 HTTP/1.1\r\nhost: a\r\n\r\n');
    assert.match(await caller.hearEnd(), /\[\/1\]$/);
    assert.equal(proxy.log.length, 1);
  });

  test('an answer followed by bytes that nobody asked for lends them to none', async (context) => {
    const { host, caller } = await playWay(context);
    caller.send('GET /1 HTTP/1.1\r\nhost: a\r\n\r\nGET /2 HTTP/1.1\r\nhost: a\r\n\r\n');
    const first = await host.connection(0);
    await first.hear(END);
    first.send(
      'HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\noneHTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil',
    );
    const second = await host.connection(1);
    assert.match(await second.hear(END), /^GET \/2 /);
    second.send('HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\ntwo');
    assert.doesNotMatch(await caller.hear(/two$/), /evil/);
  });
});

describe('an early answer', LIMIT, () => {
  const upload = 'POST /up HTTP/1.1\r\nhost: a\r\ncontent-length: 1000\r\n\r\n';

  test('reaches the caller whole, says connection: close, and what follows is read into nothing', async (context) => {
    const { host, proxy, caller } = await playWay(context);
    caller.send(`${upload}begin`);
    const upstream = await host.connection(0);
    await upstream.hear(/begin/);
    upstream.send('HTTP/1.1 413 Payload Too Large\r\ncontent-length: 3\r\n\r\nbig');
    assert.match(await caller.hear(/big$/), /^HTTP\/1\.1 413 .*\r\nconnection: close\r\n/s);
    // The rest of the body, and a request that must not be served.
    caller.send(`${'x'.repeat(995)}GET /hidden HTTP/1.1\r\nhost: a\r\n\r\n`);
    caller.socket.end();
    assert.equal(await caller.hearEnd(), '');
    await caller.closed();
    await upstream.hearEnd();
    assert.equal(caller.error, null);
    assert.deepEqual(proxy.log, ['413 - via_upstream']);
    assert.equal(host.connections.length, 1);
  });

  test('of the proxy itself does the same', async (context) => {
    const { snapshotOf } = await import('../snapshot.fixture.ts');
    const proxy = await playProxy(context, snapshotOf({}));
    const caller = proxy.call();
    caller.send(upload);
    assert.match(await caller.hear(END), /^HTTP\/1\.1 404 .*\r\nconnection: close\r\n/s);
    caller.send(`${'x'.repeat(1000)}GET /hidden HTTP/1.1\r\nhost: a\r\n\r\n`);
    assert.equal(await caller.hearEnd(), '');
  });

  test('that is longer than a second on its way to a slow caller is not cut off', async (context) => {
    const size = 20_000_000;
    const { host, caller } = await playWay(context);
    caller.send(`${upload}begin`);
    const upstream = await host.connection(0);
    await upstream.hear(/begin/);
    caller.socket.pause();
    upstream.send(`HTTP/1.1 413 Payload Too Large\r\ncontent-length: ${size}\r\n\r\n`);
    upstream.socket.write(Buffer.alloc(size, 'x'));
    await new Promise((resolve) => setTimeout(resolve, 1300));
    caller.socket.resume();
    assert.equal((await caller.hearEnd()).split(END)[1]?.length, size);
  });
});

describe('bytes that are no HTTP', LIMIT, () => {
  const REFUSED: readonly (readonly [title: string, bytes: string, answer: RegExp])[] = [
    [
      'a bad request',
      'GET / HTTP/1.1\r\nx : y\r\n\r\n',
      /^HTTP\/1\.1 400 Bad Request\r\n.*\r\n\r\nBad Request$/s,
    ],
    ['a head that is too large', `GET / HTTP/1.1\r\nx: ${'y'.repeat(70_000)}`, /^HTTP\/1\.1 431 /],
    ['too many headers', `GET / HTTP/1.1\r\nhost: a\r\n${'x: y\r\n'.repeat(100)}\r\n`, /^HTTP\/1\.1 431 /],
    ['another encoding', 'POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: gzip\r\n\r\n', /^HTTP\/1\.1 501 /],
    ['another version', 'GET / HTTP/1.9\r\nhost: a\r\n\r\n', /^HTTP\/1\.1 505 /],
    [
      'a broken body',
      'POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n',
      /^HTTP\/1\.1 400 /,
    ],
  ];
  for (const [title, bytes, answer] of REFUSED) {
    test(`${title}: one answer with connection: close, then the end`, async (context) => {
      const { caller } = await playWay(context);
      caller.send(`${bytes}GET /hidden HTTP/1.1\r\nhost: a\r\n\r\n`);
      const heard = await caller.hearEnd();
      assert.match(heard, answer);
      assert.match(heard, /\r\nconnection: close\r\n/);
      assert.match(heard, /\r\ndate: /);
      assert.equal(heard.match(/HTTP\/1\.1 /g)?.length, 1);
    });
  }

  test('behind a good request: that one is answered first', async (context) => {
    const { caller } = await playWay(context, echoPaths);
    caller.send('GET /1 HTTP/1.1\r\nhost: a\r\n\r\nnonsense\r\n\r\n');
    assert.match(await caller.hearEnd(), /\[\/1\]HTTP\/1\.1 400 Bad Request\r\n/);
  });

  test('within a body whose answer has begun: a reset, never a second answer', async (context) => {
    const { host, caller } = await playWay(context);
    caller.send('POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n');
    const upstream = await host.connection(0);
    await upstream.hear(/ok\r\n/);
    upstream.send('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nbegun');
    await caller.hear(/begun$/);
    caller.send('nonsense\r\n');
    await caller.closed();
    assert.equal(caller.text, '');
    assert.equal((caller.error as NodeJS.ErrnoException | null)?.code, 'ECONNRESET');
    await upstream.hearEnd();
  });
});

describe('what passes', LIMIT, () => {
  test('header case both ways, and a reason of its own', async (context) => {
    const { host, caller } = await playWay(context);
    caller.send('GET / HTTP/1.1\r\nHost: a\r\nX-MiXed: One\r\n\r\n');
    const upstream = await host.connection(0);
    assert.match(await upstream.hear(END), /\r\nX-MiXed: One\r\n/);
    upstream.send(
      'HTTP/1.1 200 Fine\r\nETag: "a"\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 0\r\n\r\n',
    );
    const heard = await caller.hear(END);
    assert.match(heard, /^HTTP\/1\.1 200 Fine\r\nETag: "a"\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n/);
  });

  test('an answer without a length, up to the end of its connection', async (context) => {
    const { host, caller } = await playWay(context);
    caller.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    const upstream = await host.connection(0);
    await upstream.hear(END);
    upstream.send('HTTP/1.0 200 OK\r\n\r\nsome');
    assert.match(await caller.hear(/4\r\nsome\r\n/), /transfer-encoding: chunked/);
    upstream.send(' more');
    await caller.hear(/^5\r\n more\r\n/);
    upstream.socket.end();
    await caller.hear(/^0\r\n\r\n$/);
    // The caller's connection goes on.
    caller.send('GET /2 HTTP/1.1\r\nhost: a\r\n\r\n');
    await (await host.connection(1)).hear(END);
  });

  test('interim answers and trailers', async (context) => {
    const { host, caller } = await playWay(context);
    caller.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    const upstream = await host.connection(0);
    await upstream.hear(END);
    upstream.send(
      'HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n',
    );
    await caller.hear(/^HTTP\/1\.1 103 Early Hints\r\nlink: <\/a>\r\n\r\nHTTP\/1\.1 200 /);
    upstream.send('1\r\nx\r\n0\r\ngrpc-status: 0\r\n\r\n');
    await caller.hear(/1\r\nx\r\n0\r\ngrpc-status: 0\r\n\r\n$/);
  });

  test('a caller that waits for 100 Continue gets it, and the host does not', async (context) => {
    const { host, caller } = await playWay(context);
    caller.send('POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\ncontent-length: 4\r\n\r\n');
    await caller.hear(/^HTTP\/1\.1 100 Continue\r\n\r\n$/);
    caller.send('body');
    const upstream = await host.connection(0);
    assert.doesNotMatch(await upstream.hear(/body$/), /expect/i);
    upstream.send('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\ncontent-length: 0\r\n\r\n');
    assert.match(await caller.hear(END), /^HTTP\/1\.1 201 /);
  });

  test('an answer that breaks the protocol is 502, and its connection is not used again', async (context) => {
    const { host, caller } = await playWay(context);
    caller.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    const upstream = await host.connection(0);
    await upstream.hear(END);
    upstream.send('HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab');
    assert.match(await caller.hear(END), /^HTTP\/1\.1 502 /);
    await upstream.hearEnd();
  });

  test('an answer that breaks off is a reset for the caller', async (context) => {
    const { host, caller } = await playWay(context);
    caller.send('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    const upstream = await host.connection(0);
    await upstream.hear(END);
    upstream.send('HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhalf');
    await caller.hear(/half$/);
    upstream.socket.end();
    await caller.closed();
    assert.equal((caller.error as NodeJS.ErrnoException | null)?.code, 'ECONNRESET');
  });
});
