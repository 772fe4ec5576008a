import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readLogLines } from './log-lines.ts';

function frame(stream: number, text: string): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

test('lines come with their time and stream', () => {
  const log = Buffer.concat([
    frame(1, '2026-01-02T03:04:05.678901234Z hello world\n'),
    frame(2, '2026-01-02T03:04:06Z oh no\r\n'),
  ]);
  assert.deepEqual(readLogLines(log, false), [
    { atMs: Date.UTC(2026, 0, 2, 3, 4, 5, 678), stream: 'stdout', text: 'hello world' },
    { atMs: Date.UTC(2026, 0, 2, 3, 4, 6), stream: 'stderr', text: 'oh no' },
  ]);
});

test('a log that ends in the middle, has no times or comes from a terminal is read as far as it goes', () => {
  assert.deepEqual(readLogLines(frame(1, 'no time\n'), false), [
    { atMs: 0, stream: 'stdout', text: 'no time' },
  ]);
  assert.equal(readLogLines(frame(1, 'whole line\n').subarray(0, 13), false)[0]?.text, 'whole');
  assert.deepEqual(readLogLines(Buffer.alloc(5), false), []);
  const [line] = readLogLines(Buffer.from('2026-01-02T03:04:05Z from a terminal\r\n'), true);
  assert.deepEqual([line?.stream, line?.text], ['stdout', 'from a terminal']);
});

test('a line that never ends is cut', () => {
  const [line] = readLogLines(frame(1, 'x'.repeat(100_000)), false);
  assert.ok((line?.text.length ?? 0) < 4100);
});
