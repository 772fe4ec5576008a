import { statfs } from 'node:fs/promises';
import type Docker from 'dockerode';
import { dockerHost, socketPath } from '../ask/docker-host.ts';
import { runDocker } from '../ask/docker-program.ts';
import { createDocker, daemonFailure } from '../ask/find-controller.ts';
import { CliError } from '../cli-error.ts';
import { meshPackage } from '../mesh-package.ts';
import { isFree } from '../up/host-ports.ts';
import type { EngineFacts, MachineFacts } from './judge.ts';

/** Of what Docker says of itself. */
interface DockerInfo {
  readonly OperatingSystem: string;
  readonly KernelVersion: string;
  readonly SecurityOptions?: readonly string[];
  readonly SystemTime: string;
  readonly MemTotal: number;
  readonly DockerRootDir: string;
}

const GATEWAY_PORTS = [8080, 8443];

export async function readMachine(): Promise<MachineFacts> {
  const docker = await createDocker();
  const [engine, composeVersion, ports] = await Promise.all([
    tryEngine(docker),
    readComposeVersion(),
    Promise.all(GATEWAY_PORTS.map(async (port) => [port, await isFree(port, '127.0.0.1')] as const)),
  ]);
  return {
    nodeVersion: process.versions.node,
    ...engine,
    composeVersion,
    ports: new Map(ports),
    nft: engine.engine === null ? null : await tryNft(docker),
    socket: socketPath(dockerHost()),
  };
}

type EngineAnswer = Pick<MachineFacts, 'engine' | 'engineError' | 'engineRemedy' | 'freeBytes'>;

async function tryEngine(docker: Docker): Promise<EngineAnswer> {
  try {
    const [version, info] = await Promise.all([docker.version(), docker.info() as Promise<DockerInfo>]);
    const isPodman = JSON.stringify(version).toLowerCase().includes('podman');
    return {
      engine: engineFacts(version, info, isPodman),
      engineError: '',
      engineRemedy: '',
      freeBytes: await freeBytesOf(info.DockerRootDir),
    };
  } catch (error) {
    const { message, remedy } = error instanceof CliError ? error : daemonFailure(error);
    return { engine: null, engineError: message, engineRemedy: remedy, freeBytes: null };
  }
}

const engineFacts = (version: Docker.DockerVersion, info: DockerInfo, isPodman: boolean): EngineFacts => ({
  version: version.Version,
  apiVersion: version.ApiVersion,
  operatingSystem: info.OperatingSystem,
  kernelVersion: info.KernelVersion,
  isRootless: (info.SecurityOptions ?? []).some((option) => option.includes('rootless')),
  isPodman,
  clockAheadMs: Date.parse(info.SystemTime) - Date.now(),
  memoryBytes: info.MemTotal,
});

async function freeBytesOf(folder: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    // The engine's file system is not this machine's.
    return null;
  }
}

async function readComposeVersion(): Promise<string | null> {
  const { status, stdout } = await runDocker(['compose', 'version', '--short']);
  return status === 0 ? stdout.trim().replace(/^v/, '') : null;
}

const RULES =
  'add table inet lateen-doctor { chain c { type nat hook output priority -100; meta l4proto tcp ct state new redirect to :1; }; }';

/** Loads a rule as an agent does, in a namespace that is gone a moment later. */
async function tryNft(docker: Docker): Promise<string | null> {
  const { image } = meshPackage();
  try {
    await docker.getImage(image).inspect();
  } catch {
    return null;
  }
  const limits = ['--rm', '--network', 'none', '--cap-drop', 'ALL', '--cap-add', 'NET_ADMIN'];
  const tried = await runDocker(['run', ...limits, '--entrypoint', 'nft', image, RULES]);
  return tried.status === 0 ? '' : tried.stderr.trim().split('\n')[0] || 'nft failed';
}
