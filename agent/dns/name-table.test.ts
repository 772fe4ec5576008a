import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { NameEntrySpec } from '../../model/name-entry.ts';
import { createNameTable, findName } from './name-table.ts';

const entries = (list: readonly NameEntrySpec[]) => new Map(list.map((entry) => [entry.name, entry]));
const answer = (name: string): NameEntrySpec => ({ name, addresses: ['240.240.0.1'], mode: 'answer' });

test('an exact name beats wildcards, and of these the longest', () => {
  const table = createNameTable(
    entries([answer('*.example'), answer('*.wild.example'), answer('a.wild.example')]),
  );
  assert.equal(findName(table, 'a.wild.example')?.name, 'a.wild.example');
  assert.equal(findName(table, 'b.wild.example')?.name, '*.wild.example');
  assert.equal(findName(table, 'wild.example')?.name, '*.example');
  assert.equal(findName(table, 'example'), null);
});

test('a name with a search domain behind it is known too, before any wildcard, but not one of Docker’s own', () => {
  const table = createNameTable(
    entries([answer('api.outside.example'), answer('*.corp.example'), { ...answer('db'), mode: 'pass' }]),
    ['corp.example'],
  );
  assert.equal(findName(table, 'api.outside.example.corp.example')?.name, 'api.outside.example');
  assert.equal(findName(table, 'db.corp.example')?.name, '*.corp.example');
  assert.equal(findName(table, 'api.outside.example.lab.example'), null);
});
