// A mesh as the controller would tell of it, for tests and for work on the pages without one.
import type {
  EndpointView,
  GraphEdge,
  GraphNode,
  RouteView,
  RuleRef,
  ServiceView,
  TrafficFigures,
  TrafficPoint,
  WorkloadView,
} from '../../model/console.ts';

export interface FixtureMesh {
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
  readonly services: readonly ServiceView[];
  readonly workloads: readonly WorkloadView[];
  readonly routes: readonly RouteView[];
}

/** `[caller, called, requests per second, error share, p50, more]`; names as in {@link AppSpec}, `reviews:v2`. */
type EdgeSpec = readonly [string, string, number, number, number, Partial<GraphEdge>?];

interface AppSpec {
  readonly name: string;
  readonly namespace?: string;
  readonly versions?: readonly string[];
  readonly kind?: GraphNode['kind'];
}

const NOTHING: TrafficFigures = {
  ...{ requestsPerSecond: 0, errorShare: 0, p50: null, p95: null, p99: null },
  ...{ bytesInPerSecond: 0, bytesOutPerSecond: 0, openConnections: 0 },
};

export function figures(rate: number, errorShare: number, p50: number): TrafficFigures {
  if (rate === 0) return NOTHING;
  return {
    ...{ requestsPerSecond: rate, errorShare, p50, p95: p50 * 3.1, p99: p50 * 7.4 },
    ...{ bytesInPerSecond: rate * 420, bytesOutPerSecond: rate * 5300, openConnections: Math.ceil(rate / 8) },
  };
}

/** The sample with trouble in it: `ratings` refuses some calls, one `reviews` is not ready. */
export function bookinfoMesh(): FixtureMesh {
  const apps: AppSpec[] = [
    { name: 'istio-ingressgateway', namespace: 'istio-system', kind: 'gateway' },
    { name: 'productpage', versions: ['v1'] },
    { name: 'details', versions: ['v1'] },
    { name: 'reviews', versions: ['v1', 'v2', 'v3'] },
    { name: 'ratings', versions: ['v1'] },
    { name: 'mongodb', versions: ['v1'] },
    { name: 'audit', namespace: 'ops', versions: ['v1'] },
    { name: 'api.openlibrary.example', kind: 'external' },
    { name: 'unknown', kind: 'unknown' },
  ];
  return meshOf(apps, [
    ['unknown', 'istio-ingressgateway', 24.2, 0.031, 42, { mtls: 'none' }],
    ['istio-ingressgateway', 'productpage:v1', 24.2, 0.031, 40],
    ['productpage:v1', 'details:v1', 24.1, 0, 3.2],
    ['productpage:v1', 'reviews:v1', 7.8, 0, 4.1],
    ['productpage:v1', 'reviews:v2', 8.2, 0.002, 17],
    ['productpage:v1', 'reviews:v3', 8, 0.09, 19],
    ['reviews:v2', 'ratings:v1', 8.2, 0.002, 6],
    ['reviews:v3', 'ratings:v1', 8, 0.21, 7],
    ['ratings:v1', 'mongodb:v1', 0, 0, 0, tcp(3, 8200)],
    ['details:v1', 'api.openlibrary.example', 2.1, 0, 88, { mtls: 'none' }],
    ['productpage:v1', 'audit:v1', 0, 0, 0, { protocol: 'grpc' }],
  ]);
}

/** Fifty services in five layers, two versions of some; nothing random, so that pictures can be compared. */
export function largeMesh(count = 50): FixtureMesh {
  const apps: AppSpec[] = [{ name: 'istio-ingressgateway', namespace: 'istio-system', kind: 'gateway' }];
  const edges: EdgeSpec[] = [];
  const layers = 5;
  const perLayer = Math.ceil(count / layers);
  const nameOf = (index: number) =>
    `${['web', 'api', 'core', 'data', 'store'][Math.floor(index / perLayer)]}-${index}`;
  for (let index = 0; index < count; index++) {
    const isDouble = index % 7 === 3;
    apps.push({
      name: nameOf(index),
      versions: isDouble ? ['v1', 'v2'] : ['v1'],
      namespace: index % 3 === 0 ? 'shop' : 'default',
    });
    if (index < perLayer) edges.push(['istio-ingressgateway', `${nameOf(index)}:v1`, 12 + index, 0, 12]);
    for (const step of [perLayer, perLayer + 3]) {
      const called = index + step;
      if (called >= count || Math.floor(called / perLayer) === Math.floor(index / perLayer)) continue;
      const errorShare = called % 17 === 0 ? 0.12 : called % 11 === 0 ? 0.004 : 0;
      edges.push([
        `${nameOf(index)}:v1`,
        `${nameOf(called)}:v1`,
        1 + ((index * 7) % 40),
        errorShare,
        2 + (index % 9),
      ]);
      if (called % 7 === 3 && step === perLayer)
        edges.push([`${nameOf(index)}:v1`, `${nameOf(called)}:v2`, 1, 0, 4]);
    }
  }
  return meshOf(apps, edges);
}

const tcp = (connections: number, bytes: number): Partial<GraphEdge> => ({
  protocol: 'tcp',
  figures: {
    ...NOTHING,
    openConnections: connections,
    bytesInPerSecond: bytes / 4,
    bytesOutPerSecond: bytes,
  },
  outcomes: [{ outcome: '0', count: 12 }],
});

function meshOf(apps: readonly AppSpec[], edges: readonly EdgeSpec[]): FixtureMesh {
  const idOf = (name: string): string => {
    const [app = '', version = ''] = name.split(':');
    const spec = apps.find((each) => each.name === app);
    if (spec?.kind === 'external') return `external/${app}`;
    if (spec?.kind === 'unknown') return 'unknown';
    return `workload/${spec?.namespace ?? 'default'}/${workloadOf(app, version)}/${version}`;
  };
  const meshed = apps.filter(({ kind = 'workload' }) => kind === 'workload' || kind === 'gateway');
  return {
    nodes: apps.flatMap((app) => (app.versions ?? ['']).map((version) => nodeOf(app, version, idOf))),
    edges: edges.map(([source, target, rate, errorShare, p50, more]) => ({
      ...{ source: idOf(source), target: idOf(target), protocol: 'http' as const, mtls: 'all' as const },
      figures: figures(rate, errorShare, p50),
      outcomes: outcomesOf(rate, errorShare),
      ...more,
    })),
    services: [...meshed.map(serviceOf), ...apps.filter(({ kind }) => kind === 'external').map(externalOf)],
    workloads: meshed.flatMap((app) =>
      (app.versions ?? ['']).map((version) => workloadViewOf(app, version, idOf)),
    ),
    routes: ROUTES,
  };
}

const workloadOf = (app: string, version: string) =>
  version === '' || version === 'v1' ? app : `${app}-${version}`;
const containerOf = (app: string, version: string) => `shop-${workloadOf(app, version)}-1`;

function outcomesOf(rate: number, errorShare: number): GraphEdge['outcomes'] {
  const count = Math.round(rate * 60);
  const failed = Math.round(count * errorShare);
  const failures = [
    { outcome: '503 UF', count: Math.ceil(failed * 0.7) },
    { outcome: '500', count: Math.floor(failed * 0.3) },
  ];
  return [{ outcome: '200', count: count - failed }, ...failures].filter((each) => each.count > 0);
}

function nodeOf(
  { name, namespace = 'default', kind = 'workload' }: AppSpec,
  version: string,
  idOf: (name: string) => string,
): GraphNode {
  const isMeshed = kind === 'workload' || kind === 'gateway';
  return {
    id: idOf(`${name}:${version}`),
    kind,
    app: isMeshed ? name : '',
    namespace: isMeshed ? namespace : '',
    version,
    label: name,
    containers: isMeshed ? 1 : 0,
    unready: name === 'reviews' && version === 'v1' ? 1 : 0,
    unsynced: name === 'audit' ? 1 : 0,
  };
}

const rule = (kind: string, name: string, line: number): RuleRef => ({
  ...{ kind, name, namespace: 'default', file: `${name}.yaml`, line },
});

function serviceOf(
  { name, namespace = 'default', versions = [''], kind }: AppSpec,
  index: number,
): ServiceView {
  return {
    ...{ name, namespace, hostname: `${name}.${namespace}.svc.cluster.local` },
    kind: kind === 'gateway' ? 'gateway' : 'service',
    ports: [{ number: 9080, name: 'http', protocol: 'HTTP' }],
    endpoints: versions.map((version, at) => endpointOf(name, version, `172.20.${index}.${at + 2}`)),
    rules: [rule('DestinationRule', name, 1), ...(index % 4 === 1 ? [rule('VirtualService', name, 14)] : [])],
    mtls: index % 5 === 2 ? 'STRICT' : 'PERMISSIVE',
  };
}

const endpointOf = (name: string, version: string, address: string): EndpointView => ({
  ...{ address, port: 9080, workload: containerOf(name, version), version, locality: 'eu.north.1' },
  health: name === 'reviews' && version === 'v1' ? 'starting' : 'ready',
  ejectedBy: name === 'ratings' ? [containerOf('reviews', 'v3')] : [],
});

const externalOf = ({ name }: AppSpec): ServiceView => ({
  ...{ name, namespace: 'default', hostname: name, kind: 'external', mtls: 'UNSET' },
  ports: [{ number: 443, name: 'https', protocol: 'HTTPS' }],
  endpoints: [],
  rules: [rule('ServiceEntry', 'openlibrary', 1)],
});

function workloadViewOf(app: AppSpec, version: string, idOf: (name: string) => string): WorkloadView {
  const { name, namespace = 'default', kind } = app;
  const isUnsynced = name === 'audit';
  return {
    ...{
      id: `${name}${version}`.padEnd(64, '0'),
      name: containerOf(name, version),
      node: idOf(`${name}:${version}`),
    },
    ...{ workload: workloadOf(name, version), namespace, app: name, version },
    labels: { app: name, version, 'lateen.inject': 'true' },
    image: 'lateen-examples-bookinfo:latest',
    ...{ state: 'running', startedAt: '2026-03-02T09:14:05Z', openPorts: [9080] },
    health: name === 'reviews' && version === 'v1' ? 'starting' : 'ready',
    addresses: ['172.20.0.5'],
    proxy: kind === 'gateway' ? 'gateway' : 'sidecar',
    identity: `spiffe://cluster.local/ns/${namespace}/sa/default`,
    certificate: { serial: '4b7e19c2a05d', notAfterMs: FIXTURE_NOW + 20 * 3_600_000 },
    sync: {
      state: isUnsynced ? 'NACKED' : 'SYNCED',
      version: '7f3a9c1e',
      lastError: isUnsynced ? 'listener 0.0.0.0:9090: the address is taken by the application' : '',
      lastReplyMs: FIXTURE_NOW - 95_000,
    },
    clusters:
      name === 'reviews'
        ? [
            {
              cluster: 'outbound|9080||ratings.default.svc.cluster.local',
              ...{ activeConnections: 4, activeRequests: 2, pendingRequests: 0 },
              ...{ ejectedHosts: 1, pendingOverflow: 37, retries: 112 },
            },
          ]
        : [],
  };
}

/** The controller's clock in every fixture: 2026-03-02, 10:00 UTC. */
export const FIXTURE_NOW = Date.UTC(2026, 2, 2, 10, 0, 0);

/** Waves, so that a chart has something to show. */
export function trafficPoints(base: TrafficFigures, seconds: number, untilMs: number): TrafficPoint[] {
  const stepMs = 5000;
  return Array.from({ length: Math.floor((seconds * 1000) / stepMs) }, (_, index) => {
    const wave = 1 + 0.25 * Math.sin(index / 3) + 0.1 * Math.sin(index * 1.7);
    const scaled = (value: number | null) => (value === null ? null : value * wave);
    return {
      ...base,
      atMs: untilMs - seconds * 1000 + index * stepMs,
      requestsPerSecond: base.requestsPerSecond * wave,
      errorShare: Math.min(1, base.errorShare * (wave * 2 - 1)),
      ...{ p50: scaled(base.p50), p95: scaled(base.p95), p99: scaled(base.p99) },
    };
  });
}

const ROUTES: readonly RouteView[] = [
  {
    ...{
      direction: 'outbound',
      listener: '0.0.0.0:9080',
      domains: ['reviews', 'reviews.default.svc.cluster.local'],
    },
    ...{ match: 'header end-user = jason', action: '100 % reviews v2', extras: ['timeout 2 s'] },
    rule: rule('VirtualService', 'reviews', 14),
  },
  {
    ...{
      direction: 'outbound',
      listener: '0.0.0.0:9080',
      domains: ['reviews', 'reviews.default.svc.cluster.local'],
    },
    ...{
      match: 'any',
      action: '90 % reviews v1, 10 % reviews v3',
      extras: ['3 retries on 5xx', 'fault: 10 % abort 500'],
    },
    rule: rule('VirtualService', 'reviews', 22),
  },
  {
    ...{ direction: 'outbound', listener: '0.0.0.0:9080', domains: ['ratings'] },
    ...{ match: 'any', action: 'ratings', extras: [], rule: null },
  },
  {
    ...{ direction: 'inbound', listener: '0.0.0.0:15006', domains: ['*'] },
    ...{ match: 'any', action: 'the application at 9080', extras: [], rule: null },
  },
];
