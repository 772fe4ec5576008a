import { matchesLabels } from '../../model/labels.ts';
import { DEFAULT_NAMESPACE } from '../../model/names.ts';
import type { Scenario, ScenarioService, ScenarioWorkload } from '../../vectors/scenario.ts';

/** The workloads that most recorded scenarios share, each as one container that lives through all of them. */

type Container = Required<Pick<ScenarioWorkload, 'name' | 'namespace' | 'labels'>> &
  Pick<ScenarioWorkload, 'proxy'>;

const APP_PORTS = [80, 7000, 8080, 8081, 9000, 9090];

/** A caller that is no workload of any scenario: what comes from it comes from outside the mesh. */
export const OUTSIDE = 'outside';

function container(name: string, more: Partial<Container> = {}): Container {
  return { name, namespace: DEFAULT_NAMESPACE, labels: { app: name }, ...more };
}

const SIDECAR = { proxy: 'sidecar' } as const;

export const CONTAINERS: readonly Container[] = [
  container('client', { ...SIDECAR, labels: { app: 'client', tier: 'web' } }),
  container('other', SIDECAR),
  container('pilot', { ...SIDECAR, namespace: 'sea' }),
  container('dock', SIDECAR),
  container('gate', { proxy: 'gateway', namespace: 'istio-system' }),
  container('depot'),
  container('north'),
  container('south'),
  container('east'),
  container('twin-a', { labels: { app: 'twin', v: 'a' } }),
  container('twin-b', { labels: { app: 'twin', v: 'b' } }),
  container('pair-a', { labels: { app: 'pair' } }),
  container('pair-b', { labels: { app: 'pair' } }),
  container('shop-v1', { labels: { app: 'shop', version: 'v1' } }),
  container('shop-v2', { labels: { app: 'shop', version: 'v2' } }),
  container('raft', { namespace: 'sea' }),
  container('depot-sea', { namespace: 'sea', labels: { app: 'depot' } }),
  container('north-sea', { namespace: 'sea', labels: { app: 'north' } }),
  container('dock-1', { namespace: 'land', labels: { app: 'dock', v: '1' } }),
  container('dock-2', { namespace: 'land', labels: { app: 'dock', v: '2' } }),
  container('crane', { namespace: 'land' }),
  container(OUTSIDE, { labels: {} }),
];

export const PROXIES = CONTAINERS.filter(({ proxy }) => proxy !== undefined).map(({ name }) => name);
export const APPLICATIONS = CONTAINERS.filter(({ proxy }) => proxy !== 'gateway').map(({ name }) => name);

/** Docker must not make Services of the scenarios' names: theirs are documents. */
export const composeName = (name: string) => `w-${name}`;

/** The body of `services:`. */
export function composeServices(): string {
  return CONTAINERS.map((each) => `${service(each)}\n`).join('');
}

function service(each: Container): string {
  const labels = {
    ...each.labels,
    'lateen.namespace': each.namespace,
    'lateen.service': composeName(each.name),
    'lateen.service-account': each.name,
    ...(each.proxy === 'sidecar' && {
      'lateen.inject': 'true',
      'traffic.sidecar.istio.io/excludeInboundPorts': '7070',
    }),
  };
  const lines = each.proxy === 'gateway' ? gateway(labels) : application(each.name, labels);
  return `  ${composeName(each.name)}:\n${lines.map((line) => `    ${line}\n`).join('')}`;
}

function application(name: string, labels: object): string[] {
  return [
    'image: app',
    'command: [node, --disable-warning=ExperimentalWarning, echo.ts]',
    `labels: ${JSON.stringify(labels)}`,
    `environment: ${JSON.stringify({ NAME: name, PORTS: APP_PORTS.join(',') })}`,
  ];
}

/** As that of compose/mesh.yml, but with labels of its own. */
function gateway(labels: object): string[] {
  return [
    `image: \${LATEEN_IMAGE:-lateen:0.1.0}`,
    'command: [gateway]',
    'depends_on: [lateen-controller]',
    `labels: ${JSON.stringify({ 'lateen.role': 'gateway', ...labels })}`,
    'volumes: [lateen-control:/srv/lateen]',
    'tmpfs: ["/run/lateen:mode=1777"]',
    'user: "1337:1337"',
    'cap_drop: [ALL]',
  ];
}

/** Whether these containers are what a scenario's workloads and services are to its documents. */
export function hasPlaceFor({ workloads, services, calls }: Scenario): boolean {
  // The names of Service documents are known to agents alone: whoever has none must say where to connect to.
  const canCall = calls.every(
    ({ request: { from = '', via } }) => via !== undefined || PROXIES.includes(from),
  );
  const names = new Set(workloads.map(({ name }) => name));
  return (
    canCall &&
    workloads.every((workload) => CONTAINERS.some((each) => isPlaceOf(each, workload))) &&
    services.every((each) => membersOf(each).every((name) => names.has(name)))
  );
}

/** An address that a document counts on cannot be had. */
function isPlaceOf(each: Container, workload: ScenarioWorkload): boolean {
  if (workload.ip !== undefined) return false;
  const { name, namespace = DEFAULT_NAMESPACE, serviceAccount = name, labels = {}, hosts = [] } = workload;
  const isSame = each.name === name && each.namespace === namespace && each.proxy === workload.proxy;
  return isSame && serviceAccount === name && hosts.length === 0 && matchesLabels(labels, each.labels);
}

function membersOf({ namespace = DEFAULT_NAMESPACE, selector }: ScenarioService): string[] {
  return CONTAINERS.filter(
    (each) => each.namespace === namespace && matchesLabels(selector, each.labels),
  ).map(({ name }) => name);
}
