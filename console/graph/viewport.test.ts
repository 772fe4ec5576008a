import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fit, neighbour, reveal, zoom } from './viewport.ts';

test('all of a drawing fits into its window, in the middle', () => {
  const { x, y, scale } = fit({ width: 2000, height: 500 }, { width: 1024, height: 800 });
  assert.equal(scale, 0.5);
  assert.deepEqual([x, y], [12, 275]);
});

test('what is below the pointer stays there when zoomed', () => {
  const before = { x: 30, y: -20, scale: 0.8 };
  const at = { x: 400, y: 300 };
  const after = zoom(before, 1.5, at);
  assert.equal((at.x - before.x) / before.scale, (at.x - after.x) / after.scale);
  assert.equal(zoom(before, 1000, at).scale, 2.5);
});

test('a part that is chosen comes into sight, and nothing moves for one that is', () => {
  const window = { width: 500, height: 500 };
  const still = { x: 0, y: 0, scale: 1 };
  assert.deepEqual(reveal(still, { x: 100, y: 100, width: 50, height: 20 }, window), still);
  assert.deepEqual(reveal(still, { x: 600, y: 100, width: 50, height: 20 }, window), {
    x: -162,
    y: 0,
    scale: 1,
  });
});

test('an arrow key goes to what is near in its direction', () => {
  const box = (x: number, y: number) => ({ x, y, width: 10, height: 10 });
  const boxes = new Map([
    ['a', box(0, 0)],
    ['b', box(100, 5)],
    ['c', box(60, 200)],
    ['d', box(0, 100)],
  ]);
  assert.equal(neighbour('a', boxes, 'ArrowRight'), 'b');
  assert.equal(neighbour('a', boxes, 'ArrowDown'), 'd');
  assert.equal(neighbour('d', boxes, 'ArrowUp'), 'a');
  assert.equal(neighbour('a', boxes, 'ArrowLeft'), undefined);
});
