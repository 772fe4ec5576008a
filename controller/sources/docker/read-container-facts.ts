import type { ContainerInspectInfo } from 'dockerode';
import type { ContainerFacts } from '../../world/container-facts.ts';

export function readContainerFacts(info: ContainerInspectInfo, isDraining: boolean): ContainerFacts {
  return {
    id: info.Id,
    name: info.Name.replace(/^\//, ''),
    labels: info.Config.Labels ?? {},
    state: readState(info.State),
    health: readHealth(info.State.Health?.Status),
    startedAt: info.State.StartedAt,
    networks: Object.entries(info.NetworkSettings.Networks ?? {})
      .map(([name, network]) => ({
        id: network.NetworkID,
        name,
        address: network.IPAddress,
        addressV6: network.GlobalIPv6Address,
      }))
      .filter(({ address }) => address !== ''),
    exposedPorts: Object.keys(info.Config.ExposedPorts ?? {}).flatMap(readExposedPort),
    publishedPorts: Object.entries(info.HostConfig.PortBindings ?? {}).flatMap(readPublished),
    startError: info.State.Running ? '' : (info.State.Error ?? ''),
    stopSignal: (info.Config as { StopSignal?: string }).StopSignal ?? '',
    image: info.Image,
    networkMode: info.HostConfig.NetworkMode ?? '',
    hasTerminal: info.Config.Tty ?? false,
    user: info.Config.User ?? '',
    isDraining,
  };
}

function readState(state: ContainerInspectInfo['State']): ContainerFacts['state'] {
  if (state.Paused) return 'paused';
  if (state.Running) return 'running';
  return state.Status === 'created' ? 'created' : 'stopped';
}

function readHealth(status: string | undefined): ContainerFacts['health'] {
  return status === 'starting' || status === 'healthy' || status === 'unhealthy' ? status : 'none';
}

/** `9080/tcp`, or `8000-8002/udp`. */
function readExposedPort(text: string): ContainerFacts['exposedPorts'][number][] {
  const match = /^(\d+)(?:-(\d+))?(?:\/(tcp|udp))?$/.exec(text);
  if (match === null) return [];
  const from = Number(match[1]);
  const to = Math.min(Number(match[2] ?? from), from + 1000);
  const protocol = match[3] === 'udp' ? 'udp' : 'tcp';
  return Array.from({ length: to - from + 1 }, (_, index) => ({ port: from + index, protocol }));
}

/** `8080/tcp` → the host's ports. */
function readPublished([text, bindings]: [string, unknown]): ContainerFacts['publishedPorts'][number][] {
  const port = Number.parseInt(text, 10);
  const hosts = (bindings ?? []) as readonly { readonly HostPort?: string }[];
  return hosts
    .map(({ HostPort }) => ({ port, hostPort: Number(HostPort ?? 0) }))
    .filter(({ hostPort }) => hostPort > 0);
}
