/** Our own annotation of VirtualServices: answers of their hosts are kept by the proxy (Istio has no such thing). */
export const CACHE_ANNOTATION = 'lateen.cache';

export interface CacheLimits {
  readonly maxBytes: number;
  readonly maxEntryBytes: number;
}

const MI = 1024 * 1024;
const UNITS: Readonly<Record<string, number>> = { Ki: 1024, Mi: MI, Gi: 1024 * MI };
export const DEFAULT_CACHE_LIMITS: CacheLimits = { maxBytes: 32 * MI, maxEntryBytes: MI };

/**
 * `"true"`, `"false"`, or limits as `64Mi,1Mi`: of the store, and of one answer.
 * @returns null = no cache; undefined = the text is none of these
 */
export function parseCacheAnnotation(text: string): CacheLimits | null | undefined {
  if (text === 'true') return DEFAULT_CACHE_LIMITS;
  if (text === 'false') return null;
  const [total = '', entry, ...more] = text.split(',').map((part) => part.trim());
  const maxBytes = parseSize(total);
  const maxEntryBytes =
    entry === undefined ? Math.min(DEFAULT_CACHE_LIMITS.maxEntryBytes, maxBytes) : parseSize(entry);
  const isRight = maxBytes > 0 && maxEntryBytes > 0 && maxEntryBytes <= maxBytes && more.length === 0;
  return isRight ? { maxBytes, maxEntryBytes } : undefined;
}

/** 0 = no size. */
function parseSize(text: string): number {
  const [, digits = '0', unit = ''] = /^([0-9]{1,6})(Ki|Mi|Gi)$/.exec(text) ?? [];
  return Number(digits) * (UNITS[unit] ?? 0);
}
