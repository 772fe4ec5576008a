import type { MeshConfig } from '../../istio/mesh-config.ts';
import { readProxyConfigLabel } from '../../istio/proxy-config.ts';
import type { Resource } from '../../istio/resource.ts';
import type { KubernetesServiceSpec } from '../../istio/schema/kubernetes.ts';
import type { Violation } from '../../istio/violation.ts';
import { LABEL, matchesLabels } from '../../model/labels.ts';
import { ANY_NAMESPACE, DEFAULT_NAMESPACE, ROOT_NAMESPACE, serviceHostname } from '../../model/names.ts';
import { AGENT_UID } from '../../model/ports.ts';
import { parseHealthCheck } from '../compile/health-check.ts';
import { needsVirtualAddress, serviceEntries } from '../compile/service-entries.ts';
import type { Service, ServicePort, Workload, World } from '../compile/world.ts';
import { type Seen, withApplications } from './applications.ts';
import type { ContainerFacts } from './container-facts.ts';
import { isDiscovered } from './discovery.ts';
import { externalNames, isExternalName, lookedUpServices, withAliases } from './external-names.ts';
import { gatewayPorts } from './gateway-ports.ts';
import { gatewayStartFault } from './gateway-start-fault.ts';
import { labelTypos } from './label-typos.ts';
import {
  isInjected,
  isMember,
  isOneOff,
  isVisitor,
  type Membership,
  ownsNamespace,
  roleOf,
} from './membership.ts';
import { containerPorts, documentPorts } from './service-ports.ts';
import { assignVirtualAddresses } from './virtual-addresses.ts';

export interface WorldInput {
  readonly membership: Membership;
  readonly mesh: MeshConfig;
  readonly containers: Iterable<ContainerFacts>;
  /** What the container's agent says of the application; null = nothing is known. */
  readonly openPorts: (facts: ContainerFacts) => readonly number[] | null;
  /** Its agent says that its active health check fails; left out where no agent speaks. */
  readonly isFailing?: (facts: ContainerFacts) => boolean;
  /** Valid documents in the order of age. */
  readonly resources: readonly Resource[];
  /** Key sets by where they were fetched; left out where none was. */
  readonly jwks?: ReadonlyMap<string, string>;
}

export interface BuiltWorld {
  readonly world: World;
  readonly violations: readonly Violation[];
}

/** A container with the names that it has in the mesh. */
interface Member {
  readonly facts: ContainerFacts;
  readonly workload: Workload;
  /** What Docker's own name server calls it. */
  readonly dockerName: string;
  /** Label `lateen.service`, else `app`. */
  readonly joinedName: string;
  readonly ports: readonly ServicePort[];
}

/** Docker's words into Istio's: containers, labels and v1 Services become services and workloads. Pure. */
export function buildWorld(input: WorldInput): BuiltWorld {
  const violations: Violation[] = [];
  const members = withApplications(input.containers)
    .filter(({ facts }) => isMember(input.membership, facts) && isPart(facts))
    .sort((a, b) => (a.facts.id < b.facts.id ? -1 : 1))
    .map((seen) => createMember(seen, input, violations));
  const own = input.membership.project;
  const admitted = refuseOtherProjects(members, own, violations);
  const residents = admitted.filter(({ facts }) => !isVisitor(facts));
  const isSeen = ({ namespace }: { namespace: string }) =>
    namespace === ANY_NAMESPACE || isDiscovered(input.mesh.discoverySelectors, namespace);
  const resources = input.resources.filter(isSeen);
  const drafts = new Map<string, Omit<Service, 'vips'>>();
  for (const draft of dockerServices(residents, violations).filter(isSeen)) drafts.set(draft.hostname, draft);
  for (const draft of documentServices(resources, residents)) drafts.set(draft.hostname, draft);
  const names = externalNames(resources, exportToOf);
  for (const { hostname } of names) drafts.delete(hostname);
  const aliveOf = (some: readonly Member[]) => some.filter(isAlive).map(({ workload }) => workload);
  const external = serviceEntries(resources, aliveOf(residents), new Set(drafts.keys()));
  const known = new Set([...drafts.keys(), ...external.map(({ hostname }) => hostname)]);
  for (const draft of lookedUpServices(names, known)) drafts.set(draft.hostname, draft);
  const needy = external
    .flatMap((service) => [service, ...(service.rivals ?? [])])
    .filter(needsVirtualAddress)
    .map(({ hostname }) => hostname);
  const addresses = assignVirtualAddresses([...new Set([...drafts.keys(), ...needy])]);
  const ofMesh = [...drafts.values()].map(
    (draft): Service => ({ ...draft, vips: draft.headless ? [] : [addresses.get(draft.hostname) ?? ''] }),
  );
  const services = withAliases(
    [...ofMesh, ...external.map((entry) => withAddress(entry, addresses))],
    names,
  ).sort((a, b) => (a.hostname < b.hostname ? -1 : 1));
  return {
    world: {
      meshId: input.membership.meshId,
      mesh: input.mesh,
      workloads: aliveOf(admitted),
      services,
      resources,
      ...(input.jwks !== undefined && { jwks: input.jwks }),
      ...(input.membership.isTest === true && { isTest: true }),
    },
    violations,
  };
}

function withAddress(entry: Service, addresses: ReadonlyMap<string, string>): Service {
  const { rivals } = entry;
  const address = needsVirtualAddress(entry) ? addresses.get(entry.hostname) : undefined;
  return {
    ...entry,
    ...(address !== undefined && { vips: [address] }),
    ...(rivals !== undefined && { rivals: rivals.map((rival) => withAddress(rival, addresses)) }),
  };
}

/** Apps and gateways; not the mesh's own machinery, not visitors, not containers that live in another's namespace. */
function isPart(facts: ContainerFacts): boolean {
  const role = roleOf(facts);
  const isMachinery = role === 'controller' || (role === 'agent' && !ownsNamespace(facts));
  return !isMachinery && !isOneOff(facts) && !facts.networkMode.startsWith('container:');
}

const isAlive = ({ facts }: Member) => facts.state === 'running' || facts.state === 'paused';

function createMember(
  { facts, container, faults }: Seen,
  input: WorldInput,
  violations: Violation[],
): Member {
  const { labels } = facts;
  const isGateway = roleOf(facts) === 'gateway';
  const proxy = isGateway ? 'gateway' : isInjected(facts) || ownsNamespace(facts) ? 'sidecar' : null;
  const dockerName = labels[LABEL.composeService] ?? facts.name;
  const joinedName = labels[LABEL.service] ?? labels[LABEL.app] ?? dockerName;
  const complain = (entry: string) =>
    violations.push(
      containerViolation(
        facts,
        'LAT0101',
        `label ${LABEL.ports} has the invalid entry ${JSON.stringify(entry)}`,
        'Write PROTOCOL:PORT or PROTOCOL:PORT:TARGET, e.g. http:9080.',
      ),
    );
  for (const { code, message, remedy } of faults)
    violations.push({ ...containerViolation(facts, code, message, remedy), severity: 'Error' });
  for (const { message, remedy } of labelTypos(labels))
    violations.push(containerViolation(facts, 'LAT0105', message, remedy));
  for (const { message, remedy } of readProxyConfigLabel(labels).faults)
    violations.push(containerViolation(facts, 'LAT0106', message, remedy));
  if (proxy === 'sidecar' && Number.parseInt(facts.user, 10) === AGENT_UID)
    violations.push(
      containerViolation(
        facts,
        'LAT0112',
        `the application runs as user ${AGENT_UID}, as its agent does: its calls go around the mesh`,
        'Run it as another user.',
      ),
    );
  const check = labels[LABEL.healthcheck];
  if (check !== undefined && parseHealthCheck(check, 1) === null)
    violations.push(
      containerViolation(
        facts,
        'LAT0108',
        `label ${LABEL.healthcheck} cannot be read: ${JSON.stringify(check)}; nothing is checked`,
        'Write what, how often and how many failures count, e.g. http:/healthz,5s,3 or tcp:3306,5s,3.',
      ),
    );
  const fault = isGateway ? gatewayStartFault(facts) : null;
  if (fault !== null)
    violations.push({
      ...containerViolation(facts, 'LAT0107', fault.message, fault.remedy),
      severity: 'Error',
    });
  return {
    facts,
    dockerName,
    joinedName,
    ports: isGateway ? gatewayPorts(facts, input.resources) : containerPorts(facts, complain),
    workload: {
      id: facts.id,
      name: facts.name,
      ...(facts.startedAt === '' ? {} : { startedAt: facts.startedAt }),
      workload: dockerName,
      namespace: labels[LABEL.namespace] ?? (isGateway ? ROOT_NAMESPACE : DEFAULT_NAMESPACE),
      labels,
      serviceAccount: labels[LABEL.serviceAccount] ?? joinedName,
      addresses: facts.networks.map(({ id, address }) => ({ network: id, address })),
      health: healthOf(facts, input.isFailing?.(container) ?? false),
      openPorts: proxy === 'sidecar' ? input.openPorts(container) : null,
      proxy,
      locality: (labels[LABEL.locality] ?? '').replaceAll('.', '/'),
    },
  };
}

function healthOf(facts: ContainerFacts, isFailing: boolean): Workload['health'] {
  if (facts.isDraining) return 'draining';
  if (facts.state !== 'running' || facts.health === 'unhealthy') return 'unhealthy';
  if (facts.health === 'starting') return 'starting';
  return isFailing ? 'failing' : 'ready';
}

/** Services of one name from two projects cannot be told apart: the own project's, else the first's, is kept. */
function refuseOtherProjects(members: readonly Member[], own: string, violations: Violation[]): Member[] {
  const owners = new Map<string, Member>();
  const rank = (member: Member) => (projectOf(member) === own ? 0 : 1);
  const sorted = members.toSorted((a, b) => rank(a) - rank(b) || (projectOf(a) < projectOf(b) ? -1 : 1));
  const refused = new Set<Member>();
  for (const member of sorted) {
    const project = projectOf(member);
    if (project === '') continue;
    const key = `${member.workload.namespace}/${member.dockerName}`;
    const owner = owners.get(key);
    if (owner === undefined) owners.set(key, member);
    else if (projectOf(owner) !== project) {
      refused.add(member);
      violations.push(
        containerViolation(
          member.facts,
          'LAT0102',
          `service ${member.dockerName} is in the projects ${projectOf(owner)} and ${project}; that of ${projectOf(owner)} is in force`,
          `Give one of them the label ${LABEL.namespace} or another ${LABEL.service}.`,
        ),
      );
    }
  }
  return members.filter((member) => !refused.has(member));
}

const projectOf = ({ facts }: Member) => facts.labels[LABEL.composeProject] ?? '';

function dockerServices(members: readonly Member[], violations: Violation[]): Omit<Service, 'vips'>[] {
  const groups = new Map<string, Member[]>();
  const add = (name: string, member: Member) => {
    const hostname = serviceHostname(name, member.workload.namespace);
    const group = groups.get(hostname) ?? [];
    if (!group.includes(member)) groups.set(hostname, [...group, member]);
  };
  for (const member of members) {
    add(member.dockerName, member);
    add(member.joinedName, member);
  }
  return [...groups].map(([hostname, group]) => {
    const [name = '', namespace = ''] = hostname.split('.');
    return {
      hostname,
      name,
      namespace,
      ports: mergePorts(group, violations),
      headless: group.some(({ facts }) => facts.labels[LABEL.headless] === 'true'),
      members: memberIds(group),
      isDockerName: group.every(({ dockerName }) => dockerName === name),
      exportTo: [],
    };
  });
}

const memberIds = (group: readonly Member[]) =>
  group
    .filter(isAlive)
    .map(({ workload }) => workload.id)
    .sort();

function mergePorts(group: readonly Member[], violations: Violation[]): ServicePort[] {
  const ports = new Map<number, ServicePort>();
  for (const { facts, ports: own } of group) {
    for (const port of own) {
      const known = ports.get(port.number);
      if (known === undefined) ports.set(port.number, port);
      else if (known.protocol !== port.protocol || known.targetPort !== port.targetPort) {
        violations.push(
          containerViolation(
            facts,
            'LAT0103',
            `port ${port.number} is ${known.protocol} to ${known.targetPort} in one container of the service and ${port.protocol} to ${port.targetPort} here`,
            `Give all containers of the service the same ${LABEL.ports}.`,
          ),
        );
      }
    }
  }
  return [...ports.values()].sort((a, b) => a.number - b.number);
}

/** A v1 Service replaces what Docker says of that name. */
function documentServices(
  resources: readonly Resource[],
  members: readonly Member[],
): Omit<Service, 'vips'>[] {
  return resources
    .filter((resource) => resource.kind === 'Service' && !isExternalName(resource))
    .map((resource) => {
      const spec = resource.spec as KubernetesServiceSpec;
      const group = members.filter(
        ({ workload }) =>
          workload.namespace === resource.namespace &&
          Object.keys(spec.selector ?? {}).length > 0 &&
          matchesLabels(spec.selector ?? {}, workload.labels),
      );
      return {
        hostname: serviceHostname(resource.name, resource.namespace),
        name: resource.name,
        namespace: resource.namespace,
        ports: documentPorts(spec),
        headless: spec.clusterIP === 'None',
        members: memberIds(group),
        isDockerName: isExactlyDockers(resource.name, group, members),
        exportTo: exportToOf(resource),
      };
    });
}

const EXPORT_TO = 'networking.istio.io/exportTo';

/** An annotation of a Service, or a label, where its value has no comma. */
function exportToOf({ annotations, labels }: Resource): string[] {
  const list = annotations[EXPORT_TO] ?? labels[EXPORT_TO] ?? '';
  return list
    .split(',')
    .map((target) => target.trim())
    .filter((target) => target !== '');
}

function isExactlyDockers(name: string, group: readonly Member[], members: readonly Member[]): boolean {
  const dockers = members.filter(({ dockerName }) => dockerName === name);
  return (
    dockers.length > 0 && dockers.length === group.length && dockers.every((member) => group.includes(member))
  );
}

function containerViolation(facts: ContainerFacts, code: string, message: string, remedy: string): Violation {
  return {
    code,
    severity: 'Warning',
    message,
    remedy,
    resource: `Container ${facts.name}`,
    file: facts.labels['com.docker.compose.project.config_files'] ?? facts.name,
    line: 0,
    column: 0,
    path: '',
  };
}
