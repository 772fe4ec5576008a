import { serviceHostname } from '../model/names.ts';
import { isIpAddress } from './ip-address.ts';

/** Names of hosts as Istio reads them (`pkg/config/host/name.go`). Comparison is in lower case. */

/**
 * A host without a dot is completed with the namespace of the resource that names it; any dot means that it is a full
 * name already: `reviews.prod` is not expanded.
 */
export function resolveShortName(host: string, namespace: string): string {
  if (host === '' || host === '*' || host.includes('.') || isIpAddress(host)) return host.toLowerCase();
  return serviceHostname(host.toLowerCase(), namespace);
}

export function isWildcard(host: string): boolean {
  return host.startsWith('*');
}

/** Either side may be the wildcard; `*.foo.com` does not match `foo.com`. */
export function hostsMatch(a: string, b: string): boolean {
  if (isWildcard(a)) {
    if (isWildcard(b)) {
      const [short, long] = a.length < b.length ? [a, b] : [b, a];
      return long.slice(1).endsWith(short.slice(1));
    }
    return a.length <= b.length && b.endsWith(a.slice(1));
  }
  if (isWildcard(b)) return b.length <= a.length && a.endsWith(b.slice(1));
  return a === b;
}

/** Whether every name that `host` covers is covered by `wider`. */
export function isSubsetOf(host: string, wider: string): boolean {
  if (isWildcard(host)) return isWildcard(wider) && host.slice(1).endsWith(wider.slice(1));
  return hostsMatch(wider, host);
}

/** The most specific of the hosts that covers `name`: itself, else the longest wildcard; ties keep their order. */
export function mostSpecificMatch(name: string, hosts: Iterable<string>): string | null {
  let best: string | null = null;
  for (const host of hosts) {
    if (host === name) return host;
    if (isWildcard(host) && isSubsetOf(name, host) && (best === null || host.length > best.length))
      best = host;
  }
  return best;
}
