/**
 * What Docker must be asked for to have a container again that is gone, as `inspect` told of it: with its labels (by which
 * Compose knows it), its addresses, and the anonymous volumes that it had. Pure.
 */
import type Docker from 'dockerode';

export interface SameContainer {
  readonly options: Docker.ContainerCreateOptions;
  /** Networks that it is connected to after it was made, in their order: older engines take one at first. */
  readonly networks: readonly { readonly name: string; readonly endpoint: Docker.EndpointSettings }[];
}

/** `image`: its name, if that still means the same one. */
export function sameContainer(before: Docker.ContainerInspectInfo, image: string): SameContainer {
  const mode = before.HostConfig.NetworkMode ?? '';
  const endpoints = Object.entries(before.NetworkSettings.Networks ?? {}).map(([name, network]) => ({
    name,
    endpoint: endpointOf(before, network),
  }));
  const ofMode = endpoints.filter(({ name }) => name === mode);
  return {
    options: {
      ...configOf(before),
      name: before.Name.replace(/^\//, ''),
      Image: image,
      HostConfig: hostConfigOf(before),
      NetworkingConfig: {
        EndpointsConfig: Object.fromEntries(ofMode.map(({ name, endpoint }) => [name, endpoint])),
      },
    },
    // Of a mode like `bridge` or `container:…` nothing is connected but that.
    networks: ofMode.length === 0 ? [] : endpoints.filter(({ name }) => name !== mode),
  };
}

function configOf({ Config, HostConfig, Id }: Docker.ContainerInspectInfo): Docker.ContainerCreateOptions {
  const { Hostname, Domainname, ExposedPorts, ...config } = Config;
  // In a namespace of another these are that one's; the usual host name is the container's own id.
  if (HostConfig.NetworkMode?.startsWith('container:')) return config;
  const hostname = Hostname === Id.slice(0, 12) || HostConfig.NetworkMode === 'host' ? {} : { Hostname };
  return { ...config, ...hostname, Domainname, ExposedPorts };
}

type Mount = NonNullable<Docker.HostConfig['Mounts']>[number];

/** Volumes without a name stay the same ones. */
function hostConfigOf({ HostConfig, Mounts }: Docker.ContainerInspectInfo): Docker.HostConfig {
  const binds = HostConfig.Binds ?? [];
  const named = (HostConfig.Mounts ?? []).filter(({ Type, Source }) => Type !== 'volume' || Source);
  const isSaid = (target: string) =>
    binds.some((bind) => bind.split(':')[1] === target) || named.some(({ Target }) => Target === target);
  const anonymous = Mounts.filter(({ Type, Destination }) => Type === 'volume' && !isSaid(Destination)).map(
    ({ Name, Destination, RW }): Mount => ({
      ...{ Type: 'volume', Source: Name ?? '', Target: Destination },
      ReadOnly: !RW,
    }),
  );
  return { ...HostConfig, Mounts: [...named, ...anonymous] };
}

function endpointOf({ Id }: Docker.ContainerInspectInfo, network: Docker.NetworkInfo) {
  const { Aliases, IPAMConfig, Links, DriverOpts } = network as Docker.NetworkInfo & {
    Aliases?: string[] | null;
    IPAMConfig?: unknown;
    Links?: unknown;
    DriverOpts?: unknown;
  };
  return {
    // Docker adds the id by itself.
    Aliases: (Aliases ?? []).filter((alias: string) => !Id.startsWith(alias)),
    ...(IPAMConfig ? { IPAMConfig } : {}),
    ...(Links ? { Links } : {}),
    ...(DriverOpts ? { DriverOpts } : {}),
  } as Docker.EndpointSettings;
}

/** Those whose namespaces others join come first; else the order in which they were started. */
export function inStartOrder(
  containers: readonly Docker.ContainerInspectInfo[],
): Docker.ContainerInspectInfo[] {
  const byTime = [...containers].sort((a, b) => a.State.StartedAt.localeCompare(b.State.StartedAt));
  const ordered = new Set<Docker.ContainerInspectInfo>();
  const add = (info: Docker.ContainerInspectInfo): void => {
    const said = JSON.stringify(info.HostConfig);
    for (const other of byTime)
      if (other !== info && said.includes(other.Id) && !ordered.has(other)) add(other);
    ordered.add(info);
  };
  for (const info of byTime) add(info);
  return [...ordered];
}

const DEPENDS_ON = 'com.docker.compose.depends_on';

/** Services that others wait for until they are healthy: `db:service_healthy:true,cache:service_started:false`. */
export function awaitedServices(containers: readonly Docker.ContainerInspectInfo[]): Set<string> {
  const said = containers.flatMap(({ Config }) => (Config.Labels?.[DEPENDS_ON] ?? '').split(','));
  return new Set(
    said.flatMap((entry) => {
      const [service = '', condition] = entry.split(':');
      return condition === 'service_healthy' ? [service] : [];
    }),
  );
}
