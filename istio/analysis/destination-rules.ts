import { closestWord } from '../../base/closest-word.ts';
import { matchesLabels } from '../../model/labels.ts';
import { isWildcard, resolveShortName } from '../host.ts';
import type { Resource } from '../resource.ts';
import type { ClientTls, DestinationRuleSpec } from '../schema/destination-rule.ts';
import type { KnownWorkload } from './known-services.ts';
import type { MeshView } from './mesh-view.ts';
import type { Report } from './report.ts';

type Rule = Resource<DestinationRuleSpec>;

/** Hosts and subsets of DestinationRules (IST0173, IST0174), and TLS that verifies nobody (IST0128, IST0129). */
export function checkDestinationRules(view: MeshView, report: Report): void {
  for (const rule of view.of('DestinationRule')) {
    checkHost(rule, view, report);
    checkCertificates(rule, report);
  }
}

function checkHost(rule: Rule, view: MeshView, report: Report): void {
  if (!view.knowsServices) return;
  const host = resolveShortName(rule.spec.host ?? '', rule.namespace);
  const service = view.findService(host, rule.namespace);
  if (service !== null) {
    if (service.members !== null) checkSubsets(rule, service.members, report);
    return;
  }
  const isUseful = isWildcard(host) && [...view.services].some(({ hostname }) => covers(host, hostname));
  if (isUseful) return;
  const near = closestWord(rule.spec.host ?? '', [...view.services].map(shortName));
  report.warn(
    rule,
    'IST0174',
    ['spec', 'host'],
    `The host ${rule.spec.host} defined in the DestinationRule does not match any services in the mesh`,
    `It was looked for as ${host}.${near === null ? '' : ` Did you mean "${near}"?`}`,
  );
}

const covers = (wildcard: string, host: string) => host.endsWith(wildcard.slice(1));
const shortName = ({ hostname }: { hostname: string }) => hostname.split('.')[0] ?? '';

function checkSubsets(rule: Rule, members: readonly KnownWorkload[], report: Report): void {
  (rule.spec.subsets ?? []).forEach(({ name, labels = {} }, index) => {
    if (members.some((member) => matchesLabels(labels, member.labels))) return;
    report.error(
      rule,
      'IST0173',
      ['spec', 'subsets', index],
      `The Subset ${name} defined in the DestinationRule does not select any pods`,
      `No running container of the service has ${formatLabels(labels)}.${hintFor(labels, members)}`,
    );
  });
}

function formatLabels(labels: Readonly<Record<string, string>>): string {
  const pairs = Object.entries(labels).map((pair) => pair.join('='));
  return pairs.length === 0 ? 'any label' : `the labels ${pairs.join(',')}`;
}

/** A label that no container has, though one like it; or a value that none has. */
function hintFor(labels: Readonly<Record<string, string>>, members: readonly KnownWorkload[]): string {
  for (const key of Object.keys(labels)) {
    const values = new Set(members.flatMap((member) => member.labels[key] ?? []));
    if (values.size > 0) return ` There are: ${[...values].map((value) => `${key}=${value}`).join(', ')}.`;
    const near = closestWord(key, new Set(members.flatMap((member) => Object.keys(member.labels))));
    if (near !== null) return ` Did you mean "${near}" by "${key}"?`;
  }
  return '';
}

function checkCertificates(rule: Rule, report: Report): void {
  const { trafficPolicy, host, workloadSelector } = rule.spec;
  const verifiesNobody = (tls: ClientTls | undefined) => {
    const isTls = tls?.mode === 'SIMPLE' || tls?.mode === 'MUTUAL';
    const hasCredential = (tls?.credentialName ?? '') !== '' && workloadSelector !== undefined;
    return isTls && (tls.caCertificates ?? '') === '' && !hasCredential;
  };
  const reportUnverified = (
    code: string,
    path: (string | number)[],
    mode: string | undefined,
    where: string,
  ) => {
    report.warn(
      rule,
      code,
      [...path, 'tls'],
      `TLS mode ${mode} is set, but no caCertificates to validate the server's identity for host ${host}${where}`,
      'Add `caCertificates: system` for public servers, or the file of your CA.',
    );
  };
  if (verifiesNobody(trafficPolicy?.tls))
    reportUnverified('IST0128', ['spec', 'trafficPolicy'], trafficPolicy?.tls?.mode, '');
  (trafficPolicy?.portLevelSettings ?? []).forEach(({ port, tls }, index) => {
    if (verifiesNobody(tls))
      reportUnverified(
        'IST0129',
        ['spec', 'trafficPolicy', 'portLevelSettings', index],
        tls?.mode,
        ` at port ${port?.number}`,
      );
  });
}
