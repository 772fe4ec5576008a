import { asksForAgent, LABEL, refusesAgent } from '../../model/labels.ts';
import type { ErrorCode } from '../error-codes.ts';
import type { ComposeConfig, ConfigService } from './compose-config.ts';

/** What becomes of a project: which services get an agent, which do not and why, and what forbids it. */
export interface MeshPlan {
  /** A controller is among the services: what the project says of itself counts, and nothing is added. */
  readonly hasMesh: boolean;
  readonly meshed: readonly string[];
  readonly leftOut: readonly { readonly service: string; readonly why: string }[];
  readonly refusals: readonly Refusal[];
}

export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  readonly remedy: string;
  /** Where it is said, as a path of keys in the compose file. */
  readonly path: readonly string[];
}

export interface PlanOptions {
  /** Services that the user leaves out of the mesh. */
  readonly leaveOut: readonly string[];
  /** The engine is part of a swarm. */
  readonly isSwarm: boolean;
}

export function planMesh(config: ComposeConfig, options: PlanOptions): MeshPlan {
  const services = Object.entries(config.services);
  const hasMesh = services.some(([, { labels }]) => labels?.[LABEL.role] === 'controller');
  const refusals = [...swarmRefusals(config, options)];
  const meshed: string[] = [];
  const leftOut: { service: string; why: string }[] = [];
  for (const [name, service] of services) {
    const role = service.labels?.[LABEL.role];
    if (role === 'agent' && !hasMesh) refusals.push(hasAgents(name));
    if (role !== undefined) continue;
    if (isGuestOfAgent(config, service)) {
      meshed.push(name);
      continue;
    }
    const why = whyLeftOut(name, service, options, hasMesh);
    if (why !== null) leftOut.push({ service: name, why });
    else if (isWithoutNamespace(service)) refusals.push(noNamespace(name, service));
    else meshed.push(name);
  }
  return { hasMesh, meshed, leftOut, refusals };
}

function whyLeftOut(
  name: string,
  { labels = {}, network_mode: mode }: ConfigService,
  { leaveOut }: PlanOptions,
  hasMesh: boolean,
): string | null {
  if (leaveOut.includes(name)) return '--leave-out';
  if (asksForAgent(labels)) return null;
  if (refusesAgent(labels))
    return `label ${labels[LABEL.inject] === 'false' ? LABEL.inject : LABEL.istioInject}: "false"`;
  if (hasMesh) return `no label ${LABEL.inject}`;
  return mode === 'none' ? 'network_mode: none' : null;
}

const isWithoutNamespace = ({ network_mode: mode = '' }: ConfigService) =>
  mode === 'host' || mode === 'none' || /^(service|container):/.test(mode);

/** As `lateen inject` writes it: the namespace is that of its agent. */
function isGuestOfAgent(config: ComposeConfig, { network_mode: mode = '' }: ConfigService): boolean {
  return config.services[mode.replace(/^service:/, '')]?.labels?.[LABEL.role] === 'agent';
}

const noNamespace = (name: string, { network_mode: mode = '' }: ConfigService): Refusal => ({
  code: 'LAT1030',
  message: `service ${name} has no network namespace of its own (network_mode: ${mode}): an agent has no place beside it`,
  remedy: `Give it a network instead, or leave it out of the mesh: \`--leave-out ${name}\`, or the label ${LABEL.inject}: "false".`,
  path: ['services', name, 'network_mode'],
});

const hasAgents = (name: string): Refusal => ({
  code: 'LAT1032',
  message: `the project has agents already (service ${name}), and no controller`,
  remedy:
    'Run it by `docker compose up -d` together with compose/mesh.yml, or take the file as it was before `lateen inject`.',
  path: ['services', name],
});

function* swarmRefusals(config: ComposeConfig, { isSwarm }: PlanOptions): Generator<Refusal> {
  for (const [name, { deploy }] of Object.entries(config.services))
    if (/^global|-job$/.test(deploy?.mode ?? ''))
      yield swarmOnly(`service ${name} has deploy.mode: ${deploy?.mode}`, [
        'services',
        name,
        'deploy',
        'mode',
      ]);
  for (const [name, { driver, external }] of Object.entries(config.networks ?? {}))
    if (driver === 'overlay' && external !== true && !isSwarm)
      yield swarmOnly(`network ${name} has driver: overlay`, ['networks', name, 'driver']);
  for (const kind of ['secrets', 'configs'] as const)
    for (const [name, { external }] of Object.entries(config[kind] ?? {}))
      if (external === true) yield swarmOnly(`${kind}.${name} is external`, [kind, name, 'external']);
}

const swarmOnly = (what: string, path: readonly string[]): Refusal => ({
  code: 'LAT1031',
  message: `${what}: that is for Docker Swarm only`,
  remedy: 'Take it out of the file, or name other files for this machine with -f.',
  path,
});
