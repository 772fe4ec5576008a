import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createSeededRandom } from '../../../base/random.ts';
import type { RequestHead } from '../head.ts';
import { data, frame, headers, settings, uint32 } from './frames.fixture.ts';
import { ERROR, FLAG, FRAME, SETTING } from './protocol.ts';
import { type RecordedClient, recordClient, recordServer, StreamRecorder } from './recorder.fixture.ts';

const { endStream } = FLAG;
const GET: RequestHead = {
  ...{ method: 'GET', path: '/ratings/1', authority: 'ratings', version: 'HTTP/1.1', headers: [] },
  ...{ contentLength: -3, upgrade: '', expectContinue: false },
};
const STATUS = (status: number) => [':status', String(status)];
const goAway = (last: number, code: number) => frame(FRAME.goAway, 0, 0, uint32(last, code));

function connected(): RecordedClient {
  const client = recordClient();
  client.push(settings());
  return client;
}

function open(client: RecordedClient, head: RequestHead = GET, hasBody = false) {
  const events = new StreamRecorder(client.log, String(1 + 2 * opened(client)));
  const stream = client.session.open(head, hasBody, events);
  return { stream, events };
}

const opened = (client: RecordedClient) =>
  client.sent().filter((line) => line.startsWith('HEADERS') && !line.includes('CONT')).length;

interface Case {
  readonly title: string;
  readonly method?: string;
  /** Answers to stream 1. */
  readonly bytes: readonly Buffer[];
  readonly log: readonly string[];
  readonly sent?: readonly string[];
}

const RESET = `RST_STREAM 1 code=${ERROR.protocol}`;

const cases: Case[] = [
  {
    title: 'an answer with a length',
    bytes: [headers(1, [...STATUS(200), 'content-length', '5']), data(1, 'hello', endStream)],
    log: ['1 response 200 with body 5', '1 data hello', '1 end'],
  },
  {
    title: 'an answer without a body',
    bytes: [headers(1, STATUS(404), endStream)],
    log: ['1 response 404 -3', '1 end'],
  },
  {
    title: 'a gRPC answer with trailers',
    bytes: [headers(1, STATUS(200)), data(1, 'x'), headers(1, ['grpc-status', '0'], endStream)],
    log: ['1 response 200 with body -1', '1 data x', '1 end grpc-status 0'],
  },
  {
    title: 'interim answers come first',
    bytes: [headers(1, STATUS(100)), headers(1, STATUS(103)), headers(1, STATUS(204), endStream)],
    log: ['1 interim 100', '1 interim 103', '1 response 204 -3', '1 end'],
  },
  {
    title: 'the answer to HEAD has a length and no body',
    method: 'HEAD',
    bytes: [headers(1, [...STATUS(200), 'content-length', '5'], endStream)],
    log: ['1 response 200 5', '1 end'],
  },
  {
    title: '304 has a length and no body',
    bytes: [headers(1, [...STATUS(304), 'content-length', '5'], endStream)],
    log: ['1 response 304 5', '1 end'],
  },
  {
    title: 'the server refuses the stream: the request may be sent again',
    bytes: [frame(FRAME.resetStream, 0, 1, uint32(ERROR.refusedStream))],
    log: ['1 reset 7 peer'],
  },
  {
    title: 'GOAWAY below the stream: the request may be sent again',
    bytes: [goAway(0, ERROR.none)],
    log: ['1 reset 0 unprocessed', 'goaway 0'],
  },
  {
    title: 'GOAWAY above the stream: its answer still comes',
    bytes: [goAway(1, ERROR.none), headers(1, STATUS(200), endStream)],
    log: ['goaway 0', '1 response 200 -3', '1 end'],
  },
  ...[
    ['no status', ['a', 'b']],
    ['a status that is none', [':status', '2000']],
    ['101', STATUS(101)],
    ['a status twice', [...STATUS(200), ...STATUS(200)]],
    ['a path', [...STATUS(200), ':path', '/']],
    ['connection', [...STATUS(200), 'connection', 'close']],
    ['a length and no body', [...STATUS(200), 'content-length', '5']],
    ['an interim answer that ends the stream', STATUS(103)],
  ].map(
    ([what, fields]): Case => ({
      title: `${what}: the stream is reset`,
      bytes: [headers(1, fields as string[], endStream)],
      log: ['1 reset 1 protocol'],
      sent: [RESET],
    }),
  ),
  {
    title: 'DATA before the head: the stream is reset',
    bytes: [data(1, 'x')],
    log: ['1 reset 1 protocol'],
    sent: [RESET],
  },
  {
    title: 'DATA behind an interim answer: the stream is reset',
    bytes: [headers(1, STATUS(100)), data(1, 'x')],
    log: ['1 interim 100', '1 reset 1 protocol'],
    sent: [RESET],
  },
];

describe('HTTP/2 answers out of bytes, however they are cut', () => {
  for (const { title, method, bytes, log, sent } of cases) {
    test(title, () => {
      const all = Buffer.concat(bytes);
      const feed = (pieces: readonly Buffer[]) => {
        const client = connected();
        open(client, { ...GET, method: method ?? 'GET' });
        for (const piece of pieces) client.push(piece);
        return { log: client.log, sent: client.sent().slice(2) };
      };
      const expected = { log: [...log], sent: [...(sent ?? [])] };
      assert.deepEqual(feed([all]), expected);
      assert.deepEqual(feed([...all].map((byte) => Buffer.from([byte]))), expected, 'byte by byte');
      for (let at = 1; at < all.length; at++) {
        assert.deepEqual(feed([all.subarray(0, at), all.subarray(at)]), expected, `cut at ${at}`);
      }
    });
  }
});

describe('HTTP/2 clients', () => {
  test('as many requests as the server takes, and another when one ends', () => {
    const client = connected();
    client.push(settings(SETTING.maxConcurrentStreams, 2));
    open(client);
    assert.equal(client.session.hasRoom, true);
    open(client);
    assert.equal(client.session.hasRoom, false);
    client.push(headers(1, STATUS(200), endStream));
    assert.equal(client.session.hasRoom, true);
  });

  test('no further request after GOAWAY', () => {
    const client = connected();
    open(client);
    client.push(goAway(1, ERROR.none));
    assert.equal(client.session.hasRoom, false);
    assert.equal(client.session.isGoingAway, true);
    assert.equal(client.session.isClosed, false);
  });

  test('a cancelled request is reset, and its late answer is read over', () => {
    const client = connected();
    const { stream } = open(client);
    client.session.reset(stream, ERROR.cancel);
    client.push(Buffer.concat([headers(1, STATUS(200)), data(1, 'late', endStream)]));
    assert.deepEqual(client.log, []);
    assert.deepEqual(client.sent(), ['SETTINGS ack', 'HEADERS 1 end', `RST_STREAM 1 code=${ERROR.cancel}`]);
  });

  test('an answer to a request that was never sent ends the connection', () => {
    const client = connected();
    client.push(headers(1, STATUS(200), endStream));
    assert.deepEqual(client.log, ['error h2_protocol']);
  });

  test('names go out in lower case, the body behind its head, trailers last', () => {
    const client = connected();
    const head = { ...GET, method: 'POST', headers: ['X-Trace', '1'], contentLength: -1 };
    const { stream } = open(client, head, true);
    client.session.sendData(stream, Buffer.from('abc'));
    client.session.sendEnd(stream, ['Checksum', '1']);
    const bytes = client.session.output.bytes.latin1Slice(0, client.session.output.length);
    assert.equal(bytes.includes('x-trace'), true);
    assert.equal(bytes.includes('checksum'), true);
    assert.deepEqual(client.sent().slice(1), ['HEADERS 1', 'DATA 1 3', 'HEADERS 1 end']);
  });

  test('what only HTTP/1 connections understand is left out, and an authority that is not known', () => {
    const client = recordClient();
    const server = recordServer();
    const head = { ...GET, authority: '', headers: ['Connection', 'close', 'a', 'b', 'Upgrade', 'x'] };
    client.session.open(head, false, new StreamRecorder([], ''));
    server.push(client.takeBytes());
    assert.deepEqual(server.log, ['1 request GET  /ratings/1 -3 a b', '1 end']);
  });

  test('any bytes from a server give events or a ProtocolError', () => {
    const random = createSeededRandom(5);
    const below = (count: number) => Math.floor(random() * count);
    const anyFrame = () => {
      const id = below(3) === 0 ? 0 : below(7);
      switch (below(5)) {
        case 0:
          return headers(id, STATUS(100 + below(400)), below(2));
        case 1:
          return data(id, 'x'.repeat(below(50)), below(2));
        case 2:
          return goAway(below(9), below(12));
        case 3:
          return headers(id, ['grpc-status', '0'], endStream);
        default:
          return frame(
            below(11),
            below(256),
            id,
            Buffer.from(Array.from({ length: below(20) }, () => below(256))),
          );
      }
    };
    for (let round = 0; round < 4000; round++) {
      const client = connected();
      for (const hasBody of [true, false, true]) open(client, GET, hasBody);
      for (let count = below(20); count > 0; count--) {
        const bytes = anyFrame();
        if (below(20) === 0) bytes[below(bytes.length)] = below(256);
        client.push(bytes);
      }
      client.sent();
    }
  });
});
