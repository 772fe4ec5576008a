import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createSeededRandom } from '../../../base/random.ts';
import { hashText } from './hash.ts';
import { createMaglevTable } from './maglev.ts';
import { createRing, type HashEntry, type HashLookup } from './ring-hash.ts';

const KINDS: readonly (readonly [
  name: string,
  create: (entries: HashEntry[]) => HashLookup,
  slack: number,
])[] = [
  ['ring hash', (entries) => createRing(entries, 1024), 1.25],
  ['a larger ring', (entries) => createRing(entries, 65_536), 2.1],
  ['Maglev', (entries) => createMaglevTable(entries, 65_537), 1.3],
];
const KEYS = Array.from({ length: 10_000 }, (_, index) => hashText(`user-${index}`));

const entriesOf = (count: number, random: () => number): HashEntry[] =>
  Array.from({ length: count }, () => {
    const part = () => Math.floor(random() * 250) + 1;
    return { key: `10.${part()}.${part()}.${part()}:80`, weight: 1 };
  });

/** Keys that belong to different hosts before and after. */
function moved(kind: (entries: HashEntry[]) => HashLookup, before: HashEntry[], after: HashEntry[]): number {
  const old = kind(before);
  const now = kind(after);
  return KEYS.filter((key) => before[old(key)]?.key !== after[now(key)]?.key).length;
}

for (const [name, create, slack] of KINDS) {
  describe(name, () => {
    test('one host more moves about its own share of the keys, one less about as many', () => {
      const random = createSeededRandom(21);
      for (const count of [2, 3, 5, 10, 20]) {
        const before = entriesOf(count, random);
        const after = [...before, ...entriesOf(1, random)];
        const share = KEYS.length / (count + 1);
        const up = moved(create, before, after);
        const down = moved(create, after, before);
        assert.equal(up, down);
        assert.ok(up > share * 0.6 && up < share * slack, `${count} + 1: ${up} of ${KEYS.length}`);
      }
    });

    test('the order in which hosts became known does not matter', () => {
      const entries = entriesOf(7, createSeededRandom(22));
      assert.equal(moved(create, entries, entries.toReversed()), 0);
    });

    test('keys are spread evenly, and by weight', () => {
      const random = createSeededRandom(23);
      const entries = entriesOf(8, random).map((entry, index) => ({ ...entry, weight: index < 2 ? 4 : 1 }));
      const lookup = create(entries);
      const counts = entries.map(() => 0);
      for (const key of KEYS) counts[lookup(key)] = (counts[lookup(key)] ?? 0) + 1;
      counts.forEach((count, index) => {
        const share = (KEYS.length * (index < 2 ? 4 : 1)) / 14;
        assert.ok(count > share * 0.65 && count < share * 1.35, `host ${index}: ${count}, not ${share}`);
      });
    });
  });
}

test('Maglev fills its table to within one place', () => {
  const size = 251;
  const lookup = createMaglevTable(entriesOf(10, createSeededRandom(24)), size);
  const counts = new Array<number>(10).fill(0);
  for (let place = 0; place < size; place++) counts[lookup(place)] = (counts[lookup(place)] ?? 0) + 1;
  assert.ok(Math.max(...counts) - Math.min(...counts) <= 1);
});
