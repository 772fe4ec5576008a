import { matchesLabels } from '../../model/labels.ts';
import { ROOT_NAMESPACE } from '../../model/names.ts';
import { hostsMatch } from '../host.ts';
import type { Resource } from '../resource.ts';
import type { GatewaySpec } from '../schema/gateway.ts';
import type { VirtualServiceSpec } from '../schema/virtual-service.ts';
import { destinationsOf } from './destinations.ts';
import type { MeshView } from './mesh-view.ts';
import { placeOf, type Report } from './report.ts';

type Rule = Resource<VirtualServiceSpec>;

/** Gateways that VirtualServices name: whether they are there, and have the hosts (IST0101, IST0132, IST0149). */
export function checkGatewayReferences(view: MeshView, report: Report): void {
  for (const rule of view.of('VirtualService')) {
    (rule.spec.gateways ?? []).forEach((reference, index) => {
      if (reference === 'mesh') return;
      const gateway = findGateway(reference, rule.namespace, view);
      if (gateway === undefined) {
        const others = view.of('Gateway').map(({ namespace, name }) => `${namespace}/${name}`);
        const known = others.length === 0 ? 'Define the Gateway.' : `Known Gateways: ${others.join(', ')}.`;
        const path = ['spec', 'gateways', index];
        report.error(rule, 'IST0101', path, `Referenced gateway not found: "${reference}"`, known);
        return;
      }
      checkHosts(rule, gateway, index, report);
      checkClaims(rule, gateway, view, report);
    });
  }
}

/** `name`, `namespace/name`, and the old `name.namespace.svc.cluster.local`. */
export function findGateway(reference: string, ownNamespace: string, view: MeshView) {
  const slash = reference.indexOf('/');
  if (slash >= 0) return view.find('Gateway', reference.slice(0, slash), reference.slice(slash + 1));
  const [name = '', namespace = ownNamespace] = reference.split('.');
  return view.find('Gateway', namespace, name);
}

function checkHosts(rule: Rule, gateway: Resource<GatewaySpec>, index: number, report: Report): void {
  const hosts = rule.spec.hosts ?? [];
  const offered = (gateway.spec.servers ?? [])
    .flatMap((server) => server.hosts ?? [])
    .flatMap((host) => hostFor(host, rule.namespace, gateway.namespace));
  if (hosts.some((host) => offered.some((other) => hostsMatch(other, host.toLowerCase())))) return;
  report.warn(
    rule,
    'IST0132',
    ['spec', 'gateways', index],
    `one or more host [${hosts.join(' ')}] defined in VirtualService ${rule.namespace}/${rule.name} not found in Gateway ${gateway.namespace}/${gateway.name}`,
    `The Gateway has ${offered.length === 0 ? 'no host for this namespace' : offered.join(', ')}.`,
  );
}

/** A server's `namespace/host` admits VirtualServices of that namespace only. */
function hostFor(host: string, ruleNamespace: string, gatewayNamespace: string): string[] {
  const slash = host.indexOf('/');
  const scope = slash < 0 ? '*' : host.slice(0, slash);
  const namespace = scope === '.' ? gatewayNamespace : scope;
  return namespace === '*' || namespace === ruleNamespace ? [host.slice(slash + 1).toLowerCase()] : [];
}

/** A claim can be matched only where some RequestAuthentication has read the token. */
function checkClaims(rule: Rule, gateway: Resource<GatewaySpec>, view: MeshView, report: Report): void {
  const claim = claimOf(rule);
  if (claim === null) return;
  for (const workload of view.select(gateway.spec.selector, null)) {
    const isRead = view
      .of('RequestAuthentication')
      .some(
        ({ namespace, spec }) =>
          (namespace === ROOT_NAMESPACE || namespace === workload.namespace) &&
          matchesLabels(spec.selector?.matchLabels ?? {}, workload.labels),
      );
    if (isRead) continue;
    report.error(
      rule,
      'IST0149',
      claim.path,
      `${claim.key} is matched, but no RequestAuthentication applies to ${workload.name} of gateway ${gateway.namespace}/${gateway.name}`,
      'Add a RequestAuthentication whose selector means the gateway.',
    );
  }
}

function claimOf({ spec }: Rule): { key: string; path: (string | number)[] } | null {
  for (const [index, route] of (spec.http ?? []).entries()) {
    for (const [place, match] of (route.match ?? []).entries()) {
      for (const field of ['headers', 'withoutHeaders'] as const) {
        const key = Object.keys(match?.[field] ?? {}).find((name) => name.startsWith('@request.auth.claims'));
        if (key !== undefined) return { key, path: ['spec', 'http', index, 'match', place, field, key] };
      }
    }
  }
  return null;
}

/**
 * A rule at a gateway routes to the whole host, while subsets are chosen by another rule in the mesh: that one is not
 * asked at a gateway (IST0140).
 */
export function checkSubsetsAtGateways(view: MeshView, report: Report): void {
  const choosers = view
    .of('VirtualService')
    .filter((rule) =>
      destinationsOf(rule).some(
        ({ destination }) =>
          (destination.subset ?? '') !== '' && rule.spec.hosts?.includes(destination.host ?? ''),
      ),
    );
  for (const rule of view.of('VirtualService')) {
    if (!(rule.spec.gateways ?? []).some((gateway) => gateway !== 'mesh')) continue;
    for (const { destination, path, isMirror } of destinationsOf(rule)) {
      if (isMirror || path[1] !== 'http' || (destination.subset ?? '') !== '') continue;
      const chooser = choosers.find(
        (other) => other !== rule && other.spec.hosts?.includes(destination.host ?? ''),
      );
      if (chooser === undefined) continue;
      report.warn(
        rule,
        'IST0140',
        [...path, 'host'],
        `the subsets that ${placeOf(chooser)} chooses have no effect on requests through the gateway`,
        'Name a subset here, or bind both to the gateway.',
      );
    }
  }
}
