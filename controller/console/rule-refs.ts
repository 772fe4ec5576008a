import { hostsMatch, resolveShortName } from '../../istio/host.ts';
import type { Resource } from '../../istio/resource.ts';
import type { RuleRef } from '../../model/console.ts';
import { type Labels, matchesLabels } from '../../model/labels.ts';
import type { Service, Workload } from '../compile/world.ts';
import type { WorldIndex } from '../compile/world-index.ts';

export function ruleRef({ kind, name, namespace, position }: Resource): RuleRef {
  return { kind, name, namespace, file: position.file, line: position.line };
}

/** As the compiler writes it: `VirtualService/default/reviews`. */
export function ruleRefOfOrigin(
  origin: { resource: string; file: string; line: number } | null,
): RuleRef | null {
  if (origin === null) return null;
  const [kind = '', namespace = '', name = ''] = origin.resource.split('/');
  return { kind, namespace, name, file: origin.file, line: origin.line };
}

interface Selecting {
  readonly selector?: { readonly matchLabels?: Labels } | Labels;
  readonly workloadSelector?: { readonly labels?: Labels; readonly matchLabels?: Labels };
}

interface Naming {
  readonly host?: string;
  readonly hosts?: readonly string[];
  readonly http?: readonly {
    readonly route?: readonly Routed[];
    readonly mirror?: { readonly host: string };
  }[];
  readonly tcp?: readonly { readonly route?: readonly Routed[] }[];
  readonly tls?: readonly { readonly route?: readonly Routed[] }[];
}

interface Routed {
  readonly destination?: { readonly host?: string };
}

const SELECTING: ReadonlySet<string> = new Set([
  ...['PeerAuthentication', 'RequestAuthentication', 'AuthorizationPolicy', 'Telemetry', 'Sidecar'],
  ...['EnvoyFilter', 'Gateway', 'RateLimit', 'WasmPlugin', 'ProxyConfig', 'Service'],
]);

/** Documents that name the service as a host or a destination, or select one of its containers. */
export function rulesOf(index: WorldIndex, service: Service): RuleRef[] {
  const members = service.members.flatMap((id) => index.workloadsById.get(id) ?? []);
  return index.world.resources
    .filter((resource) => names(resource, service.hostname) || selects(index, resource, members))
    .map(ruleRef);
}

function names({ kind, namespace, spec }: Resource, hostname: string): boolean {
  if (kind !== 'VirtualService' && kind !== 'DestinationRule' && kind !== 'ServiceEntry') return false;
  const { host, hosts = [], http = [], tcp = [], tls = [] } = spec as Naming;
  const routes = [...http, ...tcp, ...tls].flatMap(({ route = [] }) => route);
  const named = [
    ...(host === undefined ? [] : [host]),
    ...hosts.filter((each) => each !== '*'),
    ...routes.map(({ destination }) => destination?.host ?? ''),
    ...http.map(({ mirror }) => mirror?.host ?? ''),
  ];
  return named.some((each) => each !== '' && hostsMatch(resolveShortName(each, namespace), hostname));
}

function selects(
  index: WorldIndex,
  { kind, namespace, spec }: Resource,
  members: readonly Workload[],
): boolean {
  if (!SELECTING.has(kind)) return false;
  const { selector, workloadSelector } = spec as Selecting;
  const chosen = workloadSelector ?? selector;
  const nested = chosen as { readonly matchLabels?: Labels; readonly labels?: Labels } | undefined;
  const wanted = nested?.matchLabels ?? nested?.labels ?? (chosen as Labels | undefined) ?? {};
  if (typeof wanted !== 'object' || Object.keys(wanted).length === 0) return false;
  // A Gateway finds its proxies in every namespace; the root namespace's policies are for all.
  const isWide = kind === 'Gateway' || namespace === index.world.mesh.rootNamespace;
  return members.some(
    (workload) => (isWide || workload.namespace === namespace) && matchesLabels(wanted, workload.labels),
  );
}
