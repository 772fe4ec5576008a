import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readErrorLines } from './log-frames.ts';

function frame(stream: number, text: string): Buffer {
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

test('only whole lines of standard error count', () => {
  const log = [frame(2, 'one\n'), frame(1, 'out\n'), frame(2, 'two\nhalf'), frame(2, ' a line\nrest')];
  assert.deepEqual(
    readErrorLines(Buffer.concat([frame(2, 'one\n'), frame(2, 'two\nha'), frame(2, 'lf\nrest')])),
    ['one', 'two', 'half'],
  );
  assert.deepEqual(readErrorLines(Buffer.concat(log)), ['one'], 'another stream was not asked for');
});

test('a log without frames, as that of a terminal, has no lines', () => {
  assert.deepEqual(readErrorLines(Buffer.from('lateen: proof\r\n'.repeat(4))), []);
  assert.deepEqual(readErrorLines(Buffer.alloc(0)), []);
  assert.deepEqual(readErrorLines(frame(2, 'cut\n').subarray(0, 10)), []);
});
