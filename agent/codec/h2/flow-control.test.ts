import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ResponseHead } from '../head.ts';
import {
  data,
  describeFrames,
  frame,
  GET,
  HELLO,
  headers,
  POST,
  settings,
  uint32,
} from './frames.fixture.ts';
import {
  CONNECTION_WINDOW,
  DEFAULT_WINDOW,
  ERROR,
  FLAG,
  FRAME,
  MAX_FRAME_BYTES,
  SETTING,
  STREAM_WINDOW,
} from './protocol.ts';
import { type RecordedServer, recordServer } from './recorder.fixture.ts';

const OK: ResponseHead = {
  ...{ status: 200, reason: '', version: 'HTTP/2', headers: [], contentLength: -1, upgrade: '' },
};

const windowUpdate = (streamId: number, bytes: number) =>
  frame(FRAME.windowUpdate, 0, streamId, uint32(bytes));
const full = (streamId: number, flags = 0) => data(streamId, 'x'.repeat(MAX_FRAME_BYTES), flags);

function serverWith(...bytes: Buffer[]): RecordedServer {
  const server = recordServer();
  server.push(Buffer.concat([HELLO, ...bytes]));
  return server;
}

function streamOf(server: RecordedServer, id: number) {
  const found = server.streams.get(id);
  assert.ok(found);
  return found;
}

const bytesOf = (frames: readonly string[], streamId: number) =>
  frames
    .filter((line) => line.startsWith(`DATA ${streamId} `))
    .reduce((sum, line) => sum + Number(line.split(' ')[2]), 0);

describe('HTTP/2 flow control towards the peer', () => {
  test('a body stops at the window of its stream, and goes on when that opens', () => {
    const server = serverWith(headers(1, GET, FLAG.endStream), windowUpdate(0, 1_000_000));
    const { stream, events } = streamOf(server, 1);
    server.session.sendHead(stream, OK, true);
    assert.equal(server.session.sendData(stream, Buffer.alloc(100_000)), false);
    server.session.sendEnd(stream, ['grpc-status', '0']);
    assert.equal(bytesOf(server.sent(), 1), DEFAULT_WINDOW);
    server.push(windowUpdate(1, 100_000));
    assert.equal(bytesOf(server.sent(), 1), 100_000);
    assert.equal(server.sent().at(-1), 'HEADERS 1 end');
    assert.equal(events.writable, 0, 'a stream that is over needs no further bytes');
  });

  test('a sender that was told to wait is told to go on', () => {
    const server = serverWith(headers(1, GET, FLAG.endStream));
    const { stream, events } = streamOf(server, 1);
    server.session.sendHead(stream, OK, true);
    assert.equal(server.session.sendData(stream, Buffer.alloc(DEFAULT_WINDOW)), true);
    assert.equal(server.session.sendData(stream, Buffer.alloc(1)), false);
    server.push(Buffer.concat([windowUpdate(0, 10), windowUpdate(1, 10)]));
    assert.equal(events.writable, 1);
  });

  test('streams share the window of the connection in turns', () => {
    const server = serverWith(headers(1, GET, FLAG.endStream), headers(3, GET, FLAG.endStream));
    for (const id of [1, 3]) {
      const { stream } = streamOf(server, id);
      server.session.sendHead(stream, OK, true);
      server.session.sendData(stream, Buffer.alloc(60_000));
      server.session.sendEnd(stream, null);
    }
    assert.equal(bytesOf(server.sent(), 1) + bytesOf(server.sent(), 3), DEFAULT_WINDOW);
    server.push(windowUpdate(0, 60_000));
    assert.equal(bytesOf(server.sent(), 3), 60_000);
    assert.equal(server.sent().at(-1)?.endsWith('end'), true);
  });

  test('INITIAL_WINDOW_SIZE moves the windows of open streams, below zero too', () => {
    const server = serverWith(headers(1, GET, FLAG.endStream), windowUpdate(0, 1_000_000));
    const { stream } = streamOf(server, 1);
    server.session.sendHead(stream, OK, true);
    server.session.sendData(stream, Buffer.alloc(50_000));
    server.push(settings(SETTING.initialWindowSize, 10_000));
    server.session.sendData(stream, Buffer.alloc(10_000));
    assert.equal(bytesOf(server.sent(), 1), 50_000);
    server.push(settings(SETTING.initialWindowSize, 55_000));
    assert.equal(bytesOf(server.sent(), 1), 55_000);
  });

  test('a slow socket holds bodies back, and heads never', () => {
    const server = serverWith(headers(1, GET, FLAG.endStream), headers(3, GET, FLAG.endStream));
    const first = streamOf(server, 1);
    server.takeBytes();
    server.session.onFlushed(true);
    server.session.sendHead(first.stream, OK, true);
    assert.equal(server.session.sendData(first.stream, Buffer.alloc(10)), false);
    server.session.sendHead(streamOf(server, 3).stream, OK, false);
    const before = describeFrames(Buffer.from(server.session.output.take()));
    assert.deepEqual(before, ['HEADERS 1', 'HEADERS 3 end']);
    server.session.onFlushed(false);
    assert.equal(first.events.writable, 1);
    assert.equal(bytesOf(server.sent(), 1), 10);
  });

  test('output that nobody takes is bounded', () => {
    const server = serverWith(
      headers(1, GET, FLAG.endStream),
      windowUpdate(0, 100_000_000),
      windowUpdate(1, 100_000_000),
    );
    const { stream } = streamOf(server, 1);
    server.session.sendHead(stream, OK, true);
    let chunks = 0;
    while (server.session.sendData(stream, Buffer.alloc(64 * 1024))) chunks += 1;
    assert.ok(chunks < 10);
    assert.ok(server.session.output.length < 512 * 1024);
    server.session.sendEnd(stream, null);
    assert.equal(bytesOf(server.sent(), 1), (chunks + 1) * 64 * 1024);
  });

  test('an overflowing window of a stream resets that stream', () => {
    const server = serverWith(headers(1, GET, FLAG.endStream), windowUpdate(1, 0x7fff_ffff));
    assert.deepEqual(server.sent(), ['SETTINGS ack', `RST_STREAM 1 code=${ERROR.flowControl}`]);
  });

  test('the end rides on the last frame of the body', () => {
    const server = serverWith(headers(1, GET, FLAG.endStream));
    const { stream } = streamOf(server, 1);
    server.session.sendHead(stream, OK, true);
    server.session.sendData(stream, Buffer.from('hello'));
    server.session.sendEnd(stream, null);
    assert.deepEqual(server.sent(), ['SETTINGS ack', 'HEADERS 1', 'DATA 1 5 end']);
  });

  test('an end behind a body that has left is a frame of its own', () => {
    const server = serverWith(headers(1, GET, FLAG.endStream));
    const { stream } = streamOf(server, 1);
    server.session.sendHead(stream, OK, true);
    server.session.sendData(stream, Buffer.from('hello'));
    server.takeBytes();
    server.session.sendEnd(stream, null);
    assert.deepEqual(server.sent().slice(1), ['HEADERS 1', 'DATA 1 5', 'DATA 1 0 end']);
  });

  test('a large head leaves in HEADERS and CONTINUATION frames', () => {
    const server = serverWith(headers(1, GET, FLAG.endStream));
    const head = { ...OK, headers: ['a', 'x'.repeat(20_000), 'b', 'y'.repeat(20_000)] };
    server.session.sendHead(streamOf(server, 1).stream, head, false);
    assert.deepEqual(server.sent().slice(1), ['HEADERS 1 end open', 'CONTINUATION 1 open', 'CONTINUATION 1']);
  });
});

describe('HTTP/2 flow control towards us', () => {
  const opened = (frames: readonly string[], streamId: number) =>
    frames.filter((line) => line.startsWith(`WINDOW_UPDATE ${streamId} `));

  test('bodies are copied out of bytes that are lent, and passed on out of others', () => {
    const server = serverWith(headers(1, POST));
    const chunks: Buffer[] = [];
    streamOf(server, 1).events.onData = (chunk) => {
      chunks.push(chunk);
      return false;
    };
    const padded = frame(FRAME.data, FLAG.padded, 1, Buffer.from('\u0002padded\0\0'));
    server.push(Buffer.concat([data(1, 'lent '), padded, data(1, 'cut').subarray(0, 10)]));
    server.push(data(1, 'cut').subarray(10));
    const own = data(1, ' own');
    server.session.push(own, 0);
    assert.equal(Buffer.concat(chunks).toString(), 'lent paddedcut own');
    assert.equal(chunks.at(-1)?.buffer, own.buffer);
  });

  test('a window is opened again when half of it was read', () => {
    const server = serverWith(headers(1, POST));
    const half = STREAM_WINDOW / 2 / MAX_FRAME_BYTES;
    for (let i = 1; i < half; i++) server.push(full(1));
    assert.deepEqual(opened(server.sent(), 1), []);
    server.push(full(1));
    assert.deepEqual(opened(server.sent(), 1), [`WINDOW_UPDATE 1 ${STREAM_WINDOW / 2}`]);
  });

  test('a reader that asked to wait gets no more than one window', () => {
    const server = serverWith(headers(1, POST));
    const { stream, events } = streamOf(server, 1);
    server.session.pause(stream);
    for (let i = 0; i < STREAM_WINDOW / MAX_FRAME_BYTES; i++) server.push(full(1));
    assert.deepEqual(opened(server.sent(), 1), []);
    assert.equal(events.body.length, STREAM_WINDOW);
    server.session.resume(stream);
    assert.deepEqual(opened(server.sent(), 1), [`WINDOW_UPDATE 1 ${STREAM_WINDOW}`]);
    server.session.pause(stream);
    for (let i = 0; i <= STREAM_WINDOW / MAX_FRAME_BYTES; i++) server.push(full(1));
    assert.equal(server.sent().at(-1), `RST_STREAM 1 code=${ERROR.flowControl}`);
  });

  test('the window of the connection opens for bytes that nobody reads any more, too', () => {
    const server = serverWith(headers(1, POST), frame(FRAME.resetStream, 0, 1, uint32(ERROR.cancel)));
    const frames = CONNECTION_WINDOW / 2 / MAX_FRAME_BYTES;
    for (let i = 0; i < frames; i++) server.push(full(1));
    assert.deepEqual(opened(server.sent(), 0), [`WINDOW_UPDATE 0 ${CONNECTION_WINDOW / 2}`]);
  });

  test('paused streams that end give back to the connection what they held', () => {
    const server = serverWith();
    const perStream = STREAM_WINDOW / MAX_FRAME_BYTES;
    for (let id = 1; id < 2 * (CONNECTION_WINDOW / 2 / STREAM_WINDOW); id += 2) {
      server.push(headers(id, POST));
      const { stream } = streamOf(server, id);
      server.session.pause(stream);
      for (let i = 0; i < perStream; i++) server.push(full(id));
    }
    assert.deepEqual(opened(server.sent(), 0), []);
    for (const { stream } of server.streams.values()) server.session.reset(stream, ERROR.cancel);
    assert.deepEqual(opened(server.sent(), 0), [`WINDOW_UPDATE 0 ${CONNECTION_WINDOW / 2}`]);
  });

  test('more than the window of the connection ends it', () => {
    const server = serverWith();
    let id = -1;
    for (let sent = 0; sent <= CONNECTION_WINDOW; sent += MAX_FRAME_BYTES) {
      if (sent % STREAM_WINDOW === 0) {
        id += 2;
        server.push(headers(id, POST));
        server.session.pause(streamOf(server, id).stream);
      }
      server.push(full(id));
    }
    assert.equal(server.log.includes('error h2_flow_control'), true);
  });
});
