import { lookup, resolve4 } from 'node:dns/promises';

export interface DnsAnswer {
  readonly addresses: readonly string[];
  /** null = not known, e.g. of a name in /etc/hosts. */
  readonly ttlSeconds: number | null;
}

export type ResolveHost = (host: string) => Promise<DnsAnswer>;

/**
 * MeshConfig.dnsRefreshRate; also the longest that an answer is believed. Docker's own name server says 600 s of
 * containers that may be another one a second later.
 */
export const REFRESH_MS = 60_000;
/** The shortest, so that an answer with TTL 0 is not asked for without end (Envoy's `dns_min_refresh_rate`). */
export const MIN_REFRESH_MS = 5000;
/** A host that did not resolve may be about to start. */
export const FAILURE_TTL_SECONDS = 5;

/** The system's look-up knows /etc/hosts, the name server the TTL. */
export async function resolveHost(host: string): Promise<DnsAnswer> {
  const [answers, records] = await Promise.all([
    lookup(host, { all: true, order: 'ipv4first' }),
    resolve4(host, { ttl: true }).catch(() => []),
  ]);
  const ttls = records.map(({ ttl }) => ttl);
  return {
    addresses: answers.map(({ address }) => address),
    ttlSeconds: ttls.length === 0 ? null : Math.min(...ttls),
  };
}

/** How long an answer is believed. */
export function refreshMsOf(ttlSeconds: number | null): number {
  const ttlMs = ttlSeconds === null ? REFRESH_MS : ttlSeconds * 1000;
  return Math.max(Math.min(ttlMs, REFRESH_MS), MIN_REFRESH_MS);
}

/** IPv6 only where there is nothing else: most networks of Docker have none (Istio looks up IPv4 alone). */
export function ofOneFamily(addresses: readonly string[]): readonly string[] {
  const v4 = addresses.filter((address) => !address.includes(':'));
  return v4.length > 0 ? v4 : addresses;
}
