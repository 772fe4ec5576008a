import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readRequests, readResponse } from './testing/transcript.ts';

/** Pieces of which messages are made, whole and broken ones. */
const PIECES = [
  ...[
    'GET / HTTP/1.1\r\n',
    'POST /a?b HTTP/1.1\r\n',
    'CONNECT b:1 HTTP/1.1\r\n',
    'HEAD http://b/c HTTP/1.0\r\n',
  ],
  ...['HTTP/1.1 200 OK\r\n', 'HTTP/1.0 204 x\r\n', 'HTTP/1.1 101 Up\r\n', 'HTTP/1.1 100 Continue\r\n\r\n'],
  ...['host: a\r\n', 'content-length: 3\r\n', 'content-length: 0\r\n', 'transfer-encoding: chunked\r\n'],
  ...[
    'connection: close\r\n',
    'connection: upgrade\r\n',
    'upgrade: websocket\r\n',
    'x: y\r\n',
    'expect: 100-continue\r\n',
  ],
  ...[
    '\r\n',
    '\r',
    '\n',
    ' ',
    ':',
    '\0',
    'abc',
    '3\r\nabc\r\n',
    '0\r\n',
    '0\r\n\r\n',
    '5;a=b\r\n',
    'ffffffffffffff\r\n',
  ],
];

const bytes = fc.oneof(
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array)) },
  {
    weight: 4,
    arbitrary: fc
      .array(fc.constantFrom(...PIECES), { maxLength: 12 })
      .map((pieces) => Buffer.from(pieces.join(''), 'latin1')),
  },
);
const cuts = fc.array(fc.nat(200), { maxLength: 4 });
const RUNS = { seed: 20_260_101, numRuns: 4000 };

function cutAt(whole: Buffer, at: readonly number[]): Buffer[] {
  const places = [0, ...at.map((place) => Math.min(place, whole.length)).sort((a, b) => a - b), whole.length];
  return places.slice(1).map((place, index) => whole.subarray(places[index], place));
}

// The transcripts throw on anything that is no ProtocolError, and never end on a parser that does not.

test('any bytes are requests or refused, and the same however they are cut', () => {
  fc.assert(
    fc.property(bytes, cuts, (whole, at) => {
      const told = readRequests([whole]);
      assert.deepEqual(readRequests(cutAt(whole, at)), told);
      assert.deepEqual(readRequests(cutAt(whole, at), 'lent'), told, 'out of a buffer that is used again');
    }),
    RUNS,
  );
});

test('any bytes are an answer or refused, and the same however they are cut', () => {
  const reading = fc.record({
    method: fc.constantFrom('GET', 'HEAD', 'CONNECT'),
    isUpgrade: fc.boolean(),
    isClosed: fc.boolean(),
  });
  const withoutSurplus = (lines: string[]) => lines.filter((line) => line !== 'surplus');
  fc.assert(
    fc.property(bytes, cuts, reading, (whole, at, how) => {
      const told = withoutSurplus(readResponse([whole], how));
      assert.deepEqual(withoutSurplus(readResponse(cutAt(whole, at), how)), told);
      const lent = readResponse(cutAt(whole, at), how, 'lent');
      assert.deepEqual(withoutSurplus(lent), told, 'out of a buffer that is used again');
    }),
    RUNS,
  );
});
