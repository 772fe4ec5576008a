import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ResponseReading, readResponse, type Transcript, waysToFeed } from './testing/transcript.ts';

interface Case {
  readonly title: string;
  readonly text: string;
  readonly expected: Transcript;
  readonly reading?: Partial<ResponseReading>;
  /** What comes behind belongs to the answer. */
  readonly isOpenEnded?: boolean;
}

const CASES: Case[] = [
  {
    title: 'a body by length',
    text: 'HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 5\r\n\r\nhello',
    expected: ['HTTP/1.1 200 OK length=5 body reusable', 'X-A: b', 'data hello', 'end'],
  },
  {
    title: 'a length of 0',
    text: 'HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n',
    expected: ['HTTP/1.1 404 Not Found length=0 reusable', 'end'],
  },
  {
    title: 'chunks with extensions and trailers',
    text:
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n' +
      '2;x\r\nab\r\n00f\r\n0123456789abcde\r\n0\r\ngrpc-status: 0\r\n\r\n',
    expected: ['HTTP/1.1 200 OK length=-1 body reusable', 'data ab0123456789abcde', 'end grpc-status: 0'],
  },
  {
    title: 'a reason may be missing, with its blank or without, or strange',
    text: 'HTTP/1.1 299\r\ncontent-length: 0\r\n\r\n',
    expected: ['HTTP/1.1 299  length=0 reusable', 'end'],
  },
  {
    title: 'a reason is kept as it is',
    text: 'HTTP/1.1 999 Go away: \xe9\r\ncontent-length: 0\r\n\r\n',
    expected: ['HTTP/1.1 999 Go away: \xe9 length=0 reusable', 'end'],
  },
  {
    title: 'HEAD has no body, whatever its length says',
    text: 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n',
    expected: ['HTTP/1.1 200 OK length=5 reusable', 'end'],
    reading: { method: 'HEAD' },
  },
  {
    title: 'HEAD of a chunked resource',
    text: 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n',
    expected: ['HTTP/1.1 200 OK length=-1 reusable', 'end'],
    reading: { method: 'HEAD' },
  },
  {
    title: '304 has no body, but may tell a length',
    text: 'HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\netag: "a"\r\n\r\n',
    expected: ['HTTP/1.1 304 Not Modified length=5 reusable', 'etag: "a"', 'end'],
  },
  {
    title: '204 has no body and no length',
    text: 'HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n',
    expected: ['HTTP/1.1 204 No Content length=-3 reusable', 'end'],
  },
  {
    title: 'interim answers come before the answer',
    text:
      'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n' +
      'HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\nx',
    expected: [
      ...['interim 100', 'interim 103 link: </a>'],
      ...['HTTP/1.1 200 OK length=1 body reusable', 'data x', 'end'],
    ],
  },
  {
    title: 'connection: close is the end of the connection',
    text: 'HTTP/1.1 200 OK\r\nconnection: x, Close\r\ncontent-length: 1\r\n\r\nx',
    expected: ['HTTP/1.1 200 OK length=1 body', 'data x', 'end'],
  },
  {
    title: 'HTTP/1.0 ends its connection',
    text: 'HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\nx',
    expected: ['HTTP/1.0 200 OK length=1 body', 'data x', 'end'],
  },
  {
    title: 'HTTP/1.0 with keep-alive does not',
    text: 'HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ncontent-length: 1\r\n\r\nx',
    expected: ['HTTP/1.0 200 OK length=1 body reusable', 'data x', 'end'],
  },
  {
    title: 'chunks in HTTP/1.0 are read, and the connection is not trusted again',
    text: 'HTTP/1.0 200 OK\r\nconnection: keep-alive\r\ntransfer-encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n',
    expected: ['HTTP/1.0 200 OK length=-1 body', 'data x', 'end'],
  },
  {
    title: 'without a length the body ends with the connection',
    text: 'HTTP/1.1 200 OK\r\n\r\nsome\r\n\r\nbytes',
    expected: ['HTTP/1.1 200 OK length=-2 body', 'data some\r\n\r\nbytes', 'end'],
    reading: { isClosed: true },
    isOpenEnded: true,
  },
  {
    title: 'an upgraded connection carries bytes',
    text: 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x00',
    expected: ['HTTP/1.1 101 Switching Protocols length=-3 upgrade=websocket', 'tunnel \x81\x00'],
    reading: { isUpgrade: true },
    isOpenEnded: true,
  },
  {
    title: 'an upgrade that is declined is an ordinary answer',
    text: 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nno',
    expected: ['HTTP/1.1 200 OK length=2 body reusable', 'data no', 'end'],
    reading: { isUpgrade: true },
  },
  {
    title: 'a connected tunnel carries bytes, whatever its length says',
    text: 'HTTP/1.1 200 Connected\r\ncontent-length: 2\r\n\r\nbytes',
    expected: ['HTTP/1.1 200 Connected length=-3', 'tunnel bytes'],
    reading: { method: 'CONNECT' },
    isOpenEnded: true,
  },
  {
    title: 'a refused CONNECT has a body',
    text: 'HTTP/1.1 403 Forbidden\r\ncontent-length: 2\r\n\r\nno',
    expected: ['HTTP/1.1 403 Forbidden length=2 body reusable', 'data no', 'end'],
    reading: { method: 'CONNECT' },
  },
];

describe('a response parser tells the same, however its bytes are cut', () => {
  for (const { title, text, expected, isOpenEnded, reading: given } of CASES) {
    test(title, () => {
      const reading = { method: 'GET', ...given };
      for (const [how, chunks] of waysToFeed(text)) {
        assert.deepEqual(readResponse(chunks, reading), expected, how);
        assert.deepEqual(readResponse(chunks, reading, 'lent'), expected, `lent, ${how}`);
      }
      if (isOpenEnded === true) return;
      // Bytes that come with the end are known before the end is told; later ones are refused when they come.
      const surplus = readResponse([Buffer.from(`${text}HTTP/1.1 200 OK\r\n\r\n`, 'latin1')], reading);
      assert.deepEqual(surplus, [...expected, 'refused 400', 'surplus']);
      const later = [Buffer.from(text, 'latin1'), Buffer.from('x')];
      assert.deepEqual(readResponse(later, reading), [...expected, 'refused 400']);
    });
  }
});

describe('an answer that is refused', () => {
  const REFUSED: readonly (readonly [title: string, text: string, reading?: Partial<ResponseReading>])[] = [
    ['no HTTP at all', 'hello\r\n\r\n'],
    ['another version', 'HTTP/2.0 200 OK\r\n\r\n'],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n'],
    ['a status of 0', 'HTTP/1.1 000 OK\r\n\r\n'],
    ['a tab behind the status', 'HTTP/1.1 200\tOK\r\n\r\n'],
    ['line feeds alone', 'HTTP/1.1 200 OK\ncontent-length: 0\n\n'],
    ['a bare carriage return', 'HTTP/1.1 200 OK\r\nx: a\rb\r\n\r\n'],
    ['a folded header', 'HTTP/1.1 200 OK\r\nx: a\r\n b\r\n\r\n'],
    ['a blank before a colon', 'HTTP/1.1 200 OK\r\ncontent-length : 5\r\n\r\nhello'],
    ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ncontent-length: 5\r\n\r\nhello'],
    [
      'length beside chunks',
      'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['another encoding', 'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
    ['a length of 204', 'HTTP/1.1 204 No Content\r\ncontent-length: 5\r\n\r\nhello'],
    ['chunks of 204', 'HTTP/1.1 204 No Content\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a length of 103', 'HTTP/1.1 103 Early Hints\r\ncontent-length: 5\r\n\r\nhello'],
    [
      '101 that nobody asked for',
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
    ],
    ['a bad chunk size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n'],
    ['cut off in the head', 'HTTP/1.1 200 OK\r\ncontent-', { isClosed: true }],
    ['cut off in the body', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhell', { isClosed: true }],
    [
      'cut off in the chunks',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n1\r\na\r\n',
      { isClosed: true },
    ],
    ['cut off after 100', 'HTTP/1.1 100 Continue\r\n\r\n', { isClosed: true }],
    ['nothing', '', { isClosed: true }],
  ];
  for (const [title, text, given] of REFUSED) {
    test(title, () => {
      const reading = { method: 'GET', ...given };
      for (const [how, chunks] of waysToFeed(text)) {
        assert.match(readResponse(chunks, reading).at(-1) ?? '', /^refused /, how);
      }
    });
  }
});
