import assert from 'node:assert/strict';
import { connect, createServer, type Socket } from 'node:net';
import { after, describe, test } from 'node:test';
import { createSeededRandom } from '../../base/random.ts';
import {
  block,
  data,
  frame,
  GET,
  HELLO,
  headers,
  POST,
  settings,
  uint32,
} from '../codec/h2/frames.fixture.ts';
import { FLAG, FRAME } from '../codec/h2/protocol.ts';
import { clusterSpec } from '../snapshot.fixture.ts';
import { call, http1Backend, http2Backend, http2Client, listen, start, toReviews } from './http2.fixture.ts';

const { endStream, endHeaders } = FLAG;
const random = createSeededRandom(Number(process.env['LATEEN_FUZZ_SEED'] ?? 17));
const ROUNDS = Number(process.env['LATEEN_FUZZ_ROUNDS'] ?? 200);
const below = (count: number) => Math.floor(random() * count);
const sockets = new Set<Socket>();
after(() => {
  for (const socket of sockets) socket.destroy();
});

/** A frame that may be right, wrong, or out of place. */
function anyFrame(messages: readonly (readonly string[])[]): Buffer {
  const id = below(4) === 0 ? below(12) : 1 + 2 * below(8);
  const fields = messages[below(messages.length)] as readonly string[];
  switch (below(9)) {
    case 0:
    case 1:
      return headers(id, fields, below(2) * endStream);
    case 2:
    case 3:
      return data(id, 'x'.repeat(below(2) === 0 ? below(50) : below(16_000)), below(2) * endStream);
    case 4:
      return frame(FRAME.resetStream, 0, id, uint32(below(14)));
    case 5:
      return frame(FRAME.windowUpdate, 0, below(2) * id, uint32(below(100_000)));
    case 6:
      return settings(1 + below(6), below(2 ** 17));
    case 7:
      return frame(
        FRAME.headers,
        endHeaders | endStream,
        id,
        Buffer.concat([block(fields), block(['a', 'b'])]),
      );
    default:
      return frame(
        below(11),
        below(256),
        id,
        Buffer.from(Array.from({ length: below(20) }, () => below(256))),
      );
  }
}

const anyFrames = (messages: readonly (readonly string[])[]) =>
  Buffer.concat(Array.from({ length: 1 + below(25) }, () => anyFrame(messages)));

/** Says it all in a few pieces, then resets, ends, or waits for the other side's end. */
function misbehave(socket: Socket, bytes: Buffer): Promise<void> {
  sockets.add(socket);
  return new Promise((resolve) => {
    socket.on('error', () => {}).on('close', () => resolve());
    socket.resume();
    const middle = below(bytes.length);
    socket.write(bytes.subarray(0, middle));
    setImmediate(() => {
      socket.write(bytes.subarray(middle));
      if (below(3) === 0) socket.resetAndDestroy();
      else socket.end();
    });
  });
}

describe('peers that speak nonsense harm nobody else', () => {
  test('as callers', async () => {
    const upstream = await http1Backend((request, response) => {
      request.resume();
      if (below(2) === 0) response.end('x'.repeat(below(100_000)));
      else request.on('end', () => response.end('hello'));
    });
    const { port } = await start(toReviews(upstream, 'http1'));
    const messages = [GET, POST, [...POST, 'content-length', '20'], [...GET, 'expect', '100-continue']];
    for (let round = 0; round < ROUNDS; round++) {
      await misbehave(connect(port, '127.0.0.1'), Buffer.concat([HELLO, anyFrames(messages)]));
    }
    assert.equal((await call(http2Client(port))).status, 200);
  });

  test('as applications', async () => {
    let isHostile = true;
    const hostile = createServer((socket) => {
      const messages = [
        [':status', '200'],
        [':status', '100'],
        [':status', '503'],
        [':status', '200', 'content-length', '20'],
        ['grpc-status', '14'],
      ];
      if (isHostile)
        socket.once('data', () => misbehave(socket, Buffer.concat([settings(), anyFrames(messages)])));
    });
    const to = await listen(hostile);
    const { port } = await start(toReviews(to, 'http2'));
    for (let round = 0; round < ROUNDS; round++) {
      const client = http2Client(port);
      const calls = Array.from({ length: 4 }, (_, i) => call(client, {}, i % 2 === 0 ? '' : 'body'));
      const outcomes = await Promise.allSettled(calls);
      for (const outcome of outcomes) assert.ok(outcome.status === 'rejected' || outcome.value.status >= 200);
      client.destroy();
    }
    isHostile = false;
  });
});

describe('limits of a cluster over HTTP/2', () => {
  test('count what is under way, and forget what is over in whatever way', async () => {
    const upstream = await http2Backend((stream, { ':path': path }) => {
      if (path === '/reset') stream.close(2);
      else if (path === '/hang') return;
      else stream.respond({ ':status': 200 }, { endStream: true });
    });
    const { circuitBreaker } = clusterSpec('reviews');
    const { port } = await start(
      toReviews(upstream.port, 'http2', { circuitBreaker: { ...circuitBreaker, maxRequests: 1 } }),
    );
    const client = http2Client(port);
    for (let round = 0; round < 10; round++) {
      const hanging = client.request({ ':path': '/hang' });
      hanging.on('error', () => {});
      await new Promise((resolve) => client.ping(resolve));
      assert.equal((await call(client)).headers['x-envoy-overloaded'], 'true');
      hanging.close(8);
      await new Promise((resolve) => client.ping(resolve));
      assert.equal((await call(client, { ':path': '/reset' })).status, 503);
      assert.equal((await call(client)).status, 200);
    }
  });
});
