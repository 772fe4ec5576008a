import assert from 'node:assert/strict';
import { it } from 'node:test';
import { compareAge } from './order.ts';
import type { Resource } from './resource.ts';

function resource(name: string, file: string, index: number, creationTimestamp = ''): Resource {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    name,
    namespace: 'default',
    labels: {},
    annotations: {},
    creationTimestamp,
    spec: {},
    position: { file, line: 1, index, lines: {} },
    hash: '',
  };
}

const order = (...resources: Resource[]) => resources.sort(compareAge).map(({ name }) => name);

it('goes by file in byte order, then by place', () => {
  assert.deepEqual(
    order(
      resource('d', 'b.yaml', 0),
      resource('c', 'a/z.yaml', 1),
      resource('b', 'a/z.yaml', 0),
      resource('a', 'Z.yaml', 0),
      resource('e', 'ä.yaml', 0),
    ),
    ['a', 'b', 'c', 'd', 'e'],
  );
});

it('goes by the time of creation where it is given', () => {
  assert.deepEqual(
    order(
      resource('young', 'a.yaml', 0, '2026-01-02T00:00:00.000Z'),
      resource('old', 'b.yaml', 0, '2026-01-01T00:00:00.000Z'),
      resource('undated', 'z.yaml', 0),
    ),
    ['undated', 'old', 'young'],
  );
});

it('does not depend on the order of reading', () => {
  const all = [0, 1, 2, 3].map((index) => resource(`r${index}`, index < 2 ? 'a' : 'b', index % 2));
  const expected = order(...all);
  assert.deepEqual(order(...all.toReversed()), expected);
});
