import { hostsMatch, isSubsetOf } from '../../../istio/host.ts';

/** `egress[].hosts` of a Sidecar, read: which namespace's hosts are imported, and which are not. */
export interface EgressHosts {
  importsService(namespace: string, hostname: string): boolean;
  importsRule(namespace: string, hosts: readonly string[]): boolean;
}

interface Entry {
  /** `*` = any. */
  readonly namespace: string;
  readonly host: string;
  readonly isExclusion: boolean;
}

/** @param own the namespace of the workload, which `.` stands for */
export function readEgressHosts(hosts: readonly string[], own: string): EgressHosts {
  const entries = hosts.map((host) => readEntry(host, own)).filter((entry) => entry !== null);
  const imports = entries.filter(({ isExclusion }) => !isExclusion);
  const exclusions = entries.filter(({ isExclusion }) => isExclusion);
  const some = (list: readonly Entry[], namespace: string, covers: (host: string) => boolean) =>
    list.some((entry) => (entry.namespace === '*' || entry.namespace === namespace) && covers(entry.host));
  return {
    importsService(namespace, hostname) {
      const covers = (host: string) => isSubsetOf(hostname, host);
      return some(imports, namespace, covers) && !some(exclusions, namespace, covers);
    },
    // A rule comes along if any of its hosts meets an imported one, whichever of the two is the wildcard.
    importsRule(namespace, ruleHosts) {
      return ruleHosts.some(
        (ruleHost) =>
          some(imports, namespace, (host) => hostsMatch(ruleHost, host)) &&
          !some(exclusions, namespace, (host) => isSubsetOf(ruleHost, host)),
      );
    },
  };
}

/** `ns/host`; `~/…` imports nothing, `~ns/host` takes away what other entries import. */
function readEntry(text: string, own: string): Entry | null {
  const slash = text.indexOf('/');
  const scope = text.slice(0, slash);
  const host = text.slice(slash + 1).toLowerCase();
  if (slash < 0 || scope === '~') return null;
  const isExclusion = scope.startsWith('~');
  const namespace = isExclusion ? scope.slice(1) : scope;
  return { namespace: namespace === '.' ? own : namespace, host, isExclusion };
}
