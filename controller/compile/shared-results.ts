/**
 * Results of one World's compilation, each computed on first use, so that equal resources of several proxies are one
 * object and are serialised once. Some are kept over Worlds: an edit then costs what it changes.
 */
export class SharedResults {
  readonly #values = new Map<string, unknown>();
  readonly #kept = new Map<string, Kept>();
  readonly #before: ReadonlyMap<string, Kept>;
  readonly #lists = new Map<string, KeptList>();
  readonly #listsBefore: ReadonlyMap<string, KeptList>;
  readonly #byObject: WeakMap<object, unknown>;

  /** @param before those of the World before this one; nothing older is held */
  constructor(before: SharedResults | null = null) {
    this.#before = before === null ? new Map() : before.#kept;
    this.#listsBefore = before === null ? new Map() : before.#lists;
    this.#byObject = before === null ? new WeakMap() : before.#byObject;
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
    const known = this.#kept.get(key);
    if (known !== undefined) return known.value as T;
    const before = this.#before.get(key);
    const kept =
      before !== undefined && isSame(before.inputs, inputs) ? before : renew(before, inputs, compute());
    this.#kept.set(key, kept);
    return kept.value as T;
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
    const before = this.#lists.get(key) ?? this.#listsBefore.get(key);
    const isKept = before !== undefined && isSame(before.inputs, inputs);
    const list = isKept ? renewList(before, items, compute) : { inputs, items, results: items.map(compute) };
    this.#lists.set(key, list);
    return list.results as readonly T[];
  }

  /** What follows from one object alone, and is asked of it in one way: kept with the object. */
  keepWith<T>(object: object, compute: () => T): T {
    const known = this.#byObject.get(object);
    if (known !== undefined) return known as T;
    const value = compute();
    this.#byObject.set(object, value);
    return value;
  }
}

interface Kept {
  readonly inputs: readonly unknown[];
  readonly value: unknown;
}

interface KeptList {
  readonly inputs: readonly unknown[];
  readonly items: readonly object[];
  readonly results: readonly unknown[];
}

function renewList<Item extends object>(
  before: KeptList,
  items: readonly Item[],
  compute: (item: Item) => unknown,
): KeptList {
  if (isSame(before.items, items)) return before;
  const places = new Map(before.items.map((item, place) => [item, place]));
  const results = items.map((item) => {
    const place = places.get(item);
    return place === undefined ? compute(item) : before.results[place];
  });
  return { inputs: before.inputs, items, results };
}

function renew(before: Kept | undefined, inputs: readonly unknown[], value: unknown): Kept {
  return { inputs, value: before !== undefined && isEqual(before.value, value) ? before.value : value };
}

function isSame(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false;
  for (let index = 0; index < a.length; index++) if (a[index] !== b[index]) return false;
  return true;
}

/** Maps and arrays hold results that are kept themselves: looking at their items is enough. */
function isEqual(a: unknown, b: unknown): boolean {
  if (a instanceof Map) return b instanceof Map && isSame([...a].flat(), [...b].flat());
  if (Array.isArray(a) && typeof a[0] === 'object') return Array.isArray(b) && isSame(a, b);
  return JSON.stringify(a) === JSON.stringify(b);
}

/** The old object where a new one says the same, so that results which follow from it are kept. */
export function keepUnchanged<T extends object>(
  items: readonly T[],
  before: ReadonlyMap<string, T>,
  keyOf: (item: T) => string,
): readonly T[] {
  return items.map((item) => {
    const known = before.get(keyOf(item));
    return known !== undefined && hasSameFields(known, item) ? known : item;
  });
}

function hasSameFields(a: object, b: object): boolean {
  if (a === b) return true;
  for (const key in b) {
    const [left, right] = [a[key as keyof object] as unknown, b[key as keyof object] as unknown];
    if (left !== right && (typeof right !== 'object' || JSON.stringify(left) !== JSON.stringify(right)))
      return false;
  }
  // A field that is there no more.
  for (const key in a) if (!(key in b)) return false;
  return true;
}
