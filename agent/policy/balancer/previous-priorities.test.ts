import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PlacedHost } from './balancer.ts';
import { hostsBeyond } from './previous-priorities.ts';

const host = (key: string, priority: number, isPickable = true): PlacedHost => ({
  ...{ key, priority, isPickable, weight: 1, active: 0, locality: '', isOffered: true },
});

const near = host('near', 0);
const far = host('far', 1);
const farthest = host('farthest', 2);
const keys = (hosts: readonly PlacedHost[] | null) => hosts?.map(({ key }) => key) ?? null;

test('every second failed attempt leaves the priorities tried so far', () => {
  const hosts = [near, far, farthest];
  assert.equal(hostsBeyond(hosts, []), null);
  assert.equal(hostsBeyond(hosts, [near]), null);
  assert.deepEqual(keys(hostsBeyond(hosts, [near, near])), ['far', 'farthest']);
  assert.deepEqual(keys(hostsBeyond(hosts, [near, near, far])), ['far', 'farthest']);
  assert.deepEqual(keys(hostsBeyond(hosts, [near, near, far, far])), ['farthest']);
});

test('where nothing else is left, or nothing healthy, the choice stays as it is', () => {
  assert.equal(hostsBeyond([near], [near, near]), null);
  assert.equal(hostsBeyond([near, host('ill', 1, false)], [near, near]), null);
});
