import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ViolationView } from '../../model/console.ts';
import { groupProxies, newElsewhere } from './preview-groups.ts';

const change = (name: string) =>
  ({ change: 'changed', kind: 'route', name, before: 'a', after: 'b' }) as const;

test('proxies that change alike stand together, and those that do not change are left out', () => {
  const groups = groupProxies([
    { proxy: 'a', changes: [change('x')] },
    { proxy: 'b', changes: [change('y')] },
    { proxy: 'c', changes: [] },
    { proxy: 'd', changes: [change('y')] },
  ]);
  assert.deepEqual(
    groups.map(({ proxies }) => proxies),
    [['b', 'd'], ['a']],
  );
});

test('of other files only what a change brings about is shown', () => {
  const violation = (file: string, line: number, message: string): ViolationView => ({
    ...{ code: 'IST0101', severity: 'Error', message, remedy: '', resource: 'r', column: 1, path: 'p' },
    ...{ file, line },
  });
  const known = [violation('b.yaml', 3, 'old')];
  const violations = [
    violation('a.yaml', 1, 'own'),
    violation('b.yaml', 5, 'old'),
    violation('b.yaml', 7, 'new'),
  ];
  assert.deepEqual(
    newElsewhere({ violations, proxies: [] }, 'a.yaml', known).map(({ message }) => message),
    ['new'],
  );
});
