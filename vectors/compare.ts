import type { Answer, Band } from './scenario.ts';

/** Recorded and actual answer, ready to be compared by deepEqual: what may differ is made equal in both. */
export function comparable(
  recorded: Answer,
  actual: Answer,
  addressOf: (name: string) => string,
): { readonly expected: unknown; readonly actual: unknown } {
  const expected = fillIn(withArrivals(recorded), addressOf);
  return { expected, actual: adopt(expected, project(actual, recorded)) };
}

/** No list means one arrival if an application answered, and none otherwise. */
function withArrivals(recorded: Answer): Answer {
  if (recorded.arrivals !== undefined || recorded.counts !== undefined) return recorded;
  if (recorded.backend === undefined) return { ...recorded, arrivals: [] };
  const { workload, method, host, path, headers } = recorded.backend;
  return {
    ...recorded,
    arrivals: [`${workload} ${method} ${host}${path} ${headers['x-echo-status'] ?? 200}`],
  };
}

/** How long a call took is recorded only where that is the point. */
function project(actual: Answer, recorded: Answer): Answer {
  if (recorded.counts !== undefined) return { counts: foldCounts(recorded.counts, actual.counts ?? {}) };
  const { ms, ...others } = actual;
  return recorded.ms === undefined ? others : { ...others, ms: ms ?? 0 };
}

type Counts = Readonly<Record<string, number | Band>>;

/** `200 <any>` takes every workload's count, `200 <one workload>` that of whichever it is, if it is but one. */
function foldCounts(recorded: Counts, actual: Counts): Record<string, number | Band> {
  const folded: Record<string, number | Band> = { ...actual };
  for (const key of Object.keys(recorded)) {
    const [, status = '', kind] = /^(.*) <(any|one workload)>$/.exec(key) ?? [];
    const keys = Object.keys(folded).filter((each) => status !== '' && each.startsWith(`${status} `));
    if (keys.length === 0 || (kind === 'one workload' && keys.length > 1)) continue;
    const sum = keys.reduce((total, each) => total + Number(folded[each]), 0);
    for (const each of keys) delete folded[each];
    folded[key] = sum;
  }
  return folded;
}

/** `<ip of NAME>` becomes an address. */
function fillIn(value: unknown, addressOf: (name: string) => string): unknown {
  if (typeof value === 'string')
    return value.replace(/<ip of ([^>]+)>/g, (_, name: string) => addressOf(name));
  if (Array.isArray(value)) return value.map((each) => fillIn(each, addressOf));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, fillIn(each, addressOf)]));
}

/** `actual`, but with `expected`'s own word wherever that allows it: `<any>`, and numbers inside a band. */
function adopt(expected: unknown, actual: unknown): unknown {
  if (isBand(expected)) return isInside(expected, actual) ? expected : actual;
  if (typeof expected === 'string' && typeof actual === 'string')
    return fits(expected, actual) ? expected : actual;
  if (Array.isArray(expected) && Array.isArray(actual))
    return actual.map((each, index) => adopt(expected[index], each));
  if (!isObject(expected) || !isObject(actual)) return actual;
  return Object.fromEntries(Object.entries(actual).map(([key, each]) => [key, adopt(expected[key], each)]));
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isBand = (value: unknown): value is Band => isObject(value) && 'atLeast' in value;

const isInside = ({ atLeast, atMost }: Band, value: unknown) =>
  typeof value === 'number' && value >= atLeast && value <= atMost;

/** `<any>` stands for any text, alone or within one. */
function fits(expected: string, actual: string): boolean {
  const parts = expected.split('<any>');
  if (parts.length === 1) return expected === actual;
  const pattern = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*');
  return new RegExp(`^${pattern}$`).test(actual);
}
