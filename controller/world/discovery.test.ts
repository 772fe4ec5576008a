import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NamespaceSelector } from '../../istio/schema/mesh-config.ts';
import { isDiscovered } from './discovery.ts';

const NAME = 'kubernetes.io/metadata.name';
const found = (...selectors: NamespaceSelector[]) =>
  ['default', 'sea', 'land'].filter((namespace) => isDiscovered(selectors, namespace));

test('without selectors every namespace is looked at', () => {
  assert.deepEqual(found(), ['default', 'sea', 'land']);
});

test('one of several selectors is enough', () => {
  const named = (name: string) => ({ matchLabels: { [NAME]: name } });
  assert.deepEqual(found(named('sea'), named('land')), ['sea', 'land']);
});

test('all conditions of a selector hold together', () => {
  const matchExpressions = [
    { key: NAME, operator: 'In', values: ['sea', 'land'] },
    { key: NAME, operator: 'NotIn', values: ['land'] },
    { key: NAME, operator: 'Exists' },
    { key: 'team', operator: 'DoesNotExist' },
  ];
  assert.deepEqual(found({ matchExpressions }), ['sea']);
});

test('labels that no namespace has select none', () => {
  assert.deepEqual(found({ matchLabels: { team: 'a' } }), []);
  assert.deepEqual(found({ matchExpressions: [{ key: 'team', operator: 'In', values: ['a'] }] }), []);
});
