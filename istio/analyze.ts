import { type FieldPath, formatFieldPath } from './field-path.ts';
import { hostsMatch, isWildcard, resolveShortName } from './host.ts';
import { resourceLabel } from './parse-documents.ts';
import type { Resource } from './resource.ts';
import type { DestinationRuleSpec } from './schema/destination-rule.ts';
import type { GatewaySpec } from './schema/gateway.ts';
import type { KubernetesServiceSpec } from './schema/kubernetes.ts';
import type { ServiceEntrySpec } from './schema/service-entry.ts';
import type { Destination, VirtualServiceSpec } from './schema/virtual-service.ts';
import type { Violation } from './violation.ts';

/** What a running mesh knows. */
export interface KnownServices {
  readonly services: readonly {
    readonly hostname: string;
    readonly ports: readonly { readonly number: number }[];
    readonly members: readonly string[];
  }[];
  readonly workloads: readonly { readonly id: string; readonly labels: Readonly<Record<string, string>> }[];
}

/** Istio's cross-resource analyzers (ISTIO.md §9.1) that need no cluster: each finding names both sides. */
export function analyze(resources: readonly Resource[], known: KnownServices | null): Violation[] {
  const context = new Context(resources, known);
  for (const rule of ofKind<VirtualServiceSpec>(resources, 'VirtualService'))
    checkVirtualService(rule, context);
  for (const rule of ofKind<DestinationRuleSpec>(resources, 'DestinationRule'))
    checkDestinationRule(rule, context);
  for (const gateway of ofKind<GatewaySpec>(resources, 'Gateway')) checkGateway(gateway, context);
  checkHostOwners(context);
  return context.violations;
}

function ofKind<Spec>(resources: readonly Resource[], kind: string): Resource<Spec>[] {
  return resources.filter((resource) => resource.kind === kind) as Resource<Spec>[];
}

class Context {
  readonly violations: Violation[] = [];
  readonly resources: readonly Resource[];
  readonly known: KnownServices | null;
  readonly hosts: readonly string[];

  constructor(resources: readonly Resource[], known: KnownServices | null) {
    this.resources = resources;
    this.known = known;
    this.hosts = [
      ...(known?.services.map(({ hostname }) => hostname) ?? []),
      ...ofKind<KubernetesServiceSpec>(resources, 'Service').map(({ name, namespace }) =>
        resolveShortName(name, namespace),
      ),
      ...ofKind<ServiceEntrySpec>(resources, 'ServiceEntry').flatMap(({ spec }) => spec.hosts ?? []),
    ];
  }

  /** Without any service to compare with, a missing one cannot be told. */
  get knowsHosts(): boolean {
    return this.hosts.length > 0;
  }

  hasHost(host: string): boolean {
    return this.hosts.some((candidate) => hostsMatch(candidate, host));
  }

  report(
    resource: Resource,
    code: string,
    severity: Violation['severity'],
    path: FieldPath,
    message: string,
    remedy: string,
  ): void {
    const text = formatFieldPath(path);
    this.violations.push({
      code,
      severity,
      message,
      remedy,
      resource: resourceLabel(resource),
      file: resource.position.file,
      line: resource.position.lines[text] ?? resource.position.line,
      column: 1,
      path: text,
    });
  }
}

function checkVirtualService(rule: Resource<VirtualServiceSpec>, context: Context): void {
  (rule.spec.gateways ?? []).forEach((gateway, index) => {
    if (gateway === 'mesh') return;
    const [namespace, name] = gateway.includes('/') ? gateway.split('/') : [rule.namespace, gateway];
    const found = ofKind<GatewaySpec>(context.resources, 'Gateway').find(
      (candidate) => candidate.name === name && candidate.namespace === namespace,
    );
    const path = ['spec', 'gateways', index];
    if (found === undefined) {
      context.report(
        rule,
        'IST0101',
        'Error',
        path,
        `Referenced gateway not found: "${gateway}"`,
        'Define the Gateway, or correct the name.',
      );
    } else if (!bindsAnyHost(rule, found)) {
      context.report(
        rule,
        'IST0132',
        'Warning',
        ['spec', 'hosts'],
        `none of the hosts ${JSON.stringify(rule.spec.hosts ?? [])} is a host of gateway ${found.namespace}/${found.name}`,
        'Add the host to a server of the Gateway.',
      );
    }
  });
  (rule.spec.http ?? []).forEach((route, index) => {
    const path = ['spec', 'http', index];
    (route.route ?? []).forEach((entry, place) => {
      checkDestination(rule, entry.destination ?? {}, [...path, 'route', place, 'destination'], context);
    });
    if (route.mirror !== undefined) checkDestination(rule, route.mirror, [...path, 'mirror'], context);
    if (route.delegate !== undefined) checkDelegate(rule, route.delegate, [...path, 'delegate'], context);
  });
}

function bindsAnyHost(rule: Resource<VirtualServiceSpec>, gateway: Resource<GatewaySpec>): boolean {
  const serverHosts = (gateway.spec.servers ?? [])
    .flatMap((server) => server.hosts ?? [])
    .map((host) => host.slice(host.indexOf('/') + 1));
  return (rule.spec.hosts ?? []).some((host) => serverHosts.some((other) => hostsMatch(host, other)));
}

function checkDestination(rule: Resource, destination: Destination, path: FieldPath, context: Context): void {
  const host = resolveShortName(destination.host ?? '', rule.namespace);
  if (context.knowsHosts && !context.hasHost(host)) {
    context.report(
      rule,
      'IST0101',
      'Error',
      [...path, 'host'],
      `Referenced host not found: "${destination.host}"`,
      `No service is called ${host}: requests would get 503 (NC).`,
    );
    return;
  }
  const port = destination.port?.number;
  const service = context.known?.services.find(({ hostname }) => hostname === host);
  if (port !== undefined && service !== undefined && !service.ports.some(({ number }) => number === port)) {
    const ports = service.ports.map(({ number }) => number).join(', ');
    context.report(
      rule,
      'IST0101',
      'Error',
      [...path, 'port'],
      `Referenced host:port not found: "${destination.host}:${port}"`,
      `The service has the ports ${ports || '(none)'}.`,
    );
  }
  const { subset } = destination;
  if (subset === undefined || subset === '') return;
  const subsets = ofKind<DestinationRuleSpec>(context.resources, 'DestinationRule')
    .filter(({ spec, namespace }) => hostsMatch(resolveShortName(spec.host ?? '', namespace), host))
    .flatMap(({ spec }) => spec.subsets ?? [])
    .map(({ name }) => name);
  if (subsets.includes(subset)) return;
  const remedy =
    subsets.length === 0
      ? 'Define it in a DestinationRule for this host.'
      : `Known subsets: ${subsets.join(', ')}.`;
  context.report(
    rule,
    'IST0101',
    'Error',
    [...path, 'subset'],
    `Referenced host+subset in destinationrule not found: "${destination.host}+${subset}"`,
    remedy,
  );
}

function checkDelegate(
  rule: Resource,
  delegate: { name?: string | undefined; namespace?: string | undefined },
  path: FieldPath,
  context: Context,
): void {
  const namespace = delegate.namespace ?? rule.namespace;
  const isThere = context.resources.some(
    (candidate) =>
      candidate.kind === 'VirtualService' &&
      candidate.name === delegate.name &&
      candidate.namespace === namespace,
  );
  if (!isThere)
    context.report(
      rule,
      'IST0101',
      'Error',
      path,
      `Referenced delegate not found: "${namespace}/${delegate.name}"`,
      'Define the VirtualService, without hosts.',
    );
  context.report(
    rule,
    'LAT0005',
    'Warning',
    path,
    'this version does not act on delegates',
    'Write the routes into this VirtualService.',
  );
}

function checkDestinationRule(rule: Resource<DestinationRuleSpec>, context: Context): void {
  const host = resolveShortName(rule.spec.host ?? '', rule.namespace);
  if (context.knowsHosts && !context.hasHost(host)) {
    context.report(
      rule,
      'IST0174',
      'Warning',
      ['spec', 'host'],
      `no service is called "${rule.spec.host}"`,
      `It was looked for as ${host}.`,
    );
  }
  const { known } = context;
  const service = known?.services.find(({ hostname }) => hostname === host);
  if (known === null || service === undefined) return;
  const members = known.workloads.filter(({ id }) => service.members.includes(id));
  (rule.spec.subsets ?? []).forEach((subset, index) => {
    const selects = members.some(({ labels }) =>
      Object.entries(subset.labels ?? {}).every(([key, value]) => labels[key] === value),
    );
    if (selects) return;
    context.report(
      rule,
      'IST0173',
      'Error',
      ['spec', 'subsets', index],
      `subset "${subset.name}" selects no container`,
      `Its labels are ${JSON.stringify(subset.labels ?? {})}.`,
    );
  });
}

function checkGateway(gateway: Resource<GatewaySpec>, context: Context): void {
  const { known } = context;
  if (known === null) return;
  const selector = Object.entries(gateway.spec.selector ?? {});
  if (known.workloads.some(({ labels }) => selector.every(([key, value]) => labels[key] === value))) return;
  context.report(
    gateway,
    'IST0101',
    'Error',
    ['spec', 'selector'],
    `Referenced selector not found: "${selector.map((pair) => pair.join('=')).join(',')}"`,
    'No container has these labels.',
  );
}

/** Two VirtualServices for one host in the mesh: the older has it, the other does nothing. */
function checkHostOwners(context: Context): void {
  const owners = new Map<string, Resource<VirtualServiceSpec>>();
  for (const rule of ofKind<VirtualServiceSpec>(context.resources, 'VirtualService')) {
    const { gateways, hosts = [] } = rule.spec;
    if (gateways !== undefined && gateways.length > 0 && !gateways.includes('mesh')) continue;
    for (const host of hosts.map((each) => resolveShortName(each, rule.namespace))) {
      if (isWildcard(host)) continue;
      const owner = owners.get(host);
      if (owner === undefined) owners.set(host, rule);
      else {
        context.report(
          rule,
          'IST0109',
          'Error',
          ['spec', 'hosts'],
          `the VirtualServices ${owner.namespace}/${owner.name} (${owner.position.file}:${owner.position.line}) and ${rule.namespace}/${rule.name} define the same host ${host}`,
          'Only the first is in force in sidecars: put the routes into one.',
        );
      }
    }
  }
}
