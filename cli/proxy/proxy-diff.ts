import { canonicalJson } from '../../base/canonical-json.ts';
import { RESOURCE_KINDS, type ResourceKind } from '../../model/snapshot.ts';

/** Resources by kind, of `/debug/config_dump` of the controller or `/config_dump` of a proxy. */
export type KindDump = Readonly<Partial<Record<ResourceKind, readonly Dumped[]>>>;

type Dumped = Readonly<Record<string, unknown>>;

/** Certificates and keys are not told alike by the two: what names and dates say is in `proxy-config secret`. */
const COMPARED = RESOURCE_KINDS.filter((kind) => kind !== 'secret');

/**
 * What istioctl's `proxy-status NAME` prints: for each kind whether the proxy holds what the controller would send it, and
 * which resources differ.
 */
export function formatDiff(proxy: string, wanted: KindDump, held: KindDump): string {
  return COMPARED.flatMap((kind) => {
    const differences = compare(wanted[kind] ?? [], held[kind] ?? []);
    const title = `${kind[0]?.toUpperCase() ?? ''}${kind.slice(1)}s`;
    if (differences.length === 0) return [`${title} Match`];
    return [`${title} Don't Match (controller vs. ${proxy})`, ...differences.map((line) => `   ${line}`)];
  }).join('\n');
}

function compare(wanted: readonly Dumped[], held: readonly Dumped[]): string[] {
  const [theirs, ours] = [byName(wanted), byName(held)];
  return [...new Set([...theirs.keys(), ...ours.keys()])].sort().flatMap((name) => {
    if (!ours.has(name)) return [`- ${name} (not at the proxy yet)`];
    if (!theirs.has(name)) return [`+ ${name} (still at the proxy)`];
    return theirs.get(name) === ours.get(name) ? [] : [`~ ${name}`];
  });
}

const byName = (resources: readonly Dumped[]) =>
  new Map(resources.map((resource) => [String(resource.name ?? 'self'), canonicalJson(resource)]));
