import { LABEL, type Labels } from '../../model/labels.ts';
import { CliError, knownRemedy } from '../cli-error.ts';

/** What `/debug/registryz` says of a container of the mesh. */
export interface RegisteredWorkload {
  readonly id: string;
  readonly name: string;
  readonly workload: string;
  readonly namespace: string;
  readonly labels: Labels;
  readonly serviceAccount: string;
  readonly addresses: readonly { readonly network: string }[];
  readonly proxy: 'sidecar' | 'gateway' | null;
}

export interface RegisteredService {
  readonly hostname: string;
  readonly name: string;
  readonly namespace: string;
  readonly members: readonly string[];
}

export interface Registry {
  readonly workloads: readonly RegisteredWorkload[];
  readonly services: readonly RegisteredService[];
}

/** Whom a visitor acts as. */
export interface Actor {
  readonly name: string;
  readonly namespace: string;
  readonly serviceAccount: string;
  readonly labels: Labels;
  /** Ids of the networks that it is on, the first first. */
  readonly networks: readonly string[];
}

/**
 * The service or workload that is called so (`reviews`, `reviews.default` or its host name), by one of its containers.
 * @throws CliError with the remedy where there is none, or where it has no one identity
 */
export function findActor({ workloads, services }: Registry, asked: string): Actor {
  const residents = workloads.filter(({ labels }) => labels[LABEL.actsAs] === undefined);
  const behind = new Set(
    services.filter((service) => isCalled(service, asked)).flatMap(({ members }) => members),
  );
  const found = residents.filter((workload) => behind.has(workload.id) || isNamed(workload, asked));
  if (found.length === 0) {
    const known = new Set(residents.filter(({ proxy }) => proxy !== null).map(({ workload }) => workload));
    throw new CliError(
      'LAT1007',
      `no container of ${asked} runs in the mesh`,
      knownRemedy(asked, [...known].sort()),
    );
  }
  const meshed = found.filter(({ proxy }) => proxy !== null);
  const [first] = meshed;
  if (first === undefined)
    throw new CliError(
      'LAT1014',
      `${asked} has no agent, and so no identity`,
      `Give it the label ${LABEL.inject}: "true" and run \`docker compose up -d\`.`,
    );
  refuseSeveral(asked, meshed);
  const { workload: name, namespace, serviceAccount, labels, addresses } = first;
  const networks = addresses.map(({ network }) => network);
  if (networks.length === 0)
    throw new CliError(
      'LAT1014',
      `${asked} is on no network that another container can join`,
      'Give it a network of Docker instead of `network_mode: host`.',
    );
  return { name, namespace, serviceAccount, labels, networks };
}

function refuseSeveral(asked: string, found: readonly RegisteredWorkload[]): void {
  const identities = new Map(
    found.map((each) => [
      `ns/${each.namespace}/sa/${each.serviceAccount}`,
      `${each.workload}.${each.namespace}`,
    ]),
  );
  if (identities.size < 2) return;
  throw new CliError(
    'LAT1015',
    `the containers of ${asked} have several identities: ${[...identities.keys()].join(', ')}`,
    `Name one of them: ${[...identities.values()].join(', ')}.`,
  );
}

function isCalled({ hostname, name, namespace }: RegisteredService, asked: string): boolean {
  return [hostname, name, `${name}.${namespace}`].includes(asked);
}

function isNamed({ workload, name, namespace }: RegisteredWorkload, asked: string): boolean {
  return [workload, name, `${workload}.${namespace}`].includes(asked);
}
