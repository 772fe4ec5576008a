import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ResponseHead } from '../head.ts';
import { block, data, frame, GET, HELLO, headers, POST, settings, uint32 } from './frames.fixture.ts';
import { ERROR, FLAG, FRAME, MAX_CONCURRENT_STREAMS } from './protocol.ts';
import { type RecordedServer, recordServer } from './recorder.fixture.ts';
import type { H2Stream } from './stream.ts';

const OK: ResponseHead = {
  ...{ status: 200, reason: '', version: 'HTTP/2', headers: [], contentLength: -1, upgrade: '' },
};

function newServer(): RecordedServer {
  const server = recordServer();
  server.push(HELLO);
  return server;
}

/** Pushes until the connection ends; gives how often that took, at most 20,000 times. */
function endure(
  server: RecordedServer,
  bytes: (round: number) => Buffer,
  nowMs = (_round: number) => 0,
): number {
  for (let round = 1; round <= 20_000; round++) {
    server.push(bytes(round), nowMs(round));
    if (server.session.isClosed) return round;
  }
  return Number.POSITIVE_INFINITY;
}

const ping = frame(FRAME.ping, 0, 0, Buffer.alloc(8));
const cancel = (id: number) => frame(FRAME.resetStream, 0, id, uint32(ERROR.cancel));

describe('HTTP/2 floods end the connection with ENHANCE_YOUR_CALM', () => {
  const idle: [string, Buffer][] = [
    ['pings', ping],
    ['settings', settings(4, 65_535)],
    ['priorities', frame(FRAME.priority, 0, 1, Buffer.alloc(5))],
    ['unknown frames', frame(99, 0, 0)],
    ['window updates', frame(FRAME.windowUpdate, 0, 0, uint32(1))],
  ];
  for (const [title, bytes] of idle) {
    test(title, () => {
      const server = newServer();
      const rounds = endure(server, () => bytes);
      assert.ok(rounds > 900 && rounds <= 1001, String(rounds));
      assert.equal(server.log.at(-1), 'error h2_flood');
      assert.equal(server.sent().at(-1), `GOAWAY last=0 code=${ERROR.enhanceYourCalm}`);
    });
  }

  test('empty DATA frames', () => {
    const server = newServer();
    server.push(headers(1, POST));
    assert.ok(endure(server, () => data(1, '')) <= 1011);
    assert.equal(server.log.includes('error h2_flood'), true);
  });

  test('requests that are cancelled at once (rapid reset)', () => {
    const server = newServer();
    const rounds = endure(server, (i) => Buffer.concat([headers(2 * i - 1, GET, 1), cancel(2 * i - 1)]));
    assert.ok(rounds <= 501, String(rounds));
    assert.equal(server.log.at(-1), `${2 * rounds - 1} reset ${ERROR.enhanceYourCalm} protocol`);
  });

  test('requests that make us reset them', () => {
    const server = newServer();
    const rounds = endure(server, (i) =>
      Buffer.concat([headers(2 * i - 1, POST), frame(FRAME.windowUpdate, 0, 2 * i - 1, uint32(0))]),
    );
    assert.ok(rounds <= 501, String(rounds));
  });

  test('malformed requests', () => {
    const server = newServer();
    assert.ok(endure(server, (i) => headers(2 * i - 1, ['a', 'b'], 1)) <= 501);
  });

  test('CONTINUATION frames without end', () => {
    const server = newServer();
    server.push(frame(FRAME.headers, 0, 1, block(GET)));
    assert.ok(endure(server, () => frame(FRAME.continuation, 0, 1)) <= 9);
    assert.equal(server.log.at(-1), 'error h2_flood');
  });

  test('a header block that outgrows 144 KiB', () => {
    const server = newServer();
    server.push(frame(FRAME.headers, 0, 1, block(GET)));
    assert.ok(endure(server, () => frame(FRAME.continuation, 0, 1, Buffer.alloc(16_000))) <= 9);
  });

  test('heads that unfold to more than 60 KiB, answered with 431 or not', () => {
    const server = newServer();
    const entry = Buffer.concat([Buffer.from('4001617fa11e', 'hex'), Buffer.alloc(4000, 'x')]);
    server.push(headers(1, GET, FLAG.endStream));
    server.push(
      frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, 3, Buffer.concat([block(GET), entry])),
    );
    const bomb = Buffer.concat([block(GET), Buffer.alloc(100, 0xbe)]);
    const flags = FLAG.endHeaders | FLAG.endStream;
    assert.ok(endure(server, (round) => frame(FRAME.headers, flags, 2 * round + 5, bomb)) <= 501);
  });
});

describe('HTTP/2 limits that end no connection', () => {
  test('a quiet connection may ping for years', () => {
    const server = newServer();
    assert.equal(
      endure(
        server,
        () => ping,
        (round) => round * 10,
      ),
      Number.POSITIVE_INFINITY,
    );
  });

  test('a few pings and window updates beside each frame of use are fine', () => {
    const server = newServer();
    const beside = Buffer.concat([data(1, 'x'), ping, ping, frame(FRAME.windowUpdate, 0, 1, uint32(1))]);
    server.push(headers(1, POST));
    assert.equal(
      endure(server, () => beside),
      Number.POSITIVE_INFINITY,
    );
  });

  test('a window update for each frame of a long download is fine', () => {
    const server = newServer();
    server.push(headers(1, GET, FLAG.endStream));
    const stream = server.streams.get(1)?.stream as H2Stream;
    server.session.sendHead(stream, OK, true);
    const updates = Buffer.concat([0, 1].map((id) => frame(FRAME.windowUpdate, 0, id, uint32(100))));
    const rounds = endure(server, () => {
      server.session.sendData(stream, Buffer.alloc(100));
      server.takeBytes();
      return updates;
    });
    assert.equal(rounds, Number.POSITIVE_INFINITY);
  });

  test('callers that cancel one request out of three are fine', () => {
    const server = recordServer((stream) => {
      if (stream.id % 6 === 1) return;
      server.session.sendHead(stream, OK, false);
    });
    server.push(HELLO);
    const rounds = endure(server, (i) => {
      const id = 2 * i - 1;
      return id % 6 === 1 ? Buffer.concat([headers(id, GET, 1), cancel(id)]) : headers(id, GET, 1);
    });
    assert.equal(rounds, Number.POSITIVE_INFINITY);
  });

  test('callers whose requests hang, and who give them up after a second, are fine', () => {
    const server = newServer();
    const hung = 100;
    const rounds = endure(
      server,
      (i) => Buffer.concat([headers(2 * i - 1, GET, 1), i > hung ? cancel(2 * (i - hung) - 1) : ping]),
      (round) => round * 10,
    );
    assert.equal(rounds, Number.POSITIVE_INFINITY);
  });

  test('one stream more than was allowed is refused, and may be sent again', () => {
    const server = newServer();
    for (let i = 0; i <= MAX_CONCURRENT_STREAMS; i++) server.push(headers(2 * i + 1, GET, FLAG.endStream));
    assert.equal(server.streams.size, MAX_CONCURRENT_STREAMS);
    const refused = 2 * MAX_CONCURRENT_STREAMS + 1;
    assert.equal(server.sent().at(-1), `RST_STREAM ${refused} code=${ERROR.refusedStream}`);
  });

  test('a head that unfolds to more than 60 KiB is refused, whole or cut', () => {
    const server = newServer();
    const entry = Buffer.concat([Buffer.from('4001617fa11e', 'hex'), Buffer.alloc(4000, 'x')]);
    const bomb = Buffer.concat([block(GET), entry, Buffer.alloc(100, 0xbe)]);
    server.push(frame(FRAME.headers, FLAG.endHeaders | FLAG.endStream, 1, bomb));
    server.push(headers(3, GET, FLAG.endStream));
    assert.deepEqual([...server.streams.keys()], [3]);
    const large = Buffer.alloc(100_000, 'y');
    const field = Buffer.concat([Buffer.from('0001627fa18c06', 'hex'), large]);
    const all = Buffer.concat([block(GET), field]);
    for (let at = 0; at < all.length; at += 16_000) {
      const type = at === 0 ? FRAME.headers : FRAME.continuation;
      const flags = (at === 0 ? FLAG.endStream : 0) | (at + 16_000 >= all.length ? FLAG.endHeaders : 0);
      server.push(frame(type, flags, 5, all.subarray(at, at + 16_000)));
    }
    server.push(headers(7, GET, FLAG.endStream));
    assert.deepEqual([...server.streams.keys()], [3, 7]);
    assert.deepEqual(server.sent(), ['SETTINGS ack', 'HEADERS 1 end', 'HEADERS 5 end']);
  });
});

describe('HTTP/2 graceful end of a server', () => {
  test('says that it will end, takes what is still under way, then says which was the last', () => {
    const server = newServer();
    server.push(headers(1, GET, FLAG.endStream));
    server.session.drain();
    server.push(headers(3, GET, FLAG.endStream));
    server.push(frame(FRAME.ping, FLAG.ack, 0, Buffer.alloc(8)));
    server.push(headers(5, GET, FLAG.endStream));
    assert.deepEqual([...server.streams.keys()], [1, 3]);
    assert.deepEqual(server.sent(), [
      ...['SETTINGS ack', `GOAWAY last=${2 ** 31 - 1} code=0`, 'PING', 'GOAWAY last=3 code=0'],
      `RST_STREAM 5 code=${ERROR.refusedStream}`,
    ]);
    for (const { stream } of server.streams.values()) {
      assert.equal(server.log.includes('drained'), false);
      server.session.sendHead(stream, OK, false);
    }
    assert.equal(server.log.at(-1), 'drained');
  });

  test('an idle connection ends after one round trip', () => {
    const server = newServer();
    server.session.drain();
    server.push(frame(FRAME.ping, FLAG.ack, 0, Buffer.alloc(8)));
    assert.deepEqual(server.log, ['drained']);
  });

  test('an answer before the end of its request resets the rest without an error', () => {
    const server = newServer();
    server.push(headers(1, POST));
    server.session.sendHead(server.streams.get(1)?.stream as never, { ...OK, status: 413 }, false);
    server.push(Buffer.concat([data(1, 'late'), headers(1, ['late', 'trailers'], FLAG.endStream)]));
    assert.deepEqual(server.sent(), ['SETTINGS ack', 'HEADERS 1 end', `RST_STREAM 1 code=${ERROR.none}`]);
    assert.equal(server.session.isClosed, false);
  });
});
