import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadPriorities } from './priority-load.ts';

const percents = (priorities: [hosts: number, healthy: number][], threshold = 0) =>
  loadPriorities(
    priorities.map(([hosts, healthy]) => ({ hosts, healthy })),
    threshold,
  ).map(({ percent, isPanic }) => (isPanic ? `${percent} panic` : percent));

test('72 healthy hosts of 100 carry everything, 71 do not', () => {
  assert.deepEqual(
    percents([
      [100, 72],
      [100, 100],
    ]),
    [100, 0],
  );
  assert.deepEqual(
    percents([
      [100, 71],
      [100, 100],
    ]),
    [99, 1],
  );
  assert.deepEqual(
    percents([
      [100, 50],
      [100, 100],
    ]),
    [70, 30],
  );
  assert.deepEqual(
    percents([
      [100, 0],
      [100, 25],
      [10, 10],
    ]),
    [0, 35, 65],
  );
});

test('where all together are too weak they carry in proportion', () => {
  assert.deepEqual(
    percents([
      [100, 25],
      [100, 25],
    ]),
    [50, 50],
  );
  assert.deepEqual(
    percents([
      [4, 1],
      [4, 0],
    ]),
    [100, 0],
  );
});

test('without any healthy host nothing is found, unless panic is on', () => {
  assert.deepEqual(percents([[2, 0]]), [100]);
  assert.deepEqual(percents([]), []);
  assert.deepEqual(percents([[2, 0]], 50), ['100 panic']);
  assert.deepEqual(
    percents(
      [
        [3, 0],
        [1, 0],
      ],
      50,
    ),
    ['75 panic', '25 panic'],
  );
});

test('panic needs both: too few here, and too few altogether', () => {
  assert.deepEqual(
    percents(
      [
        [4, 1],
        [4, 4],
      ],
      50,
    ),
    [35, 65],
  );
  assert.deepEqual(
    percents(
      [
        [4, 1],
        [4, 1],
      ],
      50,
    ),
    ['50 panic', '50 panic'],
  );
  assert.deepEqual(percents([[4, 3]], 80), [100]);
});
