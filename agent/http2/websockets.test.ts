import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type ClientHttp2Stream, constants, type ServerHttp2Stream } from 'node:http2';
import type { Server, Socket } from 'node:net';
import { after, describe, test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { clusterSpec } from '../snapshot.fixture.ts';
import {
  call,
  http1Backend,
  http2Backend,
  http2Client,
  listen,
  start,
  toReviews,
  until,
} from './http2.fixture.ts';

/** WebSocket where HTTP/2 is spoken on one side or both (RFC 8441). */

const closing: (() => void)[] = [];
after(() => {
  for (const close of closing) close();
});

interface Played {
  readonly port: number;
  readonly sockets: Socket[];
  /** How sessions ended. */
  readonly endings: number[];
}

/** Says back what it hears, by HTTP/1.1. */
async function echoServer(): Promise<Played> {
  const http = createServer((_, response) => response.end('hello'));
  const played: Played = { port: 0, sockets: [], endings: [] };
  http.on('connection', (socket) => played.sockets.push(socket));
  const server = new WebSocketServer({ server: http, path: '/chat' });
  server.on('connection', (socket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    socket.on('close', (code) => played.endings.push(code));
  });
  closing.push(() => server.close());
  return { ...played, port: await listen(http as unknown as Server) };
}

async function openSocket(port: number, path = '/chat'): Promise<WebSocket> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { headers: { host: 'reviews:9080' } });
  closing.push(() => socket.terminate());
  await once(socket, 'open');
  return socket;
}

async function say(socket: WebSocket, word: string | Buffer): Promise<string> {
  const heard = once(socket, 'message');
  socket.send(word);
  return String((await heard)[0]);
}

/** By HTTP/2, once the server's settings have come. */
async function askTunnel(port: number, path = '/chat'): Promise<ClientHttp2Stream> {
  const client = http2Client(port);
  await once(client, 'remoteSettings');
  assert.equal(client.remoteSettings.enableConnectProtocol, true);
  const stream = client.request({
    ...{ ':method': 'CONNECT', ':protocol': 'websocket', ':scheme': 'http', ':path': path },
    ...{ ':authority': 'reviews:9080', 'sec-websocket-version': '13' },
  });
  stream.on('error', () => {});
  return stream;
}

/** A masked text of up to 125 bytes (RFC 6455 §5.2). */
const masked = (text: string) =>
  Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);

const statusOf = async (stream: ClientHttp2Stream) => (await once(stream, 'response'))[0];

describe('a WebSocket of a caller by HTTP/2', () => {
  test('reaches an application that speaks HTTP/1.1', async () => {
    const { port: to } = await echoServer();
    const { port, lines } = await start(toReviews(to, 'http1'));
    const stream = await askTunnel(port);
    const head = await statusOf(stream);
    assert.equal(head[':status'], 200);
    assert.equal(head['sec-websocket-accept'], undefined);
    stream.write(masked('hello'));
    const [chunk] = await once(stream, 'data');
    assert.deepEqual(chunk, Buffer.concat([Buffer.from([0x81, 5]), Buffer.from('hello')]));
    // Close frames both ways, then each side's end.
    stream.resume().end(Buffer.from('888003e803e8', 'hex').fill(0, 2));
    await once(stream, 'close');
    await until(() => lines.length > 0);
    assert.match(lines[0] ?? '', /^HTTP\/2 -/);
  });

  test('may send before the answer: nothing is lost', async () => {
    const { port: to } = await echoServer();
    const { port } = await start(toReviews(to, 'http1'));
    const stream = await askTunnel(port);
    stream.write(masked('early'));
    const [chunk] = await once(stream, 'data');
    assert.match(String(chunk), /early$/);
    stream.close(constants.NGHTTP2_CANCEL);
  });

  test('cut off by the caller, the application hears of it; and the other way round', async () => {
    const played = await echoServer();
    const { port } = await start(toReviews(played.port, 'http1'));
    const first = await askTunnel(port);
    await statusOf(first);
    first.close(constants.NGHTTP2_CANCEL);
    await until(() => played.endings.length === 1);
    const second = await askTunnel(port);
    await statusOf(second);
    const ended = once(second.resume(), 'end');
    for (const socket of played.sockets) socket.destroy();
    await ended;
  });

  test('that the application refuses is refused, with its words', async () => {
    const to = await http1Backend((_, response) => response.writeHead(426).end('not here'));
    const { port } = await start(toReviews(to, 'http1'));
    const stream = await askTunnel(port);
    assert.equal((await statusOf(stream))[':status'], 426);
    assert.equal(String((await once(stream, 'data'))[0]), 'not here');
  });

  test('that is malformed resets its stream alone', async () => {
    const { port: to } = await echoServer();
    const { port } = await start(toReviews(to, 'http1'));
    const client = http2Client(port);
    await once(client, 'remoteSettings');
    const wrong = client.request({
      ...{ ':method': 'CONNECT', ':protocol': 'websocket', ':scheme': 'http', ':path': '/chat' },
      ...{ ':authority': 'reviews:9080', 'content-length': '5' },
    });
    wrong.on('error', () => {});
    await new Promise((resolve) => wrong.on('close', resolve));
    assert.equal(wrong.rstCode, constants.NGHTTP2_PROTOCOL_ERROR);
    assert.equal((await call(client)).status, 200);
  });
});

describe('a WebSocket of a caller by HTTP/1.1', () => {
  test('passes two proxies that speak HTTP/2 to each other, beside ordinary requests', async () => {
    const played = await echoServer();
    const inner = await start(toReviews(played.port, 'http1'));
    const outer = await start(toReviews(inner.port, 'http2'));
    const sockets = await Promise.all(Array.from({ length: 10 }, () => openSocket(outer.port)));
    const words = sockets.map((_, index) => `word ${index}`);
    assert.deepEqual(await Promise.all(sockets.map((socket, i) => say(socket, words[i] ?? ''))), words);
    assert.equal((await call(http2Client(outer.port))).status, 200);
    const large = Buffer.alloc(3_000_000, 'ship');
    assert.equal(await say(sockets[0] as WebSocket, large), String(large));
    sockets[0]?.close(4000);
    const [code] = await once(sockets[0] as WebSocket, 'close');
    assert.equal(code, 4000);
    sockets[1]?.terminate();
    await until(() => played.endings.length === 2);
    assert.deepEqual(played.endings, [4000, 1006]);
  });

  test('reaches an application that speaks HTTP/2, and is sure of it by the digest of its key', async () => {
    const heads: Record<string, unknown>[] = [];
    const upstream = await http2Backend(
      (stream: ServerHttp2Stream, headers) => {
        heads.push(headers);
        stream.respond({ ':status': 200 });
        stream.on('data', (chunk: Buffer) =>
          stream.write(Buffer.concat([Buffer.from([0x82, chunk.length]), chunk])),
        );
      },
      { enableConnectProtocol: true },
    );
    const { port } = await start(toReviews(upstream.port, 'http2'));
    const socket = await openSocket(port);
    const [heard] = await Promise.all([once(socket, 'message'), socket.send('x')]);
    assert.equal((heard[0] as Buffer).length, 7);
    assert.equal(heads[0]?.[':method'], 'CONNECT');
    assert.equal(heads[0]?.[':protocol'], 'websocket');
    assert.equal(heads[0]?.['sec-websocket-key'], undefined);
    upstream.connections[0]?.destroy();
    await once(socket, 'close');
  });

  test('to an application by HTTP/2 that takes none: 502 with flag UPE, and its connection goes on', async () => {
    const upstream = await http2Backend((stream) => stream.respond({ ':status': 200 }, { endStream: true }));
    const { port, lines } = await start(toReviews(upstream.port, 'http2'));
    assert.equal((await call(http2Client(port))).status, 200);
    const socket = new WebSocket(`ws://127.0.0.1:${port}/chat`, { headers: { host: 'reviews:9080' } });
    const [, response] = await once(socket, 'unexpected-response');
    assert.equal(response.statusCode, 502);
    assert.match(lines.at(-1) ?? '', / UPE/);
    assert.equal((await call(http2Client(port))).status, 200);
    assert.equal(upstream.connections.length, 1);
  });

  test('refused by the other proxy leaves nothing open between the two', async () => {
    const to = await http1Backend((_, response) => response.writeHead(404).end());
    const inner = await start(toReviews(to, 'http1'));
    const { circuitBreaker } = clusterSpec('reviews');
    const limit = { circuitBreaker: { ...circuitBreaker, maxRequests: 1 } };
    const outer = await start(toReviews(inner.port, 'http2', limit));
    for (let round = 0; round < 5; round++) {
      const socket = new WebSocket(`ws://127.0.0.1:${outer.port}/`, { headers: { host: 'reviews:9080' } });
      const [, response] = await once(socket, 'unexpected-response');
      assert.equal(response.statusCode, 404);
      response.resume();
    }
  });

  test('a side that does not read stops the other, over HTTP/2 too', async () => {
    let written = 0;
    const http = createServer();
    const server = new WebSocketServer({ server: http });
    closing.push(() => server.close());
    server.on('connection', (socket) => {
      const more = () => {
        written += 1;
        if (written < 2000) socket.send(Buffer.alloc(50_000), more);
      };
      more();
    });
    const inner = await start(toReviews(await listen(http as unknown as Server), 'http1'));
    const outer = await start(toReviews(inner.port, 'http2'));
    const socket = await openSocket(outer.port);
    socket.pause();
    const client = http2Client(outer.port);
    // Rounds of PING: whatever still moves has moved in between.
    let before = -1;
    while (before !== written) {
      before = written;
      for (let round = 0; round < 50; round++) await new Promise((resolve) => client.ping(resolve));
    }
    assert.ok(written < 1000, `${written} messages were taken`);
    // The first may have come before anybody listened.
    let heardBytes = 0;
    socket.on('message', (data: Buffer) => {
      heardBytes += data.length;
    });
    socket.resume();
    await until(() => heardBytes >= 1998 * 50_000);
  });
});
