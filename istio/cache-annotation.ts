/** Our own annotation: answers of hosts are kept by the proxy that calls them (Istio has no such thing). */
export const CACHE_ANNOTATION = 'lateen.cache';

export interface CacheLimits {
  readonly maxBytes: number;
  readonly maxEntryBytes: number;
  readonly isOnDisk: boolean;
}

const MI = 1024 * 1024;
const UNITS: Readonly<Record<string, number>> = { Ki: 1024, Mi: MI, Gi: 1024 * MI };
export const DEFAULT_CACHE_LIMITS: CacheLimits = { maxBytes: 32 * MI, maxEntryBytes: MI, isOnDisk: false };
export const DEFAULT_DISK_LIMITS: CacheLimits = { maxBytes: 256 * MI, maxEntryBytes: 4 * MI, isOnDisk: true };

/**
 * `"true"`, `"false"`, `"disk"`, or limits as `64Mi,1Mi` and `disk:1Gi,8Mi`: of the store, and of one answer.
 * @returns null = no cache; undefined = the text is none of these
 */
export function parseCacheAnnotation(text: string): CacheLimits | null | undefined {
  if (text === 'true') return DEFAULT_CACHE_LIMITS;
  if (text === 'false') return null;
  if (text === 'disk') return DEFAULT_DISK_LIMITS;
  const isOnDisk = text.startsWith('disk:');
  const defaults = isOnDisk ? DEFAULT_DISK_LIMITS : DEFAULT_CACHE_LIMITS;
  const sizes = isOnDisk ? text.slice('disk:'.length) : text;
  const [total = '', entry, ...more] = sizes.split(',').map((part) => part.trim());
  const maxBytes = parseSize(total);
  const maxEntryBytes = entry === undefined ? Math.min(defaults.maxEntryBytes, maxBytes) : parseSize(entry);
  const isRight = maxBytes > 0 && maxEntryBytes > 0 && maxEntryBytes <= maxBytes && more.length === 0;
  return isRight ? { maxBytes, maxEntryBytes, isOnDisk } : undefined;
}

/** 0 = no size. */
function parseSize(text: string): number {
  const [, digits = '0', unit = ''] = /^([0-9]{1,6})(Ki|Mi|Gi)$/.exec(text) ?? [];
  return Number(digits) * (UNITS[unit] ?? 0);
}
