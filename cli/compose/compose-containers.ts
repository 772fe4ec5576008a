import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ContainerFacts } from '../../controller/world/container-facts.ts';
import { LABEL } from '../../model/labels.ts';
import { asFields, asList, asMapping, type ComposeProject, type ComposeService } from './read-compose.ts';

/** A container that `docker compose up` would make. */
export interface ComposeContainer {
  readonly facts: ContainerFacts;
  readonly service: ComposeService;
  /** Its image may expose more ports: no Dockerfile says. */
  readonly hasUnknownPorts: boolean;
}

/** One container for each service that has any: how many there are changes nothing of what is known of them. */
export function composeContainers(project: ComposeProject): ComposeContainer[] {
  return [...project.services.values()].filter(isStarted).map((service) => {
    const image = imagePorts(service);
    return { facts: factsOf(project, service, image ?? []), service, hasUnknownPorts: image === null };
  });
}

function isStarted({ fields }: ComposeService): boolean {
  const count = fields['scale'] ?? asFields(fields['deploy'] ?? {})['replicas'] ?? 1;
  return Number(count) !== 0;
}

function factsOf(project: ComposeProject, service: ComposeService, image: readonly string[]): ContainerFacts {
  const { fields, name } = service;
  const networks = networksOf(fields);
  return {
    id: `${project.name}-${name}`,
    name:
      typeof fields['container_name'] === 'string' ? fields['container_name'] : `${project.name}-${name}-1`,
    labels: {
      ...labelsOf(fields),
      [LABEL.composeProject]: project.name,
      [LABEL.composeService]: name,
      'com.docker.compose.project.config_files': service.file,
    },
    state: 'running',
    health: 'none',
    startedAt: '',
    networks: networks.map((id) => ({ id, name: `${project.name}_${id}`, address: '', addressV6: '' })),
    exposedPorts: exposedPorts([
      ...image,
      ...asList(fields['expose']).map(String),
      ...publishedTargets(fields),
    ]),
    publishedPorts: exposedPorts(publishedTargets(fields)).map(({ port }) => ({ port, hostPort: 0 })),
    startError: '',
    stopSignal: '',
    image: String(fields['image'] ?? ''),
    networkMode: networkMode(project, fields),
    hasTerminal: fields['tty'] === true,
    user: String(fields['user'] ?? ''),
    isDraining: false,
  };
}

const labelsOf = (fields: ComposeService['fields']) =>
  Object.fromEntries(
    Object.entries({ ...asFields(fields['label_file']), ...asMapping(fields['labels']) }).map(
      ([key, value]) => [key, value === null ? '' : String(value)],
    ),
  );

function networksOf(fields: ComposeService['fields']): string[] {
  if (fields['network_mode'] !== undefined) return [];
  const { networks } = fields;
  if (networks === undefined || networks === null) return ['default'];
  return Array.isArray(networks) ? networks.map(String) : Object.keys(asFields(networks));
}

/** `service:NAME` becomes what Docker shows for it. */
function networkMode(project: ComposeProject, { network_mode: mode }: ComposeService['fields']): string {
  return typeof mode === 'string' ? mode.replace(/^service:/, `container:${project.name}-`) : '';
}

/** The container's side of `ports`: `"8080:80/udp"`, `"127.0.0.1:8080:80"`, `{target: 80}`. */
function publishedTargets(fields: ComposeService['fields']): string[] {
  return asList(fields['ports']).map((entry) => {
    if (typeof entry !== 'object' || entry === null) return String(entry).split(':').at(-1) ?? '';
    const { target, protocol = 'tcp' } = asFields(entry);
    return `${target}/${protocol}`;
  });
}

/** `80`, `80/udp`, `8000-8002`. */
function exposedPorts(texts: readonly string[]): ContainerFacts['exposedPorts'] {
  const ports = new Map<string, ContainerFacts['exposedPorts'][number]>();
  for (const text of texts) {
    const match = /^(\d+)(?:-(\d+))?(?:\/(tcp|udp))?$/i.exec(text.trim());
    if (match === null) continue;
    const first = Number(match[1]);
    const last = Math.min(Number(match[2] ?? first), first + 1000);
    const protocol = match[3]?.toLowerCase() === 'udp' ? 'udp' : 'tcp';
    for (let port = first; port <= last; port++) ports.set(`${port}/${protocol}`, { port, protocol });
  }
  return [...ports.values()];
}

/** EXPOSE of the last stage of the service's Dockerfile; null = no file tells what the image exposes. */
function imagePorts({ fields, folder }: ComposeService): string[] | null {
  const text = dockerfileOf(fields, folder);
  if (text === null) return null;
  const stage = text.split(/^\s*FROM\s/im).at(-1) ?? '';
  const ports = [...stage.matchAll(/^\s*EXPOSE\s+(.+)$/gim)].flatMap(([, list = '']) =>
    list.trim().split(/\s+/),
  );
  // A Dockerfile that is silent may inherit what its base image exposes.
  return ports.length === 0 || ports.some((port) => port.includes('$')) ? null : ports;
}

function dockerfileOf({ build }: ComposeService['fields'], folder: string): string | null {
  if (build === undefined || build === null) return null;
  const {
    context,
    dockerfile,
    dockerfile_inline: inline,
  } = typeof build === 'string'
    ? { context: build }
    : (asFields(build) as { context?: unknown; dockerfile?: unknown; dockerfile_inline?: unknown });
  if (typeof inline === 'string') return inline;
  const path = join(resolve(folder, String(context ?? '.')), String(dockerfile ?? 'Dockerfile'));
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
}
