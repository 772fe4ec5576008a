import type { Resource } from '../resource.ts';
import type { VirtualServiceSpec } from '../schema/virtual-service.ts';
import type { MeshView } from './mesh-view.ts';
import type { Report } from './report.ts';
import { findGateway } from './virtual-service-gateways.ts';

type Rule = Resource<VirtualServiceSpec>;

/** `match.port` at a gateway is a port of one of its servers; with another the match never holds (LAT0205). */
export function checkMatchPorts(view: MeshView, report: Report): void {
  for (const rule of view.of('VirtualService')) {
    for (const field of ['http', 'tls', 'tcp'] as const) {
      (rule.spec[field] ?? []).forEach((route, index) => {
        (route.match ?? []).forEach((match, place) => {
          const offered = serverPorts(match?.gateways ?? rule.spec.gateways ?? [], rule, view);
          const port = match?.port ?? 0;
          if (port === 0 || offered === null || offered.includes(port)) return;
          report.warn(
            rule,
            'LAT0205',
            ['spec', field, index, 'match', place, 'port'],
            `no server of the Gateway has port ${port}: this match never holds there`,
            `Its ports are ${offered.join(', ')}.`,
          );
        });
      });
    }
  }
}

/** null = a match of the mesh too, or of a Gateway that is not there. */
function serverPorts(references: readonly string[], { namespace }: Rule, view: MeshView): number[] | null {
  if (references.length === 0 || references.includes('mesh')) return null;
  const gateways = references.map((reference) => findGateway(reference, namespace, view));
  if (gateways.includes(undefined)) return null;
  const servers = gateways.flatMap((gateway) => gateway?.spec.servers ?? []);
  return [...new Set(servers.map(({ port }) => port?.number ?? 0))];
}
