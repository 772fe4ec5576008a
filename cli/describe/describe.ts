import { mutualTlsModes } from '../../controller/compile/security/mutual-tls-mode.ts';
import type { Service, Workload, World } from '../../controller/compile/world.ts';
import { indexWorld } from '../../controller/compile/world-index.ts';
import { hostsMatch, resolveShortName } from '../../istio/host.ts';
import type { Resource } from '../../istio/resource.ts';
import type { DestinationRuleSpec, Subset } from '../../istio/schema/destination-rule.ts';
import type { VirtualServiceSpec } from '../../istio/schema/virtual-service.ts';
import { type Labels, matchesLabels } from '../../model/labels.ts';

type HttpRoute = NonNullable<VirtualServiceSpec['http']>[number];

/** What istioctl's `x describe` tells of one workload: which documents act on it, and how. */
export function describeWorkload(world: World, workload: Workload): string {
  const services = world.services.filter(({ members }) => members.includes(workload.id));
  return [
    [
      `Workload: ${workload.name}.${workload.namespace}`,
      `   Labels: ${describeLabels(workload.labels)}`,
      `   Identity: ${workload.serviceAccount} (service account)`,
      `   Health: ${workload.health}${workload.proxy === null ? ', no proxy' : ''}`,
    ],
    ...services.map((service) => describeService(world, workload, service)),
    ...(services.length === 0
      ? [['No service has it: give its container ports or a label `lateen.ports`.']]
      : []),
    describeSecurity(world, workload),
  ]
    .map((lines) => lines.join('\n'))
    .join(`\n${'-'.repeat(20)}\n`);
}

/** Those of compose and of the mesh itself say nothing here. */
function describeLabels(labels: Labels): string {
  const shown = Object.entries(labels).filter(
    ([name]) => !/^(com\.docker|lateen\.|org\.opencontainers)/.test(name),
  );
  return shown.map(([name, value]) => `${name}=${value}`).join(', ') || '(none)';
}

function describeService(world: World, workload: Workload, service: Service): string[] {
  const rules = ofKind<DestinationRuleSpec>(world, 'DestinationRule').filter(({ namespace, spec }) =>
    hostsMatch(resolveShortName(spec.host ?? '', namespace), service.hostname),
  );
  const routes = ofKind<VirtualServiceSpec>(world, 'VirtualService').filter((each) => leadsTo(each, service));
  const subsets = rules.flatMap(({ spec }) => spec.subsets ?? []);
  return [
    `Service: ${service.name}.${service.namespace}`,
    ...service.ports.map(
      ({ name, number, protocol, targetPort }) =>
        `   Port: ${name} ${number}/${protocol.toUpperCase()} targets port ${targetPort}`,
    ),
    ...rules.flatMap((rule) => describeRule(rule, workload)),
    ...routes.flatMap((rule) => describeRoutes(rule, service, workload, subsets)),
    ...(rules.length + routes.length === 0 ? ['   No rules: Istio’s defaults'] : []),
  ];
}

function describeRule(rule: Resource<DestinationRuleSpec>, { labels }: Workload): string[] {
  const { host = '', subsets = [], trafficPolicy } = rule.spec;
  const matches = (subset: Subset) => matchesLabels((subset.labels ?? {}) as Labels, labels);
  const names = (list: readonly Subset[]) => list.map(({ name = '' }) => name).join(',');
  const [mine, others] = [subsets.filter(matches), subsets.filter((subset) => !matches(subset))];
  const policies = Object.keys(trafficPolicy ?? {});
  return [
    `DestinationRule: ${titleOf(rule)} for "${host}"`,
    ...(subsets.length === 0 ? [] : [`   Matching subsets: ${names(mine) || '(none)'}`]),
    ...(others.length === 0 ? [] : [`      (Non-matching subsets ${names(others)})`]),
    policies.length === 0 ? '   No Traffic Policy' : `   Traffic Policy: ${policies.join(', ')}`,
  ];
}

function describeRoutes(
  rule: Resource<VirtualServiceSpec>,
  service: Service,
  { labels }: Workload,
  subsets: readonly Subset[],
): string[] {
  const { http = [], tcp = [], tls = [], gateways = ['mesh'] } = rule.spec;
  const here = (route: HttpRoute) =>
    (route.route ?? []).filter(({ destination }) => {
      if (resolveShortName(destination?.host ?? '', rule.namespace) !== service.hostname) return false;
      const subset = subsets.find(({ name }) => name === destination?.subset);
      return (
        destination?.subset === undefined ||
        (subset !== undefined && matchesLabels((subset.labels ?? {}) as Labels, labels))
      );
    });
  const reaching = http.filter((route) => here(route).length > 0);
  return [
    `VirtualService: ${titleOf(rule)}${gateways.some((name) => name !== 'mesh') ? ` at ${gateways.join(', ')}` : ''}`,
    ...(http.length === 0 ? [] : [`   ${http.length} HTTP route(s), ${reaching.length} of them lead here`]),
    ...reaching.map((route) => {
      const weights = here(route).map(({ weight }) => weight ?? 100);
      const share = (route.route ?? []).length > 1 ? `, weight ${weights.join('+')}` : '';
      return `      ${describeMatch(route)}${share}`;
    }),
    ...(tcp.length === 0 ? [] : [`   ${tcp.length} TCP route(s)`]),
    ...(tls.length === 0 ? [] : [`   ${tls.length} TLS route(s)`]),
    ...(http.length > 0 && reaching.length === 0 ? ['   WARNING: no route leads to this workload'] : []),
  ];
}

function describeMatch({ name, match = [] }: HttpRoute): string {
  const conditions = match.map((each) => JSON.stringify(each));
  const title = name === undefined ? '' : `${name}: `;
  return title + (conditions.length === 0 ? 'every request' : conditions.join(' or '));
}

/** It routes what is meant for the service, or has it as a destination. */
function leadsTo({ namespace, spec }: Resource<VirtualServiceSpec>, { hostname }: Service): boolean {
  const isIt = (host: string | undefined) => resolveShortName(host ?? '', namespace) === hostname;
  const routes = [...(spec.http ?? []), ...(spec.tcp ?? []), ...(spec.tls ?? [])];
  return (
    (spec.hosts ?? []).some(isIt) ||
    routes.some(({ route = [] }) => route.some(({ destination }) => isIt(destination?.host)))
  );
}

function describeSecurity(world: World, workload: Workload): string[] {
  const index = indexWorld(world);
  const { mode, ports } = mutualTlsModes(index, workload);
  const { rootNamespace } = world.mesh;
  const policies = index.authorizationPolicies.filter(
    ({ namespace, spec }) =>
      (namespace === rootNamespace || namespace === workload.namespace) &&
      matchesLabels((spec.selector?.matchLabels ?? {}) as Labels, workload.labels),
  );
  return [
    'Effective PeerAuthentication:',
    `   Workload mTLS mode: ${mode}`,
    ...Object.entries(ports).map(([port, own]) => `   Port ${port}: ${own}`),
    ...(policies.length === 0
      ? ['No AuthorizationPolicy: everybody may call it']
      : [
          'AuthorizationPolicies:',
          ...policies.map((policy) => `   ${policy.spec.action ?? 'ALLOW'} ${titleOf(policy)}`),
        ]),
  ];
}

function ofKind<Spec>({ resources }: World, kind: string): Resource<Spec>[] {
  return resources.filter((each) => each.kind === kind) as Resource<Spec>[];
}

/** `reviews.default (mesh/reviews.yaml:12)`. */
function titleOf({ name, namespace, position }: Resource): string {
  return `${name}.${namespace} (${position.file}:${position.line})`;
}
