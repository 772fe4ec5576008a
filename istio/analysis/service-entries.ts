import type { Resource } from '../resource.ts';
import type { ServiceEntrySpec } from '../schema/service-entry.ts';
import type { MeshView } from './mesh-view.ts';
import { placeOf, type Report } from './report.ts';

type Entry = Resource<ServiceEntrySpec>;

/** ServiceEntries that cannot be told apart (IST0134), or say different things of one host (IST0177). */
export function checkServiceEntries(view: MeshView, report: Report): void {
  for (const entry of view.of('ServiceEntry')) checkAddresses(entry, report);
  checkProtocols(view.of('ServiceEntry'), report);
}

const OPT_OUT = 'networking.istio.io/enable-autoallocate-ip';

/** Entries without addresses get one of their own, unless they forward to whatever address was called. */
function getsAddress({ spec, labels }: Entry): boolean {
  const { resolution = 'NONE', hosts = [] } = spec;
  if (labels[OPT_OUT] === 'false' || resolution === 'NONE') return false;
  return resolution === 'DYNAMIC_DNS' || hosts.every((host) => !host.startsWith('*'));
}

function checkAddresses(entry: Entry, report: Report): void {
  if ((entry.spec.addresses ?? []).length > 0 || getsAddress(entry)) return;
  (entry.spec.ports ?? []).forEach(({ protocol = '' }, index) => {
    if (protocol !== '' && protocol.toUpperCase() !== 'TCP') return;
    report.warn(
      entry,
      'IST0134',
      ['spec', 'ports', index],
      'ServiceEntry addresses are required for this protocol: it takes every connection to this port',
      'Add `addresses:`, or `resolution: DNS`.',
    );
  });
}

function checkProtocols(entries: readonly Entry[], report: Report): void {
  const byPort = new Map<string, { entry: Entry; protocol: string; index: number }[]>();
  for (const entry of entries) {
    for (const host of new Set(entry.spec.hosts ?? [])) {
      (entry.spec.ports ?? []).forEach(({ number, protocol = '' }, index) => {
        const key = `${host}:${number}`;
        const claim = { entry, protocol: protocol.toUpperCase(), index };
        byPort.set(key, [...(byPort.get(key) ?? []), claim]);
      });
    }
  }
  for (const [port, claims] of byPort) {
    const protocols = [...new Set(claims.map(({ protocol }) => protocol))].sort();
    if (protocols.length < 2) continue;
    const names = claims.map(({ entry }) => placeOf(entry)).join(', ');
    for (const { entry, index } of claims) {
      report.warn(
        entry,
        'IST0177',
        ['spec', 'ports', index, 'protocol'],
        `Multiple ServiceEntries (${names}) define ${port} with conflicting protocols (${protocols.join(', ')})`,
        'Write the same protocol in all.',
      );
    }
  }
}
