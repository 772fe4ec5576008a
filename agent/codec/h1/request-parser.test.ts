import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { RequestParser } from './request-parser.ts';
import { readRequests, type Transcript, waysToFeed } from './testing/transcript.ts';

interface Case {
  readonly title: string;
  readonly text: string;
  readonly expected: Transcript;
  /** What the bytes lead to is the tunnel: a request behind them is none. */
  readonly isTunnel?: boolean;
}

const NEXT = 'GET /next HTTP/1.1\r\nhost: n\r\n\r\n';
const NEXT_LINES = ['GET /next @n HTTP/1.1 length=-3', 'end'];

const CASES: Case[] = [
  {
    title: 'the smallest request',
    text: 'GET / HTTP/1.1\r\nhost: a\r\n\r\n',
    expected: ['GET / @a HTTP/1.1 length=-3', 'end'],
  },
  {
    title: 'header names keep their case, values lose only the blanks around them',
    text: 'GET /p?q=1 HTTP/1.1\r\nHost: A:80\r\nX-One: \t a  b \t\r\nx-ONE:c\r\nEmpty:\r\nUtf: \xc3\xa9\r\n\r\n',
    expected: ['GET /p?q=1 @A:80 HTTP/1.1 length=-3', 'X-One: a  b; x-ONE: c; Empty: ; Utf: \xc3\xa9', 'end'],
  },
  {
    title: 'empty lines before a request are skipped',
    text: '\r\n\r\nGET / HTTP/1.1\r\nhost: a\r\n\r\n',
    expected: ['GET / @a HTTP/1.1 length=-3', 'end'],
  },
  {
    title: 'connection: close is the last request of its connection',
    text: 'GET / HTTP/1.1\r\nhost: a\r\nConnection: Close\r\n\r\n',
    expected: ['GET / @a HTTP/1.1 length=-3 last', 'end'],
  },
  {
    title: 'three pipelined requests, the middle one with a body',
    text:
      'GET /1 HTTP/1.1\r\nhost: a\r\n\r\nPOST /2 HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\n\r\nabc' +
      'GET /3 HTTP/1.1\r\nhost: a\r\n\r\n',
    expected: [
      ...['GET /1 @a HTTP/1.1 length=-3', 'end'],
      ...['POST /2 @a HTTP/1.1 length=3 body', 'data abc', 'end'],
      ...['GET /3 @a HTTP/1.1 length=-3', 'end'],
    ],
  },
  {
    title: 'a length of 0 is no body',
    text: 'POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n',
    expected: ['POST / @a HTTP/1.1 length=0', 'end'],
  },
  {
    title: 'a body that looks like a request',
    text: `POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${NEXT.length}\r\n\r\n${NEXT}`,
    expected: [`POST / @a HTTP/1.1 length=${NEXT.length} body`, `data ${NEXT}`, 'end'],
  },
  {
    title: 'chunks',
    text: 'POST / HTTP/1.1\r\nhost: a\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n',
    expected: ['POST / @a HTTP/1.1 length=-1 body', 'data abc0123456789', 'end'],
  },
  {
    title: 'chunk extensions mean nothing, trailers are kept',
    text:
      'POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n' +
      '003;a=b; c="d;e"\r\nabc\r\n0 ;last\r\nX-Sum: 6\r\nx-two: b\r\n\r\n',
    expected: ['POST / @a HTTP/1.1 length=-1 body', 'data abc', 'end X-Sum: 6; x-two: b'],
  },
  {
    title: 'chunk data may be line ends',
    text: 'POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n4\r\n\r\n\r\n\r\n0\r\n\r\n',
    expected: ['POST / @a HTTP/1.1 length=-1 body', 'data \r\n\r\n', 'end'],
  },
  {
    title: 'expect: 100-continue is told, another expectation is passed on',
    text:
      'POST / HTTP/1.1\r\nhost: a\r\nexpect: 100-Continue\r\ncontent-length: 1\r\n\r\nx' +
      'POST / HTTP/1.1\r\nhost: a\r\nexpect: else\r\ncontent-length: 1\r\n\r\nx',
    expected: [
      ...['POST / @a HTTP/1.1 length=1 body continue', 'data x', 'end'],
      ...['POST / @a HTTP/1.1 length=1 body', 'expect: else', 'data x', 'end'],
    ],
  },
  {
    title: 'expect without a body, or in HTTP/1.0, waits for nothing',
    text:
      'GET / HTTP/1.1\r\nhost: a\r\nexpect: 100-continue\r\n\r\n' +
      'POST / HTTP/1.0\r\nconnection: keep-alive\r\nexpect: 100-continue\r\ncontent-length: 1\r\n\r\nx',
    expected: [...['GET / @a HTTP/1.1 length=-3', 'end', 'POST / @ HTTP/1.0 length=1 body', 'data x', 'end']],
  },
  {
    title: 'HTTP/1.0 ends its connection, but for keep-alive; it needs no Host',
    text: 'GET /1 HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\nGET /2 HTTP/1.0\r\nhost: a\r\n\r\n',
    expected: ['GET /1 @ HTTP/1.0 length=-3', 'end', 'GET /2 @a HTTP/1.0 length=-3 last', 'end'],
  },
  {
    title: 'the authority of an absolute form replaces Host',
    text:
      'GET http://b:8080/p?q HTTP/1.1\r\nhost: a\r\n\r\nGET HTTP://b HTTP/1.1\r\nhost: a\r\n\r\n' +
      'GET http://b?q HTTP/1.1\r\nhost: a\r\n\r\n',
    expected: [
      ...['GET /p?q @b:8080 HTTP/1.1 length=-3', 'end', 'GET / @b HTTP/1.1 length=-3', 'end'],
      ...['GET /?q @b HTTP/1.1 length=-3', 'end'],
    ],
  },
  {
    title: 'OPTIONS * is about the server',
    text: 'OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n',
    expected: ['OPTIONS * @a HTTP/1.1 length=-3', 'end'],
  },
  {
    title: 'CONNECT has an authority and no path, then bytes',
    text: 'CONNECT b:443 HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n\x16\x03 GET\r\n\r\n',
    expected: ['CONNECT  @b:443 HTTP/1.1 length=-3', 'end', 'tunnel \x16\x03 GET\r\n\r\n'],
    isTunnel: true,
  },
  {
    title: 'an upgrade is followed by bytes',
    text: 'GET / HTTP/1.1\r\nhost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x05hello',
    expected: ['GET / @a HTTP/1.1 length=-3 upgrade=websocket', 'end', 'tunnel \x81\x05hello'],
    isTunnel: true,
  },
  {
    title: 'an upgrade with a body keeps it apart from the bytes behind it',
    text: 'POST / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: tcp\r\ncontent-length: 2\r\n\r\n{}raw',
    expected: ['POST / @a HTTP/1.1 length=2 body upgrade=tcp', 'data {}', 'end', 'tunnel raw'],
    isTunnel: true,
  },
  {
    title: 'upgrade without its connection option, and h2c, are no upgrades',
    text:
      'GET / HTTP/1.1\r\nhost: a\r\nupgrade: websocket\r\n\r\n' +
      'GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: x\r\n\r\n',
    expected: ['GET / @a HTTP/1.1 length=-3', 'end', 'GET / @a HTTP/1.1 length=-3', 'end'],
  },
  {
    title: 'headers of this hop stay here, those that connection names too; te: trailers goes on',
    text:
      'GET / HTTP/1.1\r\nhost: a\r\nconnection: X-Hop, te\r\nx-hop: 1\r\nkeep-alive: timeout=5\r\n' +
      'proxy-connection: keep-alive\r\nte: trailers\r\nx-kept: 2\r\n\r\n',
    expected: ['GET / @a HTTP/1.1 length=-3', 'te: trailers; x-kept: 2', 'end'],
  },
  {
    title: 'te of anything else is for this hop',
    text: 'GET / HTTP/1.1\r\nhost: a\r\nte: gzip\r\nTE: trailers, gzip\r\n\r\n',
    expected: ['GET / @a HTTP/1.1 length=-3', 'end'],
  },
  {
    title: 'an empty Host is one',
    text: 'GET / HTTP/1.1\r\nhost:\r\n\r\n',
    expected: ['GET / @ HTTP/1.1 length=-3', 'end'],
  },
  {
    title: 'hosts of all kinds',
    text: ['a_b.c-d:80', '[::1]:80', '10.0.0.1', 'x%20y']
      .map((host) => `GET / HTTP/1.1\r\nhost: ${host}\r\n\r\n`)
      .join(''),
    expected: ['a_b.c-d:80', '[::1]:80', '10.0.0.1', 'x%20y'].flatMap((host) => [
      `GET / @${host} HTTP/1.1 length=-3`,
      'end',
    ]),
  },
];

describe('a request parser tells the same, however its bytes are cut', () => {
  for (const { title, text, expected, isTunnel } of CASES) {
    test(title, () => {
      for (const [how, chunks] of waysToFeed(text)) {
        assert.deepEqual(readRequests(chunks), expected, how);
        assert.deepEqual(readRequests(chunks, 'lent'), expected, `lent, ${how}`);
      }
      if (isTunnel) return;
      for (const [how, chunks] of waysToFeed(text + NEXT)) {
        assert.deepEqual(readRequests(chunks), [...expected, ...NEXT_LINES], `another one behind it, ${how}`);
      }
    });
  }
});

describe('limits', () => {
  const MAX_HEAD_BYTES = 60 * 1024;
  const start = 'GET / HTTP/1.1\r\nhost: a\r\nx: ';
  const headOf = (bytes: number) => `${start}${'v'.repeat(bytes - start.length)}\r\n\r\n`;
  const inPieces = (text: string, size: number) => {
    const bytes = Buffer.from(text, 'latin1');
    const count = Math.ceil(bytes.length / size);
    return Array.from({ length: count }, (_, index) => bytes.subarray(index * size, (index + 1) * size));
  };

  test('a head of 60 KiB passes, one byte more gets 431, wherever it is cut', () => {
    for (const size of [1 << 20, 16384, 1000, MAX_HEAD_BYTES + 1, MAX_HEAD_BYTES + 2, MAX_HEAD_BYTES + 3]) {
      assert.equal(readRequests(inPieces(headOf(MAX_HEAD_BYTES), size)).length, 3, `in pieces of ${size}`);
      const tooLarge = readRequests(inPieces(headOf(MAX_HEAD_BYTES + 1), size));
      assert.deepEqual(tooLarge, ['refused 431'], `in pieces of ${size}`);
    }
  });

  test('a head without end is given up at 60 KiB', () => {
    const endless = inPieces(`${start}${'v'.repeat(MAX_HEAD_BYTES + 10)}`, 4096);
    assert.deepEqual(readRequests(endless), ['refused 431']);
  });

  test('a bare line feed is found wherever the head is cut before it', () => {
    const text = `GET / HTTP/1.1\r\nhost: a\nx: y\r\n\r\n`;
    for (let at = 1; at < text.length; at++) {
      const bytes = Buffer.from(text);
      assert.deepEqual(readRequests([bytes.subarray(0, at), bytes.subarray(at)]), ['refused 400'], `${at}`);
    }
  });

  test('100 headers pass, 101 get 431', () => {
    const withHeaders = (count: number) =>
      Buffer.from(`GET / HTTP/1.1\r\nhost: a\r\n${'x: y\r\n'.repeat(count - 1)}\r\n`);
    assert.equal(readRequests([withHeaders(100)]).at(-1), 'end');
    assert.deepEqual(readRequests([withHeaders(101)]), ['refused 431']);
  });

  test('trailers have the limits of headers', () => {
    const withTrailers = (trailers: string) =>
      Buffer.from(`POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n0\r\n${trailers}\r\n`);
    assert.equal(readRequests([withTrailers(`x: ${'v'.repeat(60_000)}\r\n`)]).length, 2);
    assert.equal(readRequests([withTrailers(`x: ${'v'.repeat(62_000)}\r\n`)]).at(-1), 'refused 431');
    assert.equal(readRequests([withTrailers('x: y\r\n'.repeat(101))]).at(-1), 'refused 431');
  });

  test('a chunk extension ends somewhere', () => {
    const withExtension = (bytes: number) =>
      `POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n1;${'e'.repeat(bytes)}\r\nx\r\n0\r\n\r\n`;
    assert.equal(readRequests(inPieces(withExtension(4000), 100)).at(-1), 'end');
    assert.equal(readRequests(inPieces(withExtension(5000), 100)).at(-1), 'refused 400');
  });

  test('a body is passed on by reference', () => {
    const chunk = Buffer.alloc(100_000, 'x');
    const seen: Buffer[] = [];
    const parser = new RequestParser({
      onRequest: () => {},
      onData: (data) => seen.push(data),
      onEnd: () => {},
      onTunnel: () => {},
    });
    parser.push(Buffer.from(`POST / HTTP/1.1\r\nhost: a\r\ncontent-length: ${chunk.length}\r\n\r\n`));
    parser.push(chunk);
    assert.equal(seen[0], chunk);
  });

  test('a request that waits for its turn keeps what comes behind it', () => {
    const many = Array.from({ length: 1000 }, (_, n) => `GET /${n} HTTP/1.1\r\nhost: a\r\n\r\n`).join('');
    assert.equal(readRequests([Buffer.from(many)]).length, 2000);
  });
});
