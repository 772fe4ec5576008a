import { serviceHostname } from '../../model/names.ts';
import type { Service } from './world.ts';
import type { WorldIndex } from './world-index.ts';

/** What a caller may call a service: `host.` is the absolute form, the bare name means that of its own namespace. */
export function serviceDomains(service: Service, namespace: string): string[] {
  const { name, namespace: own, hostname } = service;
  if (hostname !== serviceHostname(name, own)) return [hostname, `${hostname}.`, ...service.vips];
  const short = own === namespace ? [name] : [];
  const forms = [hostname, ...short, `${name}.${own}`, `${name}.${own}.svc`];
  // The containers of a headless service may have names of their own below it (StatefulSet's `db-0.db`).
  const below = service.headless ? forms.map((form) => `*.${form}`) : [];
  return [...forms, `${hostname}.`, ...below, ...service.vips];
}

/** Virtual addresses; and those of its containers, where Docker's own name server answers with them. */
export function serviceAddresses(index: WorldIndex, service: Service): string[] {
  const containers = service.isDockerName || service.headless ? service.members : [];
  return [
    ...service.vips,
    ...containers.flatMap((id) => index.workloadsById.get(id)?.addresses.map(({ address }) => address) ?? []),
  ];
}
