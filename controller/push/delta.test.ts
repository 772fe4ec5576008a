import assert from 'node:assert/strict';
import { test } from 'node:test';
import { emptyResources, type Resources } from '../../model/snapshot.ts';
import { computeDelta, greetingOf, heldFrom, nothingHeld } from './delta.ts';
import { Serialiser } from './serialised.ts';

const serialiser = new Serialiser();

function names(entries: Readonly<Record<string, readonly string[]>>): Resources {
  const resources = emptyResources();
  for (const [name, addresses] of Object.entries(entries))
    resources.name.set(name, { name, addresses, mode: 'answer' });
  return resources;
}

const keysOf = (texts: readonly string[]) =>
  texts.map((text) => {
    const { kind, name } = JSON.parse(text) as { kind: string; name: string };
    return `${kind}/${name}`;
  });

test('who holds nothing is sent everything', () => {
  const { upsert, remove } = computeDelta(nothingHeld(), names({ a: ['1.1.1.1'], b: [] }), serialiser);
  assert.deepEqual(keysOf(upsert), ['name/a', 'name/b']);
  assert.deepEqual(remove, []);
});

test('only what is new, changed or gone is sent', () => {
  const { after } = computeDelta(nothingHeld(), names({ a: ['1.1.1.1'], b: [], c: [] }), serialiser);
  const { upsert, remove } = computeDelta(after, names({ a: ['2.2.2.2'], b: [], d: [] }), serialiser);
  assert.deepEqual(keysOf(upsert), ['name/a', 'name/d']);
  assert.deepEqual(keysOf(remove), ['name/c']);
});

test('equal content in other objects is no change', () => {
  const { after } = computeDelta(nothingHeld(), names({ a: ['1.1.1.1'] }), serialiser);
  const { upsert, remove } = computeDelta(after, names({ a: ['1.1.1.1'] }), new Serialiser());
  assert.deepEqual([upsert, remove], [[], []]);
});

test('an agent that greets with what it holds is compared by that', () => {
  const { after } = computeDelta(nothingHeld(), names({ 'a/with/slashes': [], b: [] }), serialiser);
  const held = heldFrom(greetingOf(after));
  const { upsert, remove } = computeDelta(held, names({ 'a/with/slashes': [], c: [] }), serialiser);
  assert.deepEqual(keysOf(upsert), ['name/c']);
  assert.deepEqual(keysOf(remove), ['name/b']);
});

test('a kind that this controller does not know is no harm in a greeting', () => {
  assert.deepEqual(greetingOf(heldFrom({ 'novelty/x': 'hash', 'name/a': 'h' })), { 'name/a': 'h' });
});
