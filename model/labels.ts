/** Docker labels that users write, and those by which the mesh knows its own containers. */
export type Labels = Readonly<Record<string, string>>;

export const LABEL = {
  app: 'app',
  version: 'version',
  inject: 'lateen.inject',
  istioInject: 'sidecar.istio.io/inject',
  service: 'lateen.service',
  namespace: 'lateen.namespace',
  ports: 'lateen.ports',
  serviceAccount: 'lateen.service-account',
  healthcheck: 'lateen.healthcheck',
  headless: 'lateen.headless',
  mesh: 'lateen.mesh',
  networks: 'lateen.networks',
  locality: 'istio-locality',
  scrape: 'prometheus.io/scrape',
  scrapePort: 'prometheus.io/port',
  scrapePath: 'prometheus.io/path',
  mergeMetrics: 'prometheus.istio.io/merge-metrics',
  excludeOutboundPorts: 'traffic.sidecar.istio.io/excludeOutboundPorts',
  includeOutboundPorts: 'traffic.sidecar.istio.io/includeOutboundPorts',
  excludeOutboundIPRanges: 'traffic.sidecar.istio.io/excludeOutboundIPRanges',
  includeOutboundIPRanges: 'traffic.sidecar.istio.io/includeOutboundIPRanges',
  excludeInboundPorts: 'traffic.sidecar.istio.io/excludeInboundPorts',
  includeInboundPorts: 'traffic.sidecar.istio.io/includeInboundPorts',
  proxyConfig: 'proxy.istio.io/config',
  /** The one field of `proxy.istio.io/config` that most people want, as a label of its own. */
  holdApplication: 'proxy.istio.io/holdApplicationUntilProxyStarts',
  /** `controller`, `agent` or `gateway`: set on the mesh's own containers. */
  role: 'lateen.role',
  /** On an agent's container: the id of the app's container. */
  agentFor: 'lateen.agent-for',
  /** On an agent that the controller attached: when its application had started. */
  appStarted: 'lateen.app-started',
  /** On an agent that Compose starts: the compose service whose containers join its namespace. */
  agentOf: 'lateen.agent-of',
  /** On a visitor (`lateen x as SERVICE`): the service whose identity it has without being one of its containers. */
  actsAs: 'lateen.acts-as',
  /** testcontainers' own: by it Ryuk deletes what a test process that was killed has left. */
  testSession: 'org.testcontainers.session-id',
  canonicalName: 'service.istio.io/canonical-name',
  canonicalRevision: 'service.istio.io/canonical-revision',
  composeProject: 'com.docker.compose.project',
  composeService: 'com.docker.compose.service',
  composeOneOff: 'com.docker.compose.oneoff',
  composeNumber: 'com.docker.compose.container-number',
} as const;

export type Role = 'controller' | 'agent' | 'gateway';

/** Whether the labels ask for an agent. Both ways in, attach and inject, choose by this. */
export function asksForAgent(labels: Labels): boolean {
  return labels[LABEL.inject] === 'true' || labels[LABEL.istioInject] === 'true';
}

/** Whether they say that there is to be none, where all are to have one. */
export function refusesAgent(labels: Labels): boolean {
  return !asksForAgent(labels) && (labels[LABEL.inject] === 'false' || labels[LABEL.istioInject] === 'false');
}

/** Equality AND over every wanted label, as Kubernetes' `matchLabels`; an empty selector selects all. */
export function matchesLabels(wanted: Labels, labels: Labels): boolean {
  for (const key in wanted) if (labels[key] !== wanted[key]) return false;
  return true;
}
