import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatTable } from './table.ts';

const ROWS = [
  ['NAME', 'STATE', 'REASON'],
  ['reviews-v1.default', 'SYNCED', 'the quick brown fox jumps over the lazy dog'],
];

test('columns are padded, and whole where there is room', () => {
  assert.equal(
    formatTable(ROWS),
    'NAME                 STATE    REASON\n' +
      'reviews-v1.default   SYNCED   the quick brown fox jumps over the lazy dog',
  );
});

test('a table fits the width of the terminal: the widest cells are cut', () => {
  const lines = formatTable(ROWS, 50).split('\n');
  assert.ok(lines.every((line) => line.length <= 50));
  assert.equal(lines[1], 'reviews-v1.default   SYNCED   the quick brown fox…');
  const narrower = formatTable(ROWS, 40).split('\n');
  assert.ok(narrower.every((line) => line.length <= 40));
  assert.match(narrower[1] ?? '', /^reviews-v1.*… +SYNCED +the quick b…$/);
});

test('below a readable width nothing more is cut', () => {
  assert.equal(formatTable(ROWS, 10).split('\n')[1], 'reviews-v1.…   SYNCED   the quick b…');
});
