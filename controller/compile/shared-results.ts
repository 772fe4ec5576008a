/** Results that nobody asked for in so many Worlds are forgotten. */
const KEPT_FOR_WORLDS = 256;

/** What Worlds that follow one another have in common. */
class Store {
  readonly kept = new Map<string, Kept>();
  readonly lists = new Map<string, KeptList>();
  readonly byObject = new WeakMap<object, unknown>();
  world = 0;

  beginWorld(): void {
    this.world += 1;
    if (this.world % KEPT_FOR_WORLDS !== 0) return;
    for (const map of [this.kept, this.lists])
      for (const [key, { usedIn }] of map) if (usedIn <= this.world - KEPT_FOR_WORLDS) map.delete(key);
  }
}

/**
 * Results of one World's compilation, each computed on first use, so that equal resources of several proxies are one
 * object and are serialised once. Some are kept over Worlds: an edit then costs what it changes.
 */
export class SharedResults {
  readonly #values = new Map<string, unknown>();
  readonly #store: Store;

  /** @param before those of the World before this one */
  constructor(before: SharedResults | null = null) {
    this.#store = before === null ? new Store() : before.#store;
    this.#store.beginWorld();
  }

  /** Whatever follows from this World and the key. */
  get<T>(key: string, compute: () => T): T {
    const known = this.#values.get(key);
    if (known !== undefined) return known as T;
    const value = compute();
    this.#values.set(key, value);
    return value;
  }

  /**
   * Plain data (or a Map or array of it) that follows from the key and `inputs` alone. It stays the same object for as
   * long as the inputs are the same objects; and if others give an equal result.
   */
  keep<T>(key: string, inputs: readonly unknown[], compute: () => T): T {
    const { kept, world } = this.#store;
    const before = kept.get(key);
    if (before !== undefined && isSame(before.inputs, inputs)) {
      before.usedIn = world;
      return before.value as T;
    }
    const computed = compute();
    const value = before !== undefined && isEqual(before.value, computed) ? before.value : computed;
    kept.set(key, { inputs, value, usedIn: world });
    return value as T;
  }

  /**
   * A result for each item, in their order, that follows from the item, the key and `inputs` alone: only items that are
   * other objects than before are looked at. The list is the same object if all items are.
   */
  keepEach<Item extends object, T>(
    key: string,
    inputs: readonly unknown[],
    items: readonly Item[],
    compute: (item: Item) => T,
  ): readonly T[] {
    const { lists, world } = this.#store;
    const before = lists.get(key);
    const isKept = before !== undefined && isSame(before.inputs, inputs);
    const results = isKept ? renewList(before, items, compute) : items.map(compute);
    lists.set(key, { inputs, items, results, usedIn: world });
    return results as readonly T[];
  }

  /** What follows from one object alone, and is asked of it in one way: kept with the object. */
  keepWith<T>(object: object, compute: () => T): T {
    const { byObject } = this.#store;
    const known = byObject.get(object);
    if (known !== undefined) return known as T;
    const value = compute();
    byObject.set(object, value);
    return value;
  }
}

interface Kept {
  readonly inputs: readonly unknown[];
  readonly value: unknown;
  /** The number of the World in which it was asked for last. */
  usedIn: number;
}

interface KeptList {
  readonly inputs: readonly unknown[];
  readonly items: readonly object[];
  readonly results: readonly unknown[];
  readonly usedIn: number;
}

function renewList<Item extends object>(
  before: KeptList,
  items: readonly Item[],
  compute: (item: Item) => unknown,
): readonly unknown[] {
  if (isSame(before.items, items)) return before.results;
  const places = new Map(before.items.map((item, place) => [item, place]));
  return items.map((item) => {
    const place = places.get(item);
    return place === undefined ? compute(item) : before.results[place];
  });
}

function isSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}

/** Maps and arrays hold results that are kept themselves: looking at their items is enough. */
function isEqual(a: unknown, b: unknown): boolean {
  if (a instanceof Map) return b instanceof Map && hasSameEntries(a, b);
  if (Array.isArray(a) && typeof a[0] === 'object') return Array.isArray(b) && isSame(a, b);
  return JSON.stringify(a) === JSON.stringify(b);
}

/** In the same order. */
function hasSameEntries(a: ReadonlyMap<unknown, unknown>, b: ReadonlyMap<unknown, unknown>): boolean {
  if (a.size !== b.size) return false;
  const others = b.entries();
  for (const [key, value] of a) {
    const other = others.next().value;
    if (other === undefined || other[0] !== key || other[1] !== value) return false;
  }
  return true;
}

/** The old object where a new one says the same, so that results which follow from it are kept. */
export function keepUnchanged<T extends object>(
  items: readonly T[],
  before: ReadonlyMap<string, T>,
  keyOf: (item: T) => string,
): readonly T[] {
  return items.map((item) => {
    const known = before.get(keyOf(item));
    return known !== undefined && isSameData(known, item) ? known : item;
  });
}

/** Of plain data. Sources make everything anew, so that all of it is looked at for each World: as text it cost more. */
function isSameData(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a))
    return Array.isArray(b) && a.length === b.length && a.every((item, at) => isSameData(item, b[at]));
  return hasSameFields(a as Fields, b as Fields);
}

type Fields = Readonly<Record<string, unknown>>;

function hasSameFields(a: Fields, b: Fields): boolean {
  for (const key in b) if (!isSameData(a[key], b[key])) return false;
  // A field that is there no more.
  for (const key in a) if (!(key in b)) return false;
  return true;
}
