import { LABEL } from '../../model/labels.ts';
import type { ContainerFacts } from './container-facts.ts';
import { isOneOff, ownsNamespace, roleOf } from './membership.ts';

/** A container of the mesh as it is seen, and as Docker has it. */
export interface Seen {
  readonly facts: ContainerFacts;
  /** Other than `facts` for an agent whose namespace an application joined. */
  readonly container: ContainerFacts;
  readonly faults: readonly ApplicationFault[];
}

export interface ApplicationFault {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
}

/**
 * An agent that Compose started is the workload, and the application that joined its namespace says the rest: name,
 * labels, ports that its image exposes, health. So a document acts on it as if the agent had been attached.
 */
export function withApplications(containers: Iterable<ContainerFacts>): Seen[] {
  const all = [...containers];
  const joined = new Map<string, ContainerFacts[]>();
  for (const facts of all) {
    if (!facts.networkMode.startsWith('container:') || isOneOff(facts) || roleOf(facts) !== null) continue;
    const owner = facts.networkMode.slice('container:'.length);
    joined.set(owner, [...(joined.get(owner) ?? []), facts]);
  }
  const agents = attachedAgents(all);
  return all.map((container) => {
    if (!ownsNamespace(container)) return withAttached(container, agents.get(container.id) ?? []);
    return withApplication(container, applicationsOf(container, joined.get(container.id) ?? []));
  });
}

/** Agents that are there, by the id of the application that each was attached to. */
function attachedAgents(all: readonly ContainerFacts[]): ReadonlyMap<string, ContainerFacts[]> {
  const agents = new Map<string, ContainerFacts[]>();
  for (const facts of all) {
    const app = facts.labels[LABEL.agentFor];
    if (roleOf(facts) !== 'agent' || app === undefined || facts.state === 'stopped') continue;
    agents.set(app, [...(agents.get(app) ?? []), facts]);
  }
  return agents;
}

/**
 * Nothing reaches an application whose agent is paused, and soon nothing one whose agent was told to stop: its callers are
 * to go to others, as if that had been done to it.
 */
function withAttached(app: ContainerFacts, agents: readonly ContainerFacts[]): Seen {
  const [agent] = agents;
  const isOut = ({ state, isDraining }: ContainerFacts) => state === 'paused' || isDraining;
  if (agent === undefined || app.state !== 'running' || !agents.every(isOut))
    return { facts: app, container: app, faults: [] };
  if (agents.some(({ isDraining }) => isDraining))
    return { facts: { ...app, isDraining: true }, container: app, faults: [] };
  return { facts: { ...app, state: 'paused' }, container: app, faults: [pausedAgent(agent)] };
}

/** The container of a workload's application: its own, or the one that joined the namespace of its agent. */
export function applicationContainer(
  containers: ReadonlyMap<string, ContainerFacts>,
  id: string,
): ContainerFacts | undefined {
  const own = containers.get(id);
  if (own === undefined || !ownsNamespace(own)) return own;
  const mode = `container:${id}`;
  const joined = [...containers.values()].filter(
    (facts) => facts.networkMode === mode && !isOneOff(facts) && roleOf(facts) === null,
  );
  return applicationsOf(own, joined)[0] ?? own;
}

/** Of those that joined: the containers of the service that it is the agent of; others look on. */
function applicationsOf({ labels }: ContainerFacts, joined: readonly ContainerFacts[]): ContainerFacts[] {
  const service = labels[LABEL.agentOf];
  const own =
    service === undefined ? joined : joined.filter((app) => app.labels[LABEL.composeService] === service);
  // Old ones are kept by Compose until their successors are there.
  const rank = ({ state }: ContainerFacts) => (state === 'running' ? 0 : state === 'stopped' ? 2 : 1);
  return own.toSorted((a, b) => rank(a) - rank(b) || (a.id < b.id ? -1 : 1));
}

function withApplication(agent: ContainerFacts, apps: readonly ContainerFacts[]): Seen {
  const service = agent.labels[LABEL.agentOf];
  const named = service === undefined ? {} : { [LABEL.composeService]: service };
  const [app] = apps;
  if (app === undefined) {
    // One that nobody ever joins was written by hand, and its own word is all there is.
    const health = service === undefined ? agent.health : 'starting';
    return {
      facts: { ...agent, health, labels: { ...agent.labels, ...named } },
      container: agent,
      faults: [],
    };
  }
  const isCutOff = app.state === 'running' && Date.parse(app.startedAt) < Date.parse(agent.startedAt);
  return {
    facts: {
      ...agent,
      name: app.name,
      labels: { ...app.labels, ...agent.labels, ...named },
      state: app.state === 'paused' ? 'paused' : agent.state,
      health: isCutOff ? 'unhealthy' : healthOf(app),
      startedAt: app.startedAt,
      exposedPorts: unionOf(agent.exposedPorts, app.exposedPorts),
      user: app.user,
      isDraining: agent.isDraining || app.isDraining,
    },
    container: agent,
    faults: [
      ...(isCutOff ? [cutOff(agent, app)] : []),
      ...(agent.state === 'paused' && app.state === 'running' ? [pausedAgent(agent)] : []),
      ...crowd(apps),
    ],
  };
}

function healthOf({ state, health }: ContainerFacts): ContainerFacts['health'] {
  if (state === 'created') return 'starting';
  return state === 'stopped' ? 'unhealthy' : health;
}

const unionOf = (first: ContainerFacts['exposedPorts'], second: ContainerFacts['exposedPorts']) => [
  ...new Map([...first, ...second].map((each) => [`${each.port}/${each.protocol}`, each])).values(),
];

const serviceOf = (app: ContainerFacts) => app.labels[LABEL.composeService] ?? app.name;

/** Docker makes a new namespace at each start of its owner; who had joined is left in the old one. */
function cutOff(agent: ContainerFacts, app: ContainerFacts): ApplicationFault {
  return {
    code: 'LAT0113',
    message: `the application has no network: the container of its agent, ${agent.name}, was started again after it`,
    remedy: `docker compose restart ${serviceOf(app)}`,
  };
}

function pausedAgent(agent: ContainerFacts): ApplicationFault {
  return {
    code: 'LAT0115',
    message: `the application's agent, ${agent.name}, is paused: nothing comes in or goes out, and others get its requests`,
    remedy: `docker unpause ${agent.name}`,
  };
}

/** `--scale`: they share one address and its ports, so only the first that listens is reached. */
function crowd(apps: readonly ContainerFacts[]): ApplicationFault[] {
  const alive = apps.filter(({ state }) => state === 'running' || state === 'paused');
  const [first] = alive;
  if (first === undefined || alive.length < 2 || first.labels[LABEL.composeService] === undefined) return [];
  const names = alive.map(({ name }) => name).join(' and ');
  return [
    {
      code: 'LAT0114',
      message: `${names} share the network namespace of one agent, and so one address: an injected service has one container`,
      remedy: `docker compose up --scale ${serviceOf(first)}=1; for more, write a service for each, with the same label app.`,
    },
  ];
}
