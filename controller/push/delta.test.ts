import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { NameEntrySpec } from '../../model/name-entry.ts';
import { emptyResources, type Resources } from '../../model/snapshot.ts';
import { OverlaidMap } from '../compile/overlaid-map.ts';
import { Differ, greetingOf, type HeldResources, heldFrom, nothingHeld } from './delta.ts';
import { Serialiser } from './serialised.ts';

const serialiser = new Serialiser();
const differ = new Differ(serialiser);

/** What a proxy that holds something must be sent, by one that knows nothing of it yet. */
const compare = (held: HeldResources, wanted: Resources) =>
  new Differ(new Serialiser()).compare(held, wanted);

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
  const { upsert, remove } = compare(nothingHeld(), names({ a: ['1.1.1.1'], b: [] }));
  assert.deepEqual(keysOf(upsert), ['name/a', 'name/b']);
  assert.deepEqual(remove, []);
});

test('only what is new, changed or gone is sent', () => {
  const { after } = compare(nothingHeld(), names({ a: ['1.1.1.1'], b: [], c: [] }));
  const { upsert, remove } = compare(after, names({ a: ['2.2.2.2'], b: [], d: [] }));
  assert.deepEqual(keysOf(upsert), ['name/a', 'name/d']);
  assert.deepEqual(keysOf(remove), ['name/c']);
});

test('equal content in other objects is no change', () => {
  const { after } = compare(nothingHeld(), names({ a: ['1.1.1.1'] }));
  const { upsert, remove } = compare(after, names({ a: ['1.1.1.1'] }));
  assert.deepEqual([upsert, remove], [[], []]);
});

test('an agent that greets with what it holds is compared by that', () => {
  const { after } = compare(nothingHeld(), names({ 'a/with/slashes': [], b: [] }));
  const held = heldFrom(greetingOf(after, serialiser));
  const { upsert, remove } = compare(held, names({ 'a/with/slashes': [], c: [] }));
  assert.deepEqual(keysOf(upsert), ['name/c']);
  assert.deepEqual(keysOf(remove), ['name/b']);
});

test('a kind that this controller does not know is no harm in a greeting', () => {
  assert.deepEqual(greetingOf(heldFrom({ 'novelty/x': 'hash', 'name/a': 'h' }), serialiser), {
    'name/a': 'h',
  });
});

/** Names with addresses, as they may follow one another; a few of all that there are, so that they meet. */
const entries = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd'), fc.constantFrom('1.1.1.1', '2.2.2.2'));
const parts = fc.record({ shared: entries, own: entries, isOverlaid: fc.boolean() });
type Parts = { shared: Record<string, string>; own: Record<string, string>; isOverlaid: boolean };

/** One object for each content, as the compiler keeps what did not change. */
const specs = new Map<string, NameEntrySpec>();

function resourcesOf({ shared, own, isOverlaid }: Parts): Resources {
  const mapOf = (some: Readonly<Record<string, string>>) =>
    new Map(
      Object.entries(some).map(([name, address]) => {
        const spec = { name, addresses: [address], mode: 'answer' as const };
        const kept = specs.get(`${name} ${address}`) ?? spec;
        specs.set(`${name} ${address}`, kept);
        return [name, kept];
      }),
    );
  const others = Object.fromEntries(Object.entries(shared).filter(([name]) => !(name in own)));
  const map = isOverlaid ? new OverlaidMap(mapOf(others), mapOf(own)) : mapOf({ ...others, ...own });
  return { ...emptyResources(), name: map };
}

test('whatever follows on whatever: a proxy that applies what it is sent holds what it should, and no name is sent twice', () => {
  fc.assert(
    fc.property(fc.array(parts, { minLength: 1, maxLength: 6 }), fc.boolean(), (worlds, hasGreeted) => {
      const holds = new Map<string, string>();
      let held = nothingHeld();
      for (const wanted of worlds.map(resourcesOf)) {
        const { upsert, remove, after } = differ.compare(held, wanted);
        const sent = [...keysOf(upsert), ...keysOf(remove)];
        assert.equal(new Set(sent).size, sent.length);
        for (const text of upsert) {
          const { name, spec } = JSON.parse(text) as { name: string; spec: NameEntrySpec };
          assert.notEqual(holds.get(name), spec.addresses.join(), 'it had that already');
          holds.set(name, spec.addresses.join());
        }
        for (const text of remove) holds.delete((JSON.parse(text) as { name: string }).name);
        const should = [...wanted.name].map(([name, { addresses }]) => [name, addresses.join()]);
        assert.deepEqual(Object.fromEntries(holds), Object.fromEntries(should));
        held = hasGreeted ? heldFrom(greetingOf(after, serialiser)) : after;
      }
    }),
    { numRuns: 500 },
  );
});
