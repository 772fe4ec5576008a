import { closestWord } from '../../base/closest-word.ts';
import { CACHE_ANNOTATION } from '../cache-annotation.ts';
import { selectProtocol } from '../port-protocol.ts';
import type { Resource } from '../resource.ts';
import type { MeshView } from './mesh-view.ts';
import type { Report } from './report.ts';

/** Port names of v1 Services that tell no protocol (IST0118). */
export function checkPortNames(view: MeshView, report: Report): void {
  for (const service of view.of('Service')) {
    (service.spec.ports ?? []).forEach(
      ({ name = '', port = 0, targetPort, protocol, appProtocol = '' }, index) => {
        if (protocol === 'UDP' || selectProtocol(name, appProtocol, port) !== 'auto') return;
        report.inform(
          service,
          'IST0118',
          ['spec', 'ports', index],
          `Port name ${name} (port: ${port}, targetPort: ${targetPort ?? port}) doesn't follow the naming convention of Istio port`,
          'Its protocol is detected. To say it, name the port such as http-web or tcp-db, or set appProtocol.',
        );
      },
    );
  }
}

const KINDS_OF_ANNOTATIONS: Readonly<Record<string, readonly string[]>> = {
  'galley.istio.io/analyze-suppress': [],
  'gateway.istio.io/controller-version': [],
  'istio.io/dry-run': ['AuthorizationPolicy'],
  'istio.io/autoRegistrationGroup': ['WorkloadEntry'],
  'istio.io/connectedAt': ['WorkloadEntry'],
  'istio.io/disconnectedAt': ['WorkloadEntry'],
  'istio.io/workloadController': ['WorkloadEntry'],
  'istio.io/use-waypoint-canary-weight': ['Service', 'ServiceEntry'],
  'networking.istio.io/exportTo': ['Service'],
  'networking.istio.io/traffic-distribution': ['Service', 'ServiceEntry'],
  'traffic.istio.io/nodeSelector': ['Service'],
  'alpha.istio.io/canonical-serviceaccounts': ['Service'],
  'alpha.istio.io/kubernetes-serviceaccounts': ['Service'],
  [CACHE_ANNOTATION]: ['VirtualService', 'ServiceEntry'],
};

/** Prefixes of annotations that Istio reads from Pods: here they are labels of containers. */
const OF_CONTAINERS =
  /^(sidecar|proxy|inject|traffic\.sidecar|status\.sidecar|readiness\.status\.sidecar|prometheus)\.istio\.io\//;

/** Istio's annotations and ours where they have no effect (IST0107), and such as it does not know (IST0108). */
export function checkAnnotations(resources: readonly Resource[], report: Report): void {
  for (const resource of resources) {
    for (const name of Object.keys(resource.annotations)) {
      if (!/^(([-a-z0-9.]*\.)?istio\.io\/|lateen\.(?!test\/))/.test(name)) continue;
      const path = ['metadata', 'annotations', name];
      const kinds = KINDS_OF_ANNOTATIONS[name];
      if (OF_CONTAINERS.test(name))
        report.warn(
          resource,
          'IST0107',
          path,
          `Misplaced annotation: ${name} can only be applied to containers`,
          'Write it as a label of the container, in the compose file.',
        );
      else if (kinds === undefined) {
        const near = closestWord(name, Object.keys(KINDS_OF_ANNOTATIONS));
        const remedy = near === null ? 'It has no effect.' : `Did you mean "${near}"?`;
        report.warn(resource, 'IST0108', path, `Unknown annotation: ${name}`, remedy);
      } else if (kinds.length > 0 && !kinds.includes(resource.kind))
        report.warn(
          resource,
          'IST0107',
          path,
          `Misplaced annotation: ${name} can only be applied to ${kinds.join(', ')}`,
          'It has no effect here.',
        );
    }
  }
}
