import type { ClusterSpec, UpstreamTlsSpec } from '../../../model/cluster.ts';
import { sniClusterName, spiffeId } from '../../../model/names.ts';
import { takesMutualTls } from '../security/mutual-tls-mode.ts';
import type { Service, ServicePort, Workload } from '../world.ts';
import type { WorldIndex } from '../world-index.ts';
import type { PolicyBlocks } from './traffic-policy.ts';

/**
 * Mutual TLS of the mesh towards one cluster: what a rule demands (ISTIO_MUTUAL) holds for all its hosts; where no rule
 * says anything each host is spoken to as it can (Istio's automatic mutual TLS, `MeshConfig.enableAutoMtls`).
 */
export function compileMeshTls(
  index: WorldIndex,
  service: Service,
  port: ServicePort,
  subset: string,
  { tls }: PolicyBlocks,
  discovery: ClusterSpec['discovery'],
): Pick<ClusterSpec, 'tls' | 'autoTls'> {
  // Of a rule's other fields these two count with ISTIO_MUTUAL (Istio's `conditionallyConvertToIstioMtls`).
  const { sni = '', subjectAltNames: names = [] } = tls ?? {};
  const spec = (): UpstreamTlsSpec => ({
    ...{
      mode: 'istio-mutual',
      sni: sni || sniClusterName(port.number, subset, service.hostname),
      alpn: [],
      skipVerify: false,
    },
    ...{ subjectAltNames: names.length > 0 ? names : identitiesOf(index, service) },
    ...{ trust: '', certificate: '' },
  });
  if (tls?.mode === 'ISTIO_MUTUAL') return { tls: spec() };
  const isOutside = service.external?.location === 'MESH_EXTERNAL';
  if (tls !== undefined || !index.world.mesh.enableAutoMtls || isOutside) return { tls: null };
  const sidecars = membersOf(index, service).filter(({ proxy }) => proxy === 'sidecar');
  if (sidecars.length === 0) return { tls: null };
  if (discovery.kind !== 'original-destination') return { tls: null, autoTls: spec() };
  // Where the caller chooses the address itself all of them must speak it (Istio's BestEffortInferServiceMTLSMode).
  const isSpokenByAll = membersOf(index, service).every((each) =>
    takesMutualTls(index, each, port.targetPort),
  );
  return { tls: isSpokenByAll ? spec() : null };
}

/** Who may answer for a service: the accounts that its workloads run as. */
function identitiesOf(index: WorldIndex, service: Service): string[] {
  const { trustDomain } = index.world.mesh;
  const proxies = membersOf(index, service).filter(({ proxy }) => proxy !== null);
  const ids = proxies.map(({ namespace, serviceAccount }) =>
    spiffeId(namespace, serviceAccount, trustDomain),
  );
  return [...new Set(ids)].sort();
}

function membersOf(index: WorldIndex, { members }: Service): Workload[] {
  return members.map((id) => index.workloadsById.get(id)).filter((each) => each !== undefined);
}
