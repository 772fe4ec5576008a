// Details of the part of the graph that is chosen.
import type { GraphView, ServiceView, WorkloadView } from '../../model/console.ts';
import { TrafficCharts } from '../charts/traffic-charts.tsx';
import { Badge } from '../components/badge.tsx';
import { Facts } from '../components/facts.tsx';
import { Panel } from '../components/panel.tsx';
import { RuleLink } from '../components/rule-link.tsx';
import { formatBytes, formatMs, formatRate, formatShare } from '../format.ts';
import { servicePath, tracesPath, workloadPath } from '../paths.ts';
import { useQuery } from '../query.ts';
import {
  edgeHealth,
  edgeKey,
  type Scene,
  type SceneEdge,
  type SceneNode,
  shortName,
  sumOutcomes,
} from './graph-scene.ts';
import { hasPeer, mtlsWords, nodeName, readinessWords } from './graph-words.ts';
import { Outcomes } from './outcomes.tsx';

export interface GraphPanelProps {
  readonly view: GraphView;
  readonly scene: Scene;
  readonly selected: string;
  readonly seconds: number;
  readonly until: number;
  readonly onSelect: (id: string) => void;
}

export function GraphPanel(props: GraphPanelProps) {
  const { scene, selected, view } = props;
  const nodes = scene.cards.flatMap((card) => card.nodes);
  const names = new Map(view.nodes.map((node) => [node.id, nodeName(node)]));
  const nameOf = (id: string) => names.get(id) ?? id;
  const edge = scene.edges.find(({ key }) => key === selected);
  if (edge !== undefined) return <EdgePanel {...props} item={edge} nameOf={nameOf} />;
  const node = nodes.find((each) => each.node.id === selected);
  return node === undefined ? null : <NodePanel {...props} item={node} nameOf={nameOf} />;
}

type NameOf = (id: string) => string;

function NodePanel(props: GraphPanelProps & { readonly item: SceneNode; readonly nameOf: NameOf }) {
  const { view, item, seconds, until, onSelect, nameOf } = props;
  const { node, sum, health } = item;
  const inbound = view.edges.filter(({ target }) => target === node.id);
  const outbound = view.edges.filter(({ source }) => source === node.id);
  const readiness = readinessWords(node);
  return (
    <Panel title={nodeName(node)} lead={<NodeBadges item={item} />} onClose={() => onSelect('')}>
      {readiness !== '' && (
        <p class={`notice ${health === 'bad' ? 'notice-bad' : 'notice-warn'}`}>{readiness}</p>
      )}
      <NodeLinks node={node.id} app={node.app} isFailing={sum.errorShare > 0} />
      {inbound.length + outbound.length > 0 && (
        <TrafficCharts node={node.id} seconds={Math.max(300, seconds)} until={until} isCompact />
      )}
      <Neighbours
        title="Called by"
        edges={inbound}
        nameOf={({ source }) => nameOf(source)}
        onSelect={onSelect}
      />
      <Neighbours
        title="Calls"
        edges={outbound}
        nameOf={({ target }) => nameOf(target)}
        onSelect={onSelect}
      />
      <Outcomes outcomes={sumOutcomes(inbound.length > 0 ? inbound : outbound)} />
    </Panel>
  );
}

function NodeBadges({ item }: { readonly item: SceneNode }) {
  const { node, sum, health } = item;
  return (
    <span class="badges">
      <Badge tone={health}>
        {health === 'idle'
          ? 'idle'
          : `${formatRate(sum.requestsPerSecond)}, ${formatShare(sum.errorShare)} errors`}
      </Badge>
      {node.namespace !== '' && <Badge tone="info">{node.namespace}</Badge>}
      {node.kind !== 'workload' && <Badge tone="info">{KINDS[node.kind]}</Badge>}
    </span>
  );
}

const KINDS = {
  workload: 'workload',
  gateway: 'gateway',
  external: 'outside the mesh',
  service: 'nobody answered',
  unknown: 'callers of no known name',
} as const;

/** Services and containers that the node stands for, and what else is known of them. */
function NodeLinks({
  node,
  app,
  isFailing,
}: {
  readonly node: string;
  readonly app: string;
  readonly isFailing: boolean;
}) {
  const { data: services = [] } = useQuery<ServiceView[]>('/api/services', { topics: ['services'] });
  const { data: workloads = [] } = useQuery<WorkloadView[]>('/api/workloads', { topics: ['workloads'] });
  const containers = workloads.filter((workload) => workload.node === node).map(({ name }) => name);
  const own = services.filter((service) => isOf(service, node, containers));
  const rules = own.flatMap((service) => service.rules);
  return (
    <Facts
      facts={[
        [
          'Service',
          own.length > 0 && (
            <Links items={own.map((each) => [servicePath(each.namespace, each.name), each.name])} />
          ),
        ],
        [
          'Containers',
          containers.length > 0 && <Links items={containers.map((name) => [workloadPath(name), name])} />,
        ],
        [
          'Traces',
          app !== '' && (
            <Links
              items={[
                [tracesPath({ service: app }), 'all'],
                ...(isFailing ? ([[tracesPath({ service: app, status: 'error' }), 'failed']] as const) : []),
              ]}
            />
          ),
        ],
        [
          'Rules',
          rules.length > 0 && (
            <ul class="rule-list">
              {rules.map((rule) => (
                <li key={`${rule.kind}/${rule.namespace}/${rule.name}`}>
                  <RuleLink rule={rule} />
                </li>
              ))}
            </ul>
          ),
        ],
      ]}
    />
  );
}

function isOf({ hostname, endpoints }: ServiceView, node: string, containers: readonly string[]): boolean {
  if (node === `external/${hostname}` || node === `service/${hostname}`) return true;
  return endpoints.some(({ workload }) => workload !== '' && containers.includes(workload));
}

function Links({ items }: { readonly items: readonly (readonly [string, string])[] }) {
  return (
    <span class="links">
      {items.map(([href, title]) => (
        <a key={href} href={href}>
          {title}
        </a>
      ))}
    </span>
  );
}

interface NeighboursProps {
  readonly title: string;
  readonly edges: GraphView['edges'];
  readonly nameOf: (edge: GraphView['edges'][number]) => string;
  readonly onSelect: (id: string) => void;
}

function Neighbours({ title, edges, nameOf, onSelect }: NeighboursProps) {
  if (edges.length === 0) return null;
  return (
    <section>
      <h3>{title}</h3>
      <ul class="neighbours">
        {edges.map((edge) => (
          <li key={edgeKey(edge)}>
            <button type="button" class="link-button" onClick={() => onSelect(edgeKey(edge))}>
              {nameOf(edge)}
            </button>
            <span class="figure">{shortFigures(edge)}</span>
            {edge.figures.errorShare > 0 && (
              <Badge tone={edgeHealth(edge)}>{formatShare(edge.figures.errorShare)}</Badge>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

function shortFigures({ protocol, figures }: GraphView['edges'][number]): string {
  if (protocol === 'tcp') return `${figures.openConnections} conn.`;
  if (figures.requestsPerSecond === 0) return 'idle';
  return `${formatRate(figures.requestsPerSecond)} · ${formatMs(figures.p95)}`;
}

function EdgePanel(props: GraphPanelProps & { readonly item: SceneEdge; readonly nameOf: NameOf }) {
  const { item, view, onSelect, nameOf } = props;
  const { edge, health } = item;
  const { figures } = edge;
  const target = view.nodes.find(({ id }) => id === edge.target);
  const app = target === undefined ? '' : target.app || shortName(target.label).split('.')[0] || '';
  const isHttp = edge.protocol !== 'tcp';
  const lead = (
    <span class="badges">
      <Badge tone={health}>{health === 'idle' ? 'idle' : `${formatShare(figures.errorShare)} errors`}</Badge>
      {hasPeer(edge) && (
        <Badge tone={edge.mtls === 'all' ? 'ok' : edge.mtls === 'some' ? 'warn' : 'idle'}>
          {mtlsWords(edge.mtls)}
        </Badge>
      )}
    </span>
  );
  return (
    <Panel title={`${nameOf(edge.source)} → ${nameOf(edge.target)}`} lead={lead} onClose={() => onSelect('')}>
      <Facts
        facts={[
          ['Protocol', edge.protocol],
          ['Rate', isHttp && formatRate(figures.requestsPerSecond)],
          ['Latency', isHttp && <Latency figures={figures} />],
          ['Received', `${formatBytes(figures.bytesInPerSecond)}/s`],
          ['Sent', `${formatBytes(figures.bytesOutPerSecond)}/s`],
          ['Open connections', String(figures.openConnections)],
          [
            'Ends',
            <span key="ends" class="links">
              {[edge.source, edge.target].map((id) => (
                <button key={id} type="button" class="link-button" onClick={() => onSelect(id)}>
                  {nameOf(id)}
                </button>
              ))}
            </span>,
          ],
        ]}
      />
      <Outcomes outcomes={edge.outcomes} />
      <section>
        <h3>{nameOf(edge.target)}</h3>
        <NodeLinks node={edge.target} app={app} isFailing={figures.errorShare > 0} />
      </section>
    </Panel>
  );
}

function Latency({ figures }: { readonly figures: SceneEdge['edge']['figures'] }) {
  return (
    <span class="latency">
      {(['p50', 'p95', 'p99'] as const).map((which) => (
        <span key={which}>
          <span class="soft">{which}</span> {formatMs(figures[which])}
        </span>
      ))}
    </span>
  );
}
