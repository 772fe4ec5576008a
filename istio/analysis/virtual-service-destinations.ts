import { closestWord } from '../../base/closest-word.ts';
import { hostsMatch, isWildcard, resolveShortName } from '../host.ts';
import type { Resource } from '../resource.ts';
import type { VirtualServiceSpec } from '../schema/virtual-service.ts';
import { destinationsOf, type PlacedDestination } from './destinations.ts';
import { NO_EGRESS_GATEWAY } from './gateways.ts';
import type { MeshView, ServiceView } from './mesh-view.ts';
import type { Report } from './report.ts';

type Rule = Resource<VirtualServiceSpec>;

/** Hosts, ports and subsets that routes name (IST0101, IST0112). */
export function checkDestinations(view: MeshView, report: Report): void {
  const subsets = new SubsetIndex(view);
  for (const rule of view.of('VirtualService')) {
    for (const placed of destinationsOf(rule)) {
      const host = resolveShortName(placed.destination.host ?? '', rule.namespace);
      const service = view.findService(host, rule.namespace);
      if (view.knowsServices && service === null) reportHost(rule, placed, host, view, report);
      else {
        if (service !== null) checkPort(rule, placed, service, report);
        checkSubset(rule, placed, subsets.of(host), report);
      }
    }
  }
}

function reportHost(
  rule: Rule,
  { destination, path, isMirror }: PlacedDestination,
  host: string,
  view: MeshView,
  report: Report,
): void {
  const names = [...view.services].flatMap(({ hostname }) => [hostname, hostname.split('.')[0] ?? '']);
  const near = closestWord(destination.host ?? '', names);
  const isEgress = host.startsWith('istio-egress') && near?.startsWith('istio-egress') !== true;
  const hint = isEgress ? ` ${NO_EGRESS_GATEWAY}` : near === null ? '' : ` Did you mean "${near}"?`;
  report.error(
    rule,
    'IST0101',
    [...path, 'host'],
    `Referenced ${isMirror ? 'mirror host' : 'host'} not found: "${destination.host}"`,
    `No service is called ${host}${isMirror ? '' : ': requests get 503 (NC)'}.${hint}`,
  );
}

function checkPort(
  rule: Rule,
  { destination, path }: PlacedDestination,
  { ports, hasUnknownPorts }: ServiceView,
  report: Report,
): void {
  const numbers = ports.map(({ number }) => number);
  const port = destination.port?.number;
  if (port === undefined && numbers.length > 1)
    report.error(
      rule,
      'IST0112',
      [...path, 'host'],
      `This VirtualService routes to a service "${destination.host}" that exposes multiple ports [${numbers.join(' ')}]`,
      `Say which: \`port: { number: ${numbers[0]} }\`.`,
    );
  if (port !== undefined && numbers.length > 0 && hasUnknownPorts !== true && !numbers.includes(port))
    report.error(
      rule,
      'IST0101',
      [...path, 'port'],
      `Referenced host:port not found: "${destination.host}:${port}"`,
      `The service has the ports ${numbers.join(', ')}.`,
    );
}

/** Names of the subsets that DestinationRules define for a host; each rule's host is looked at once. */
class SubsetIndex {
  readonly #byHost = new Map<string, string[]>();
  readonly #wildcards: string[] = [];

  constructor(view: MeshView) {
    for (const { spec, namespace } of view.of('DestinationRule')) {
      const host = resolveShortName(spec.host ?? '', namespace);
      const names = this.#byHost.get(host) ?? [];
      names.push(...(spec.subsets ?? []).map(({ name = '' }) => name));
      if (isWildcard(host) && !this.#byHost.has(host)) this.#wildcards.push(host);
      this.#byHost.set(host, names);
    }
  }

  of(host: string): readonly string[] {
    const covering = this.#wildcards.filter((wildcard) => wildcard !== host && hostsMatch(wildcard, host));
    return [host, ...covering].flatMap((each) => this.#byHost.get(each) ?? []);
  }
}

function checkSubset(
  rule: Rule,
  { destination, path, isMirror }: PlacedDestination,
  known: readonly string[],
  report: Report,
): void {
  const subset = destination.subset ?? '';
  if (subset === '' || known.includes(subset)) return;
  const what = isMirror ? 'mirror+subset' : 'host+subset';
  report.error(
    rule,
    'IST0101',
    [...path, 'subset'],
    `Referenced ${what} in destinationrule not found: "${destination.host}+${subset}"`,
    known.length === 0
      ? `Define it in a DestinationRule with \`host: ${destination.host}\`.`
      : `Known subsets: ${known.join(', ')}.`,
  );
}
