import type { MeshRequest } from './started-mesh.ts';

/** Whether requests are as they should be, and what to say where they are not (or, behind `not`, where they are). */
export interface Verdict {
  readonly pass: boolean;
  readonly message: () => string;
}

type Requests = readonly MeshRequest[];

/** Version → its share: `{ v1: 90, v2: 10 }`, as weights of a VirtualService. */
export type Split = Readonly<Record<string, number>>;

export interface SplitOptions {
  /** How far a share may be from what it should be: 0.05 = five of a hundred requests. Default 0: exact. */
  readonly within?: number;
}

export interface RetryOptions {
  /** Exactly so many retries. Default: at least one. */
  readonly times?: number;
}

/** Requests went to versions in these proportions. A count that cannot be whole may be rounded either way. */
export function split(requests: Requests, shares: Split, { within = 0 }: SplitOptions = {}): Verdict {
  const counts = countVersions(requests);
  const total = Object.values(shares).reduce((sum, share) => sum + share, 0);
  const isRight = (version: string) => {
    const wanted = (requests.length * (shares[version] ?? 0)) / total;
    const tolerance = Math.max(within * requests.length, Number.isInteger(wanted) ? 0 : 1);
    return Math.abs((counts[version] ?? 0) - wanted) <= tolerance;
  };
  const versions = [...new Set([...Object.keys(shares), ...Object.keys(counts)])];
  return {
    pass: requests.length > 0 && versions.every(isRight),
    message: () =>
      `of ${requests.length} requests ${describe(counts)}; the split that is meant: ${describe(shares)}`,
  };
}

/** At least one of the requests was tried again. */
export function retried(requests: Requests, { times }: RetryOptions = {}): Verdict {
  const retries = requests.map(({ attempts }) => Math.max(0, attempts - 1));
  return {
    pass: retries.some((each) => (times === undefined ? each > 0 : each === times)),
    message: () =>
      `of ${requests.length} requests the most often retried was so ${Math.max(0, ...retries)} times${
        times === undefined ? '' : `; ${times} is meant`
      }\n${list(requests)}`,
  };
}

/** Every request went by mutual TLS; none at all is no proof. */
export function mtls(requests: Requests): Verdict {
  const plain = requests.filter(({ isMtls }) => !isMtls);
  return {
    pass: requests.length > 0 && plain.length === 0,
    message: () => `${plain.length} of ${requests.length} requests went without mutual TLS\n${list(plain)}`,
  };
}

function countVersions(requests: Requests): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { destination } of requests)
    counts[destination.version || '(none)'] = (counts[destination.version || '(none)'] ?? 0) + 1;
  return counts;
}

const describe = (counts: Readonly<Record<string, number>>) =>
  Object.entries(counts)
    .map(([version, count]) => `${version}: ${count}`)
    .join(', ') || 'none';

const SHOWN = 10;

/** A few of them, each on a line: for whoever reads why a test has failed. */
function list(requests: Requests): string {
  const lines = requests.slice(0, SHOWN).map((request) => {
    const { source, destination, method, path, status, flags, attempts, rule } = request;
    const where = rule === null ? 'no rule' : `${rule.file}:${rule.line}`;
    const parties = `${source.app || '?'} → ${destination.app || '?'} ${destination.version}`.trimEnd();
    return `  ${parties} ${method} ${path} ${status} ${flags.join(',') || '-'}, ${attempts} attempts, ${where}`;
  });
  const more = requests.length > SHOWN ? [`  and ${requests.length - SHOWN} more`] : [];
  return [...lines, ...more].join('\n');
}
