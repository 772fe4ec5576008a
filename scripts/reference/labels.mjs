import { CACHE_ANNOTATION } from '../../istio/cache-annotation.ts';
import { LABEL } from '../../model/labels.ts';
import { page, table } from './tables.mjs';

/** What each label means; one that is in model/labels.ts and not here stops the generator. */
const LABELS = {
  inject:
    '`"true"`: this service gets an agent. `"false"`: it gets none from `lateen up` and `lateen inject`',
  istioInject: 'as `lateen.inject`, by Istio’s name',
  app: 'joins containers of several compose services to one service of that name',
  version: 'what subsets choose by, and metrics and the graph tell versions by',
  service: 'as `app`, and stronger',
  namespace: 'Istio’s namespace; without it `default`',
  ports: 'ports and their protocols: `http:9080,tcp:3306`; a target port after a second colon',
  serviceAccount:
    'the service account in the identity `spiffe://…/ns/NAMESPACE/sa/ACCOUNT`; without it the compose service',
  canonicalName: 'the service in labels of metrics and traces; without it `app`, else the workload',
  canonicalRevision: 'the version in labels of metrics and traces; without it `version`, else `latest`',
  healthcheck: 'an active check by the container’s own agent: `http:/healthz,5s,3` or `tcp:3306,5s,3`',
  headless: '`"true"`: the service has no virtual address, its name leads to each container',
  mesh: 'the mesh that a container belongs to, where it is not that of its compose project',
  networks: 'of a gateway: the only networks that it may be connected to, by name',
  locality: '`region.zone.subzone`, as a Node’s labels have it',
  scrape: '`"true"`: the application’s own metrics are added to those of its agent',
  scrapePort: 'where the application’s metrics are',
  scrapePath: 'where the application’s metrics are; without it `/metrics`',
  mergeMetrics: '`"false"`: they are not; `/http_sd` lists them as a target of their own',
  excludeOutboundPorts: 'calls to these ports go past the agent',
  includeOutboundPorts: 'only calls to these ports go through the agent',
  excludeOutboundIPRanges: 'calls to these ranges go past the agent',
  includeOutboundIPRanges: 'only calls to these ranges go through the agent',
  excludeInboundPorts: 'connections to these ports of the container go past the agent',
  includeInboundPorts: 'only connections to these ports of the container go through the agent',
  proxyConfig:
    'YAML of Istio’s ProxyConfig, over `defaultConfig` of MeshConfig; [what of it acts](../compatibility.md)',
  holdApplication: '`"true"`: the container is paused until its agent is ready',
};

/** Set by the mesh or by Compose, and read by people and tools. */
const OWN = {
  role: '`controller`, `agent` or `gateway`: what a container of the mesh is',
  agentFor: 'on an agent: the id of the container that it serves',
  appStarted: 'on an agent that the controller attached: when its application had started',
  agentOf: 'on an agent that Compose starts: the compose service that joins its namespace',
  testSession:
    'of testcontainers, on an agent too: what a test process that was killed has left is deleted by it',
  actsAs: 'on a container of `lateen x as`: whose identity it has',
};

const ANNOTATIONS = [
  [
    'galley.istio.io/analyze-suppress',
    'any',
    'codes that `lateen analyze` does not tell of this resource; `*` = none',
  ],
  [
    'istio.io/dry-run',
    'AuthorizationPolicy',
    '`"true"`: it decides nothing, and what it would have decided is logged',
  ],
  ['networking.istio.io/exportTo', 'Service', 'namespaces that see it'],
  [
    'networking.istio.io/enable-autoallocate-ip',
    'ServiceEntry (a label)',
    '`"false"`: its hosts get no address of the mesh, and keep those that Docker knows',
  ],
  [
    CACHE_ANNOTATION,
    'VirtualService, ServiceEntry',
    'answers are kept: `"true"`, `"64Mi,2Mi"`, `"disk"`, `"disk:1Gi,8Mi"`',
  ],
];

export function renderLabels() {
  const known = { ...LABELS, ...OWN };
  const unknown = Object.entries(LABEL).filter(
    ([key, name]) => !(key in known) && !name.startsWith('com.docker.'),
  );
  if (unknown.length > 0)
    throw new Error(`scripts/reference/labels.mjs does not tell of ${unknown.join(', ')}`);
  const rows = (texts) => Object.entries(texts).map(([key, text]) => [`\`${LABEL[key]}\``, text]);
  return page(
    'Labels and annotations',
    'model/labels.ts',
    `## Labels of containers, in a compose file

${table(['label', 'what'], rows(LABELS))}

Every other label is a label of the workload too: selectors of Istio’s documents choose by it.

## Labels that the mesh sets

${table(['label', 'what'], rows(OWN))}

## Annotations of documents

${table(
  ['annotation', 'on', 'what'],
  ANNOTATIONS.map(([name, kinds, text]) => [`\`${name}\``, kinds, text]),
)}

For tests there are more, which other meshes refuse: [testing.md](../testing.md).`,
  );
}
