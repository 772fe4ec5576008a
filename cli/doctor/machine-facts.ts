import { hostname } from 'node:os';
import type Docker from 'dockerode';
import { dockerHost, socketPath } from '../ask/docker-host.ts';
import { createDocker, daemonFailure } from '../ask/find-controller.ts';
import { CliError } from '../cli-error.ts';
import { requireComposeForUp } from '../compose/compose-version.ts';
import { isFree } from '../up/host-ports.ts';
import type { EngineFacts, MachineFacts } from './facts.ts';
import { freeBytesOf, readContainerProxy, readInotify, readRoutes } from './host-facts.ts';
import type { NamedRange } from './overlap.ts';
import { tryNft } from './try-nft.ts';

/** Of what Docker says of itself. */
interface DockerInfo {
  readonly Name?: string;
  readonly OperatingSystem: string;
  readonly KernelVersion: string;
  readonly SecurityOptions?: readonly string[] | null;
  readonly SystemTime: string;
  readonly MemTotal: number;
  readonly DockerRootDir: string;
  readonly DefaultRuntime?: string;
  readonly CgroupVersion?: string;
  readonly HttpProxy?: string;
  readonly HttpsProxy?: string;
  readonly DefaultAddressPools?: readonly unknown[] | null;
}

const GATEWAY_PORTS = [8080, 8443];

export async function readMachine(): Promise<MachineFacts> {
  const docker = await createDocker();
  const [engine, compose, ports] = await Promise.all([
    tryEngine(docker),
    tryCompose(),
    Promise.all(GATEWAY_PORTS.map(async (port) => [port, await isFree(port, '127.0.0.1')] as const)),
  ]);
  const isHere = engine.engine?.isHere === true;
  return {
    nodeVersion: process.versions.node,
    ...engine,
    compose,
    ports: new Map(ports),
    nft: engine.engine === null ? null : await tryNft(docker),
    socket: socketPath(dockerHost()),
    routes: isHere ? readRoutes() : [],
    inotify: isHere ? readInotify() : null,
    containerProxy: readContainerProxy(process.env),
    askedApi: process.env['DOCKER_API_VERSION'] ?? '',
  };
}

type EngineAnswer = Pick<MachineFacts, 'engine' | 'engineError' | 'engineRemedy' | 'freeBytes'>;

async function tryEngine(docker: Docker): Promise<EngineAnswer> {
  try {
    const [version, info, networks] = await Promise.all([
      docker.version(),
      docker.info() as Promise<DockerInfo>,
      docker.listNetworks(),
    ]);
    return {
      engine: engineFacts(version, info, networks.flatMap(rangesOf)),
      engineError: '',
      engineRemedy: '',
      freeBytes: info.Name === hostname() ? await freeBytesOf(info.DockerRootDir) : null,
    };
  } catch (error) {
    const { message, remedy } = error instanceof CliError ? error : daemonFailure(error);
    return { engine: null, engineError: message, engineRemedy: remedy, freeBytes: null };
  }
}

const engineFacts = (
  version: Docker.DockerVersion,
  info: DockerInfo,
  networks: readonly NamedRange[],
): EngineFacts => ({
  version: version.Version,
  apiVersion: version.ApiVersion,
  operatingSystem: info.OperatingSystem,
  kernelVersion: info.KernelVersion,
  isRootless: (info.SecurityOptions ?? []).some((option) => option.includes('rootless')),
  isPodman: JSON.stringify(version).toLowerCase().includes('podman'),
  isHere: info.Name === hostname(),
  isRemote: socketPath(dockerHost()) === null,
  runtime: info.DefaultRuntime ?? '',
  securityOptions: info.SecurityOptions ?? [],
  cgroupVersion: info.CgroupVersion ?? '?',
  proxy: info.HttpsProxy || info.HttpProxy || '',
  clockAheadMs: Date.parse(info.SystemTime) - Date.now(),
  memoryBytes: info.MemTotal,
  networks,
  hasUsualPools: (info.DefaultAddressPools ?? []).length === 0,
});

const rangesOf = ({ Name, IPAM }: Docker.NetworkInspectInfo): NamedRange[] =>
  (IPAM?.Config ?? []).flatMap(({ Subnet }) => (Subnet ? [{ name: Name, range: Subnet }] : []));

async function tryCompose(): Promise<MachineFacts['compose']> {
  try {
    return { version: await requireComposeForUp(), remedy: '' };
  } catch (error) {
    if (error instanceof CliError) return { version: error.message, remedy: error.remedy };
    throw error;
  }
}
