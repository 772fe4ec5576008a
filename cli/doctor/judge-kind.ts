// What kind of engine it is, and what is different there: docs/engines.md.
import type { EngineFacts } from './facts.ts';
import { atLeast, type Finding, finding, ok } from './finding.ts';

const MACHINES = /Docker Desktop|OrbStack|colima|Rancher|lima/i;

export function judgeKind(engine: EngineFacts, socket: string | null): Finding[] {
  if (engine.isPodman) return podman(engine, socket);
  if (engine.isRootless) return [rootless(socket)];
  if (engine.isRemote && !engine.isHere) return [remote()];
  if (MACHINES.test(engine.operatingSystem))
    return [
      ok(
        'kind',
        `${engine.operatingSystem}: containers run in a virtual machine; call them by published ports, not by their addresses`,
      ),
    ];
  if (/microsoft/i.test(engine.kernelVersion))
    return [
      ok('kind', 'WSL 2: keep the project in its own file system, edits under /mnt are seen 2 s later'),
    ];
  return [ok('kind', 'the engine runs on this machine, as root')];
}

/** Podman 4 made networks with names that containers find one another by (netavark and aardvark-dns). */
const LEAST_PODMAN = [4, 0] as const;

function podman({ version, runtime }: EngineFacts, socket: string | null): Finding[] {
  const found: Finding[] = [
    finding(
      'warning',
      'kind',
      'Podman answers Docker’s API: a mesh works, but a stop is told only when it is over, and health checks need systemd',
      `Requests to a container that is just being stopped can fail: let a VirtualService retry them. With plain \`docker compose up\` set LATEEN_DOCKER_SOCKET${socket === null ? ' to its socket' : `=${socket}`}; \`lateen up\` does it. More: docs/engines.md.`,
    ),
  ];
  if (!atLeast(version, LEAST_PODMAN))
    found.push(
      finding('error', 'podman', `${version} is too old`, 'Install Podman 4 or newer, with netavark.'),
    );
  if (runtime === 'runc')
    found.push(
      finding(
        'error',
        'runtime',
        'Podman runs containers with runc: agents cannot write to their own folder',
        'Install crun, and let `runtime` in containers.conf name it.',
      ),
    );
  return found;
}

const rootless = (socket: string | null): Finding =>
  finding(
    'warning',
    'kind',
    'Docker runs rootless: callers from outside are seen under the address of the bridge',
    `Rules by \`remoteIpBlocks\` see that address. With plain \`docker compose up\` set LATEEN_DOCKER_SOCKET=${socket ?? '$XDG_RUNTIME_DIR/docker.sock'}; \`lateen up\` does it.`,
  );

const remote = (): Finding =>
  finding(
    'warning',
    'kind',
    'the engine runs on another machine',
    'It mounts ./mesh by its path: have the same files there, under the same path, or let LATEEN_CONFIG_DIR name a folder of that machine. Published ports are that machine’s.',
  );
