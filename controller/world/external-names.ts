import type { Resource } from '../../istio/resource.ts';
import type { KubernetesServiceSpec } from '../../istio/schema/kubernetes.ts';
import { serviceHostname } from '../../model/names.ts';
import type { Service, ServiceAlias } from '../compile/world.ts';
import { documentPorts } from './service-ports.ts';

/** A Service of type ExternalName: another name for a host. */
export interface ExternalName extends ServiceAlias {
  /** Lower-case, without final dot. */
  readonly target: string;
  readonly ports: Service['ports'];
  readonly exportTo: readonly string[];
}

export function externalNames(
  resources: readonly Resource[],
  exportToOf: (resource: Resource) => string[],
): ExternalName[] {
  return resources
    .filter((resource) => resource.kind === 'Service' && isExternalName(resource))
    .map((resource) => {
      const spec = resource.spec as KubernetesServiceSpec;
      return {
        ...{ name: resource.name, namespace: resource.namespace, ports: documentPorts(spec) },
        hostname: serviceHostname(resource.name, resource.namespace),
        target: (spec.externalName ?? '').toLowerCase().replace(/\.$/, ''),
        exportTo: exportToOf(resource),
      };
    });
}

export function isExternalName({ spec }: Resource): boolean {
  return (spec as KubernetesServiceSpec).type === 'ExternalName';
}

/**
 * What leads out of the mesh becomes a service that is looked up: no name server of Docker's knows its name, so it needs
 * an address of the mesh. (In Kubernetes the cluster's DNS says the other name, and Istio does nothing.)
 */
export function lookedUpServices(
  names: readonly ExternalName[],
  known: ReadonlySet<string>,
): Omit<Service, 'vips'>[] {
  return names
    .filter(({ target, ports }) => !known.has(target) && ports.length > 0)
    .map(({ hostname, name, namespace, target, ports, exportTo }) => {
      const servicePorts = ports.map(({ number }) => number);
      const endpoint = { address: target, ports: {}, servicePorts, labels: {}, weight: 1, locality: '' };
      return {
        ...{ hostname, name, namespace, ports, exportTo, headless: false, members: [], isDockerName: false },
        external: {
          ...{ resolution: 'DNS', location: 'MESH_EXTERNAL', endpoints: [endpoint] },
          ...{ subjectAltNames: [], address: 'automatic' },
        },
      };
    });
}

/** A name for a service of the mesh acts as that service's own, with its rules (Istio's ExternalName aliases). */
export function withAliases(services: readonly Service[], names: readonly ExternalName[]): Service[] {
  return services.map((service) => {
    const aliases = names
      .filter(({ target }) => target === service.hostname)
      .map(({ hostname, name, namespace }): ServiceAlias => ({ hostname, name, namespace }));
    return aliases.length === 0 ? service : { ...service, aliases };
  });
}
