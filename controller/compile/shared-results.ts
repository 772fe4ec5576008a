/**
 * Results of one World's compilation, each computed on first use, so that equal resources of several proxies are one
 * object and are serialised once. Some are kept over Worlds: an edit then costs what it changes.
 */
export class SharedResults {
  readonly #values = new Map<string, unknown>();
  readonly #kept = new Map<string, Kept>();
  readonly #before: ReadonlyMap<string, Kept>;
  readonly #byObject: WeakMap<object, unknown>;

  /** @param before those of the World before this one; nothing older is held */
  constructor(before: SharedResults | null = null) {
    this.#before = before === null ? new Map() : before.#kept;
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
  return true;
}
