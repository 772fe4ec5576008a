import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { LABEL } from '../../model/labels.ts';
import { PORT } from '../../model/ports.ts';
import { CliError } from '../cli-error.ts';
import type { MeshPackage } from '../mesh-package.ts';
import type { Progress } from '../terminal/progress.ts';
import { formatPlace } from './compose-config.ts';
import { freePortFrom, type HostPort, isFree, publishedPorts } from './host-ports.ts';
import type { Project } from './project.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** A port of this machine by a variable of compose/mesh.yml: `127.0.0.1:${LATEEN_HTTP_PORT:-8080}:8080`. */
interface MeshPort {
  readonly variable: string;
  /** null = Docker chooses one. */
  readonly usual: number | null;
  /** In the container. */
  readonly target: number;
}

export const meshPorts = ({ folder }: MeshPackage): MeshPort[] =>
  [
    ...readFileSync(join(folder, 'compose', 'mesh.yml'), 'utf8').matchAll(
      /127\.0\.0\.1:\$\{(LATEEN_\w+_PORT):-(\d*)\}:(\d+)/g,
    ),
  ].map(([, variable = '', usual, target]) => ({
    variable,
    usual: usual === '' ? null : Number(usual),
    target: Number(target),
  }));

/**
 * Where the mesh is published. A port that was asked for is that one, or the failure says so; of the usual ones another
 * is taken where they are not free, and told. What the project published before it keeps.
 * @throws CliError where a port of the mesh or of the project is held by something else
 */
export async function choosePorts(
  project: Project,
  ports: readonly MeshPort[],
  running: readonly Docker.ContainerInfo[],
  env: Env,
  progress: Progress,
): Promise<Record<string, string>> {
  const own = new Set(running.flatMap(({ Ports }) => Ports.map(({ PublicPort }) => PublicPort)));
  await refuseTakenPorts(project, own);
  const taken = new Set(appPorts(project).map(({ port }) => port));
  const chosen: Record<string, string> = {};
  for (const mesh of ports) {
    const asked = askedPort(mesh, env);
    const { usual, variable } = mesh;
    if (asked === null && usual === null) continue;
    const port =
      asked ?? heldFor(mesh.target, running) ?? (usual === null ? null : await freePortFrom(usual, taken));
    const isLost =
      asked !== null && !own.has(asked) && (taken.has(asked) || !(await isFree(asked, '127.0.0.1')));
    if (port === null || isLost)
      throw new CliError(
        'LAT1033',
        `port ${asked ?? usual} of this machine is taken`,
        `Set ${variable} to a free port.`,
      );
    if (asked === null && port !== usual)
      progress.note(`Port ${usual} is taken: ${port} is used instead (${variable} chooses another).`);
    taken.add(port);
    chosen[variable] = String(port);
  }
  return chosen;
}

/** null = the variable is not set. */
function askedPort({ variable }: MeshPort, env: Env): number | null {
  const text = env[variable] ?? '';
  if (text === '') return null;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (port > 0 && port < 65_536) return port;
  throw new CliError(
    'LAT1009',
    `${variable}=${text} is no port`,
    'Set it to a number from 1 to 65535, or unset it.',
  );
}

/** Ports of applications: those of the mesh are chosen. */
const appPorts = ({ config }: Project) =>
  publishedPorts(config).filter(
    ({ service }) => config.services[service]?.labels?.[LABEL.role] === undefined,
  );

async function refuseTakenPorts(project: Project, own: ReadonlySet<number | undefined>): Promise<void> {
  const seen: HostPort[] = [];
  for (const entry of appPorts(project)) {
    const { service, index, address, port, protocol } = entry;
    const other = seen.find((earlier) => isSamePort(earlier, entry));
    seen.push(entry);
    if (other === undefined && (own.has(port) || (await isFree(port, address, protocol)))) continue;
    const place = formatPlace(project.place(['services', service, 'ports', String(index)]), service);
    throw new CliError(
      'LAT1033',
      `${place}: port ${port} of service ${service} is taken ${other === undefined ? 'on this machine' : `by service ${other.service}`}`,
      other === undefined
        ? 'Stop what holds it, or publish another port.'
        : 'Publish another port for one of them.',
    );
  }
}

/** An address that is not said is every one. */
const isSamePort = (one: HostPort, other: HostPort) =>
  one.port === other.port &&
  one.protocol === other.protocol &&
  (one.address === other.address || one.address === '' || other.address === '');

const DOORS = [
  { name: 'gateway', target: 8080, scheme: 'http' },
  { name: 'gateway-tls', target: 8443, scheme: 'https' },
  { name: 'console', target: PORT.console, scheme: 'http' },
  { name: 'traces', target: PORT.traceQuery, scheme: 'http' },
] as const;

/** Where the mesh answers on this machine. */
export function publishedAddresses(running: readonly Docker.ContainerInfo[]): Record<string, string> {
  const open = DOORS.map(({ name, target, scheme }) => [name, scheme, heldFor(target, running)] as const);
  return Object.fromEntries(
    open.flatMap(([name, scheme, port]) => (port === null ? [] : [[name, `${scheme}://127.0.0.1:${port}`]])),
  );
}

function heldFor(target: number, running: readonly Docker.ContainerInfo[]): number | null {
  const roles = running.filter(({ Labels }) => ['gateway', 'controller'].includes(Labels[LABEL.role] ?? ''));
  const held = roles
    .flatMap(({ Ports }) => Ports)
    .find(({ PrivatePort, PublicPort }) => PrivatePort === target && PublicPort);
  return held?.PublicPort ?? null;
}
