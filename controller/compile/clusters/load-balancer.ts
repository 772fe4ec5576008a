import type { LoadBalancer, OutlierDetection } from '../../../istio/schema/destination-rule.ts';
import type { LoadBalancerSpec, WarmupSpec } from '../../../model/cluster.ts';
import type { HashPolicySpec } from '../../../model/route.ts';
import { milliseconds } from '../routes/http-policies.ts';

type ConsistentHash = NonNullable<LoadBalancer['consistentHash']>;

/** PASSTHROUGH is no choice among endpoints but a way to find them: the cluster's discovery says it. */
const BALANCERS = {
  UNSPECIFIED: 'least-request',
  LEAST_CONN: 'least-request',
  LEAST_REQUEST: 'least-request',
  ROUND_ROBIN: 'round-robin',
  RANDOM: 'random',
  PASSTHROUGH: 'random',
} as const;

const DEFAULT_RING_SIZE = 1024;
const DEFAULT_TABLE_SIZE = 65_537;

export function compileLoadBalancer(
  balancer: LoadBalancer | undefined,
  outlier: OutlierDetection | undefined,
): LoadBalancerSpec {
  const hash = balancer?.consistentHash;
  return {
    ...(hash === undefined
      ? { policy: BALANCERS[balancer?.simple ?? 'UNSPECIFIED'], tableSize: 0 }
      : compileHashTable(hash)),
    hashesSourceIp: hash?.useSourceIp ?? false,
    warmup: hash === undefined && balancer?.simple !== 'RANDOM' ? compileWarmup(balancer) : null,
    panicThreshold: outlier?.minHealthPercent ?? 0,
  };
}

function compileHashTable({
  maglev,
  ringHash,
  minimumRingSize,
}: ConsistentHash): Pick<LoadBalancerSpec, 'policy' | 'tableSize'> {
  if (maglev !== undefined) return { policy: 'maglev', tableSize: maglev.tableSize ?? DEFAULT_TABLE_SIZE };
  return {
    policy: 'ring-hash',
    tableSize: ringHash?.minimumRingSize || minimumRingSize || DEFAULT_RING_SIZE,
  };
}

/** Acts on ROUND_ROBIN and LEAST_REQUEST alone (ISTIO.md §2.3). */
function compileWarmup(balancer: LoadBalancer | undefined): WarmupSpec | null {
  const durationMs = milliseconds(balancer?.warmup?.duration ?? balancer?.warmupDurationSecs);
  if (durationMs === 0) return null;
  return {
    durationMs,
    minimumPercent: balancer?.warmup?.minimumPercent ?? 10,
    aggression: balancer?.warmup?.aggression ?? 1,
  };
}

/** What a route to such a destination hashes; null = nothing. */
export function compileHashPolicy(balancer: LoadBalancer | undefined): HashPolicySpec | null {
  const hash = balancer?.consistentHash;
  if (hash === undefined) return null;
  if (hash.httpHeaderName !== undefined)
    return { kind: 'header', name: hash.httpHeaderName.toLowerCase(), cookie: null };
  if (hash.httpCookie !== undefined) return compileCookie(hash.httpCookie);
  if (hash.useSourceIp === true) return { kind: 'source-ip', name: '', cookie: null };
  if (hash.httpQueryParameterName !== undefined)
    return { kind: 'query', name: hash.httpQueryParameterName, cookie: null };
  return null;
}

/** A cookie is made for callers without one only where a lifetime is given, be it `0s` (ISTIO.md §2.3). */
function compileCookie({
  name,
  path,
  ttl,
  attributes,
}: NonNullable<ConsistentHash['httpCookie']>): HashPolicySpec {
  return {
    kind: 'cookie',
    name: name ?? '',
    cookie:
      ttl === undefined
        ? null
        : {
            ttlMs: milliseconds(ttl),
            path: path ?? '',
            attributes: (attributes ?? []).map((each) => [each.name ?? '', each.value ?? ''] as const),
          },
  };
}
