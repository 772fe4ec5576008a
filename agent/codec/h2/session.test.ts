import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createSeededRandom } from '../../../base/random.ts';
import { block, data, frame, GET, HELLO, headers, POST, settings, uint32 } from './frames.fixture.ts';
import { ERROR, FLAG, FRAME, MAX_FRAME_BYTES, PREFACE, SETTING } from './protocol.ts';
import { recordServer } from './recorder.fixture.ts';

const { endStream, endHeaders, padded, priority, ack } = FLAG;
const GET_LINE = 'request GET reviews:9080 /';
const LENGTH_5 = [...POST, 'content-length', '5'];

interface Case {
  readonly title: string;
  /** What follows the preface and empty SETTINGS. */
  readonly bytes: readonly Buffer[];
  readonly log: readonly string[];
  readonly sent: readonly string[];
}

const reset = (id: number, code: number) => `RST_STREAM ${id} code=${code}`;
const goAway = (last: number, code: number) => `GOAWAY last=${last} code=${code}`;

/** A request is refused, and the connection goes on. */
const malformed = (title: string, fields: readonly string[], flags: number = endStream): Case => ({
  title: `${title}: the stream is reset`,
  bytes: [headers(1, fields, flags), headers(3, GET, endStream)],
  log: [`3 ${GET_LINE} -3 `, '3 end'],
  sent: ['SETTINGS ack', reset(1, ERROR.protocol)],
});

/** The connection cannot go on. */
const fatal = (title: string, bytes: readonly Buffer[], name: string, code: number, last = 0): Case => ({
  title: `${title}: the connection ends`,
  bytes,
  log: [`error ${name}`],
  sent: ['SETTINGS ack', goAway(last, code)],
});

const requests: Case[] = [
  {
    title: 'a GET',
    bytes: [headers(1, [...GET, 'accept', '*/*'], endStream)],
    log: [`1 ${GET_LINE} -3 accept */*`, '1 end'],
    sent: ['SETTINGS ack'],
  },
  {
    title: 'a POST with a length',
    bytes: [headers(1, LENGTH_5), data(1, 'he'), data(1, 'llo', endStream)],
    log: ['1 request POST reviews:9080 / 5  with body', '1 data hello', '1 end'],
    sent: ['SETTINGS ack'],
  },
  {
    title: 'a POST without a length, ended by an empty frame',
    bytes: [headers(1, POST), data(1, 'hello'), data(1, '', endStream)],
    log: ['1 request POST reviews:9080 / -1  with body', '1 data hello', '1 end'],
    sent: ['SETTINGS ack'],
  },
  {
    title: 'padding and priority are read over',
    bytes: [
      frame(
        FRAME.headers,
        endHeaders | padded | priority,
        1,
        Buffer.concat([Buffer.from([3]), uint32(0), Buffer.from([15]), block(POST), Buffer.alloc(3)]),
      ),
      frame(FRAME.priority, 0, 5, Buffer.concat([uint32(1), Buffer.from([1])])),
      frame(FRAME.data, padded | endStream, 1, Buffer.from('\u0004hello\0\0\0\0', 'latin1')),
    ],
    log: ['1 request POST reviews:9080 / -1  with body', '1 data hello', '1 end'],
    sent: ['SETTINGS ack'],
  },
  {
    title: 'a head in HEADERS and CONTINUATION frames',
    bytes: [
      frame(FRAME.headers, endStream, 1, block(GET.slice(0, 4))),
      frame(FRAME.continuation, 0, 1, block(GET.slice(4, 6))),
      frame(FRAME.continuation, endHeaders, 1, block([...GET.slice(6), 'a', 'b'])),
    ],
    log: [`1 ${GET_LINE} -3 a b`, '1 end'],
    sent: ['SETTINGS ack'],
  },
  {
    title: 'trailers',
    bytes: [headers(1, POST), data(1, 'hello'), headers(1, ['checksum', '42'], endStream)],
    log: ['1 request POST reviews:9080 / -1  with body', '1 data hello', '1 end checksum 42'],
    sent: ['SETTINGS ack'],
  },
  {
    title: 'requests side by side',
    bytes: [
      headers(1, POST),
      headers(3, GET, endStream),
      data(1, 'a'),
      headers(5, POST),
      data(5, 'b'),
      data(1, 'c', endStream),
    ],
    log: [
      ...['1 request POST reviews:9080 / -1  with body', `3 ${GET_LINE} -3 `, '3 end', '1 data a'],
      ...['5 request POST reviews:9080 / -1  with body', '5 data b', '1 data c', '1 end'],
    ],
    sent: ['SETTINGS ack'],
  },
  {
    title: 'the host header stands in for a missing authority, and loses against one',
    bytes: [
      headers(1, [...GET.slice(0, 6), 'host', 'ratings'], endStream),
      headers(3, [...GET, 'host', 'other'], endStream),
    ],
    log: ['1 request GET ratings / -3 ', '1 end', `3 ${GET_LINE} -3 `, '3 end'],
    sent: ['SETTINGS ack'],
  },
  {
    title: 'crumbs of a cookie become one line',
    bytes: [headers(1, [...GET, 'cookie', 'a=1', 'x', 'y', 'cookie', 'b=2'], endStream)],
    log: [`1 ${GET_LINE} -3 cookie a=1; b=2 x y`, '1 end'],
    sent: ['SETTINGS ack'],
  },
  {
    title: 'te: trailers is kept, OPTIONS * and CONNECT are understood',
    bytes: [
      headers(1, [...GET, 'te', 'trailers'], endStream),
      headers(3, [':method', 'OPTIONS', ':scheme', 'http', ':path', '*', ':authority', 'a'], endStream),
      headers(5, [':method', 'CONNECT', ':authority', 'a:80']),
    ],
    log: [
      ...[`1 ${GET_LINE} -3 te trailers`, '1 end', '3 request OPTIONS a * -3 ', '3 end'],
      '5 request CONNECT a:80  -1  with body',
    ],
    sent: ['SETTINGS ack'],
  },
  {
    title: 'a ping and unknown frames',
    bytes: [frame(FRAME.ping, 0, 0, Buffer.alloc(8)), frame(77, 255, 0), frame(78, 0, 9, Buffer.from('x'))],
    log: [],
    sent: ['SETTINGS ack', 'PING ack'],
  },
  {
    title: 'the caller gives a request up',
    bytes: [
      headers(1, POST),
      frame(FRAME.resetStream, 0, 1, uint32(ERROR.cancel)),
      headers(3, GET, endStream),
    ],
    log: ['1 request POST reviews:9080 / -1  with body', '1 reset 8 peer', `3 ${GET_LINE} -3 `, '3 end'],
    sent: ['SETTINGS ack'],
  },
];

const wrongRequests: Case[] = [
  malformed('no method', GET.slice(2)),
  malformed('no scheme', [...GET.slice(0, 2), ...GET.slice(4)]),
  malformed('no path', [...GET.slice(0, 4), ...GET.slice(6)]),
  malformed('an empty path', [...GET.slice(0, 4), ':path', '']),
  malformed('a path that is none', [...GET.slice(0, 4), ':path', 'a']),
  malformed('a blank in the path', [...GET.slice(0, 4), ':path', '/a b']),
  malformed('* of a GET', [...GET.slice(0, 4), ':path', '*']),
  malformed('user information in the authority', [...GET.slice(0, 6), ':authority', 'a@b']),
  malformed('a method that is no token', [':method', 'G T', ...GET.slice(2)]),
  malformed('a pseudo header twice', [...GET, ':path', '/']),
  malformed('a pseudo header behind another', ['a', 'b', ...GET]),
  malformed('an unknown pseudo header', [...GET, ':protocol', 'websocket']),
  malformed('a status in a request', [...GET, ':status', '200']),
  malformed('CONNECT with a path', [':method', 'CONNECT', ...GET.slice(2)]),
  malformed('a capital in a name', [...GET, 'Accept', '*/*']),
  malformed('connection', [...GET, 'connection', 'close']),
  malformed('keep-alive', [...GET, 'keep-alive', '5']),
  malformed('proxy-connection', [...GET, 'proxy-connection', 'close']),
  malformed('transfer-encoding', [...GET, 'transfer-encoding', 'chunked']),
  malformed('upgrade', [...GET, 'upgrade', 'websocket']),
  malformed('te: gzip', [...GET, 'te', 'gzip']),
  malformed('two lengths', [...POST, 'content-length', '5', 'content-length', '5'], 0),
  malformed('a length that is no number', [...POST, 'content-length', '+5'], 0),
  malformed('a length and no body', LENGTH_5),
  {
    title: 'a body longer than its length: the stream is reset',
    bytes: [headers(1, LENGTH_5), data(1, 'hello!'), headers(3, GET, endStream)],
    log: ['1 request POST reviews:9080 / 5  with body', '1 reset 1 protocol', `3 ${GET_LINE} -3 `, '3 end'],
    sent: ['SETTINGS ack', reset(1, ERROR.protocol)],
  },
  {
    title: 'a body shorter than its length: the stream is reset',
    bytes: [headers(1, LENGTH_5), data(1, 'hell', endStream)],
    log: ['1 request POST reviews:9080 / 5  with body', '1 reset 1 protocol'],
    sent: ['SETTINGS ack', reset(1, ERROR.protocol)],
  },
  {
    title: 'trailers that come before the body is whole: the stream is reset',
    bytes: [headers(1, LENGTH_5), headers(1, ['a', 'b'], endStream)],
    log: ['1 request POST reviews:9080 / 5  with body', '1 reset 1 protocol'],
    sent: ['SETTINGS ack', reset(1, ERROR.protocol)],
  },
  {
    title: 'trailers with a pseudo header: the stream is reset',
    bytes: [headers(1, POST), headers(1, [':path', '/admin'], endStream)],
    log: ['1 request POST reviews:9080 / -1  with body', '1 reset 1 protocol'],
    sent: ['SETTINGS ack', reset(1, ERROR.protocol)],
  },
  {
    title: 'a second head that does not end the stream: the stream is reset',
    bytes: [headers(1, POST), headers(1, ['a', 'b'])],
    log: ['1 request POST reviews:9080 / -1  with body', '1 reset 1 protocol'],
    sent: ['SETTINGS ack', reset(1, ERROR.protocol)],
  },
  {
    title: 'DATA behind the end: the stream is reset',
    bytes: [headers(1, GET, endStream), data(1, 'x')],
    log: [`1 ${GET_LINE} -3 `, '1 end', '1 reset 5 protocol'],
    sent: ['SETTINGS ack', reset(1, ERROR.streamClosed)],
  },
];

const wrongFrames: Case[] = [
  fatal('HEADERS on stream 0', [headers(0, GET)], 'h2_protocol', ERROR.protocol),
  fatal('HEADERS on an even stream', [headers(2, GET)], 'h2_protocol', ERROR.protocol),
  fatal('DATA on stream 0', [data(0, 'x')], 'h2_protocol', ERROR.protocol),
  fatal('DATA on an idle stream', [data(1, 'x')], 'h2_protocol', ERROR.protocol),
  fatal('RST_STREAM on an idle stream', [frame(3, 0, 1, uint32(0))], 'h2_protocol', ERROR.protocol),
  fatal('RST_STREAM of 5 bytes', [frame(3, 0, 0, Buffer.alloc(5))], 'h2_protocol', ERROR.protocol),
  fatal('WINDOW_UPDATE on an idle stream', [frame(8, 0, 1, uint32(1))], 'h2_protocol', ERROR.protocol),
  fatal('WINDOW_UPDATE of 0', [frame(8, 0, 0, uint32(0))], 'h2_protocol', ERROR.protocol),
  fatal('WINDOW_UPDATE of 3 bytes', [frame(8, 0, 0, Buffer.alloc(3))], 'h2_frame_size', ERROR.frameSize),
  fatal(
    'WINDOW_UPDATE beyond 2^31 − 1',
    [frame(8, 0, 0, uint32(0x7fff_ffff))],
    'h2_flow_control',
    ERROR.flowControl,
  ),
  fatal('PING on a stream', [frame(6, 0, 1, Buffer.alloc(8))], 'h2_protocol', ERROR.protocol),
  fatal('PING of 7 bytes', [frame(6, 0, 0, Buffer.alloc(7))], 'h2_frame_size', ERROR.frameSize),
  fatal('SETTINGS on a stream', [frame(4, 0, 1)], 'h2_protocol', ERROR.protocol),
  fatal('SETTINGS of 5 bytes', [frame(4, 0, 0, Buffer.alloc(5))], 'h2_frame_size', ERROR.frameSize),
  fatal(
    'acknowledged SETTINGS with a payload',
    [frame(4, ack, 0, Buffer.alloc(6))],
    'h2_frame_size',
    ERROR.frameSize,
  ),
  fatal('ENABLE_PUSH of 2', [settings(SETTING.enablePush, 2)], 'h2_protocol', ERROR.protocol),
  fatal(
    'INITIAL_WINDOW_SIZE of 2^31',
    [settings(SETTING.initialWindowSize, 0x8000_0000)],
    'h2_flow_control',
    ERROR.flowControl,
  ),
  fatal('MAX_FRAME_SIZE of 16383', [settings(SETTING.maxFrameSize, 16_383)], 'h2_protocol', ERROR.protocol),
  fatal(
    'MAX_FRAME_SIZE of 2^24',
    [settings(SETTING.maxFrameSize, 16_777_216)],
    'h2_protocol',
    ERROR.protocol,
  ),
  fatal('PUSH_PROMISE', [frame(5, endHeaders, 1, uint32(2))], 'h2_protocol', ERROR.protocol),
  fatal('PRIORITY on stream 0', [frame(2, 0, 0, Buffer.alloc(5))], 'h2_protocol', ERROR.protocol),
  fatal('GOAWAY on a stream', [frame(7, 0, 1, Buffer.alloc(8))], 'h2_protocol', ERROR.protocol),
  fatal('CONTINUATION out of place', [frame(9, endHeaders, 1)], 'h2_protocol', ERROR.protocol),
  fatal(
    'a frame between HEADERS and CONTINUATION',
    [frame(1, 0, 1, block(GET)), frame(6, 0, 0, Buffer.alloc(8))],
    'h2_protocol',
    ERROR.protocol,
  ),
  fatal(
    'DATA between HEADERS and CONTINUATION',
    [frame(1, 0, 1, block(GET)), data(1, 'x')],
    'h2_protocol',
    ERROR.protocol,
  ),
  fatal(
    'padding longer than DATA',
    [frame(0, padded, 1, Buffer.from([2, 0]))],
    'h2_protocol',
    ERROR.protocol,
  ),
  fatal(
    'padding longer than HEADERS',
    [frame(1, endHeaders | padded, 1, Buffer.from([9, 0x82]))],
    'h2_protocol',
    ERROR.protocol,
  ),
  fatal(
    'a header block that is no HPACK',
    [frame(1, endHeaders, 1, Buffer.from([0x80]))],
    'h2_compression',
    ERROR.compression,
  ),
];

/** Bytes whole, one by one, and cut in two at every offset lead to the same. */
function check({ title, bytes, log, sent }: Case): void {
  test(title, () => {
    const all = Buffer.concat([HELLO, ...bytes]);
    const feed = (pieces: readonly Buffer[]) => {
      const server = recordServer();
      for (const piece of pieces) server.push(piece);
      return { log: server.log, sent: server.sent() };
    };
    const expected = { log: [...log], sent: [...sent] };
    assert.deepEqual(feed([all]), expected);
    assert.deepEqual(feed([...all].map((byte) => Buffer.from([byte]))), expected, 'byte by byte');
    const step = all.length > 2000 ? 97 : 1;
    for (let at = 1; at < all.length; at += step) {
      assert.deepEqual(feed([all.subarray(0, at), all.subarray(at)]), expected, `cut at ${at}`);
    }
  });
}

describe('HTTP/2 requests out of bytes, however they are cut', () => requests.forEach(check));
describe('HTTP/2 requests that are malformed (RFC 9113 §8.1.1)', () => wrongRequests.forEach(check));
describe('HTTP/2 frames that break the connection', () => wrongFrames.forEach(check));

describe('HTTP/2 connections', () => {
  test('other bytes than the preface end it', () => {
    const server = recordServer();
    server.push(Buffer.from('GET / HTTP/1.1\r\n\r\n'));
    assert.deepEqual(server.log, ['error h2_protocol']);
    assert.equal(server.session.isClosed, true);
  });

  test('the first frame must be SETTINGS', () => {
    const server = recordServer();
    server.push(Buffer.concat([PREFACE, headers(1, GET, endStream)]));
    assert.deepEqual(server.log, ['error h2_protocol']);
  });

  test('a frame larger than was announced ends it', () => {
    const server = recordServer();
    server.push(Buffer.concat([HELLO, frame(0, 0, 1, Buffer.alloc(MAX_FRAME_BYTES + 1))]));
    assert.deepEqual(server.log, ['error h2_frame_size']);
  });

  test('nothing is read behind the error that ended it', () => {
    const server = recordServer();
    server.push(Buffer.concat([HELLO, frame(6, 0, 1, Buffer.alloc(8)), headers(1, GET, endStream)]));
    server.push(headers(3, GET, endStream));
    assert.deepEqual(server.log, ['error h2_protocol']);
  });

  test('streams in flight are told of its end', () => {
    const server = recordServer();
    server.push(Buffer.concat([HELLO, headers(1, GET, endStream)]));
    server.session.close();
    assert.deepEqual(server.log.slice(2), [`1 reset ${ERROR.connect} closed`]);
  });

  test('any bytes behind the preface give events or a ProtocolError', () => {
    const random = createSeededRandom(3);
    const below = (count: number) => Math.floor(random() * count);
    const anyBytes = (count: number) => Buffer.from(Array.from({ length: count }, () => below(256)));
    const anyFrame = () => {
      const id = below(3) === 0 ? 0 : below(9);
      switch (below(8)) {
        case 0:
          return headers(id, below(2) === 0 ? GET : POST, below(2));
        case 1:
          return data(id, 'x'.repeat(below(50)), below(2) * endStream);
        case 2:
          return frame(below(11), below(256), id, anyBytes(below(20)));
        case 3:
          return frame(FRAME.windowUpdate, 0, id, uint32(below(100_000)));
        case 4:
          return settings(below(8), below(2 ** 17));
        case 5:
          return frame(FRAME.resetStream, 0, id, uint32(below(14)));
        case 6:
          return headers(id, ['a', 'b'], endStream);
        default:
          return frame(FRAME.continuation, endHeaders, id, block(GET));
      }
    };
    for (let round = 0; round < 4000; round++) {
      const server = recordServer((stream) => {
        const head = {
          status: 200,
          reason: '',
          version: 'HTTP/2',
          headers: [],
          contentLength: -1,
          upgrade: '',
        };
        server.session.sendHead(stream, { ...head, version: 'HTTP/2' }, true);
        server.session.sendData(stream, Buffer.alloc(below(100_000)));
        if (below(2) === 0) server.session.sendEnd(stream, below(2) === 0 ? ['a', 'b'] : null);
      });
      server.push(HELLO);
      for (let count = below(20); count > 0; count--) {
        const bytes = anyFrame();
        if (below(20) === 0) bytes[below(bytes.length)] = below(256);
        const at = below(bytes.length);
        server.push(bytes.subarray(0, at));
        server.push(bytes.subarray(at));
      }
      server.sent();
    }
  });
});
