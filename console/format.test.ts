import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAgo, formatBytes, formatMs, formatRate, formatShare } from './format.ts';

test('figures are short and have a unit', () => {
  assert.deepEqual([0, 0.004, 0.5, 3.04, 12.3, 1240].map(formatRate), [
    '0/s',
    '<0.01/s',
    '0.5/s',
    '3/s',
    '12/s',
    '1,240/s',
  ]);
  assert.deepEqual([null, 0.02, 0.44, 12.3, 1234, 12_345, 125_000].map(formatMs), [
    '–',
    '<0.1 ms',
    '0.4 ms',
    '12 ms',
    '1.23 s',
    '12.3 s',
    '2 min',
  ]);
  assert.deepEqual([12, 1536, 5_000_000].map(formatBytes), ['12 B', '1.5 KiB', '4.8 MiB']);
});

test('a share that is only near nothing or all is not shown as nothing or all', () => {
  assert.deepEqual([0, 0.0002, 0.004, 0.12, 0.995, 0.9999, 1].map(formatShare), [
    '0 %',
    '<0.1 %',
    '0.4 %',
    '12 %',
    '99.5 %',
    '>99.9 %',
    '100 %',
  ]);
});

test('times are told from now', () => {
  assert.deepEqual(
    [1000, 0, -45_000, -3_600_000, 7_200_000].map((distance) => formatAgo(100 + distance, 100)),
    ['now', 'now', '45 s ago', '1 h ago', 'in 2 h'],
  );
});
