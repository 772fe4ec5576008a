import { isWildcard } from '../../istio/host.ts';
import { serviceHostname } from '../../model/names.ts';
import type { Service, ServiceAlias } from './world.ts';
import type { WorldIndex } from './world-index.ts';

/** What a caller may call a service: `host.` is the absolute form, the bare name means that of its own namespace. */
export function serviceDomains(service: Service, namespace: string): string[] {
  const { hostname } = service;
  const addresses = service.vips.filter((address) => !address.includes('/'));
  if (isWildcard(hostname)) return [hostname, ...addresses];
  const aliases = (service.aliases ?? []).flatMap((alias) => [
    ...formsOf(alias, namespace),
    `${alias.hostname}.`,
  ]);
  const forms = formsOf(service, namespace);
  // The containers of a headless service may have names of their own below it (StatefulSet's `db-0.db`).
  const below = service.headless ? forms.map((form) => `*.${form}`) : [];
  return [...forms, `${hostname}.`, ...below, ...aliases, ...addresses];
}

export function formsOf({ hostname, name, namespace: own }: ServiceAlias, namespace: string): string[] {
  if (hostname !== serviceHostname(name, own)) return [hostname];
  const short = own === namespace ? [name] : [];
  return [hostname, ...short, `${name}.${own}`, `${name}.${own}.svc`];
}

/** Virtual addresses; and those of its containers, where Docker's own name server answers with them. */
export function serviceAddresses(index: WorldIndex, service: Service): readonly string[] {
  const containers = service.isDockerName || service.headless ? service.members : [];
  if (containers.length === 0) return service.vips;
  const workloads = containers.map((id) => index.workloadsById.get(id));
  return index.shared.keep(
    `addresses ${service.namespace}/${service.hostname}`,
    [service, ...workloads],
    () => [
      ...service.vips,
      ...workloads.flatMap((workload) => workload?.addresses.map(({ address }) => address) ?? []),
    ],
  );
}

/** The service as its callers see it: the same object for as long as nothing but its containers changes. */
export function faceOf(index: WorldIndex, service: Service): Service {
  if (index.servicesByHost.get(service.hostname) !== service) return service;
  return index.shared.keep(`face ${service.hostname}`, [service], () => ({ ...service, members: [] }));
}
