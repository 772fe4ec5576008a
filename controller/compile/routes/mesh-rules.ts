import { hostsMatch, resolveShortName } from '../../../istio/host.ts';
import type { Resource } from '../../../istio/resource.ts';
import type { VirtualServiceSpec } from '../../../istio/schema/virtual-service.ts';
import { MESH_GATEWAY } from '../../../model/names.ts';
import { exportToOf, isVisible, visibilityRank } from '../visibility.ts';
import type { WorldIndex } from '../world-index.ts';
import { HostTable } from './host-table.ts';

export type VirtualService = Resource<VirtualServiceSpec>;

/** VirtualServices that act together, in the order in which they are looked at. */
export class RuleBook {
  readonly rules: readonly VirtualService[];
  readonly #owners = new HostTable<VirtualService>();
  readonly #l4: readonly { readonly rule: VirtualService; readonly hosts: readonly string[] }[];

  constructor(rules: readonly VirtualService[]) {
    this.rules = rules;
    for (const rule of rules) for (const host of hostsOf(rule)) this.#owners.add(host, rule);
    this.#l4 = rules
      .filter(({ spec }) => (spec.tcp ?? []).length + (spec.tls ?? []).length > 0)
      .map((rule) => ({ rule, hosts: hostsOf(rule) }));
  }

  /** The rule that owns a host's HTTP: of those that name it most specifically the first; later ones are not merged. */
  ownerOf(hostname: string): VirtualService | undefined {
    return this.#owners.find(hostname);
  }

  get hasL4Rules(): boolean {
    return this.#l4.length > 0;
  }

  /** The rules with TLS or TCP routes whose hosts cover this one: all of them count (Istio's getConfigsForHost). */
  l4RulesOf(hostname: string): VirtualService[] {
    return this.#l4
      .filter(({ hosts }) => hosts.some((host) => hostsMatch(host, hostname)))
      .map(({ rule }) => rule);
  }
}

export function hostsOf(rule: VirtualService): string[] {
  return (rule.spec.hosts ?? []).map((host) => resolveShortName(host, rule.namespace));
}

/** VirtualServices that act in sidecars of a namespace. */
export function meshRules(index: WorldIndex, namespace: string): readonly VirtualService[] {
  return index.shared.get(`mesh rules ${namespace}`, () =>
    visibleRules(index, namespace, ({ gateways = [] }) => {
      return gateways.length === 0 || gateways.includes(MESH_GATEWAY);
    }),
  );
}

/** Rules that a namespace sees: private ones first, then those exported to it by name, then public ones. */
export function visibleRules(
  index: WorldIndex,
  namespace: string,
  isWanted: (spec: VirtualServiceSpec, rule: VirtualService) => boolean,
): VirtualService[] {
  const { defaultVirtualServiceExportTo } = index.world.mesh;
  const exportTo = ({ spec }: VirtualService) => exportToOf(spec.exportTo, defaultVirtualServiceExportTo);
  const rank = (rule: VirtualService) => visibilityRank(exportTo(rule), rule.namespace, namespace);
  return index.virtualServices
    .filter(
      (rule) =>
        (rule.spec.hosts ?? []).length > 0 &&
        isWanted(rule.spec, rule) &&
        isVisible(exportTo(rule), rule.namespace, namespace),
    )
    .toSorted((a, b) => rank(a) - rank(b));
}
