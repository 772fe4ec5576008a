import type { EndpointView, GraphView, ServiceView, WorkloadView } from '../../model/console.ts';
import { TrafficCharts } from '../charts/traffic-charts.tsx';
import { Badge } from '../components/badge.tsx';
import { TimeRange } from '../components/choice.tsx';
import { EmptyState } from '../components/empty-state.tsx';
import { Facts } from '../components/facts.tsx';
import { Page, Section } from '../components/page.tsx';
import { QueryView } from '../components/query-view.tsx';
import { RuleLink } from '../components/rule-link.tsx';
import { type Column, Table } from '../components/table.tsx';
import { Tabs } from '../components/tabs.tsx';
import { VerdictBadge } from '../components/verdict-badge.tsx';
import { formatMs, formatRate } from '../format.ts';
import { sumFigures, sumOutcomes } from '../graph/graph-scene.ts';
import { mtlsWords, nodeName } from '../graph/graph-words.ts';
import { Outcomes } from '../graph/outcomes.tsx';
import { edgesInto, endpointVerdict, nodesOf, serviceVerdict } from '../health.ts';
import { graphPath, tracesPath, workloadPath } from '../paths.ts';
import { useGraph, useServices, useWorkloads } from '../queries.ts';
import { place, type RoutedProps, setQuery } from '../router.ts';
import { ErrorShare, MutualTls } from './services-page.tsx';

const DEFAULT_SECONDS = 300;

export default function ServicePage({ params }: RoutedProps) {
  const { namespace = '', name = '' } = params;
  const query = useServices();
  const seconds = Number(place.value.query.get('seconds')) || DEFAULT_SECONDS;
  const service = query.data?.find((each) => each.namespace === namespace && each.name === name);
  const range = (
    <TimeRange
      value={seconds}
      onChange={(value) => setQuery({ seconds: value === DEFAULT_SECONDS ? '' : String(value) })}
    />
  );
  return (
    <Page
      title={name}
      parent={{ href: '/services', title: 'Services' }}
      lead={service && <Lead service={service} />}
      actions={range}
    >
      <QueryView query={query}>
        {() =>
          service === undefined ? <Gone name={name} /> : <ServiceBody service={service} seconds={seconds} />
        }
      </QueryView>
    </Page>
  );
}

function Lead({ service }: { readonly service: ServiceView }) {
  return (
    <span class="badges">
      <VerdictBadge verdict={serviceVerdict(service)} />
      <Badge tone="info">{service.namespace}</Badge>
      {service.kind !== 'service' && <Badge tone="info">{service.kind}</Badge>}
    </span>
  );
}

function Gone({ name }: { readonly name: string }) {
  return (
    <EmptyState title={`There is no service ${name} just now`} icon="services">
      <p>
        Its containers may be stopped: <code>docker compose ps {name}</code>
      </p>
      <a href="/services">All services</a>
    </EmptyState>
  );
}

function ServiceBody({ service, seconds }: { readonly service: ServiceView; readonly seconds: number }) {
  const { data: workloads = [] } = useWorkloads();
  const { data: graph } = useGraph(seconds);
  const nodes = nodesOf(service, workloads);
  const edges = edgesInto(graph, nodes);
  return (
    <>
      <div class="columns">
        <Section title="Service">
          <ServiceFacts service={service} />
        </Section>
        <Section title="Rules that apply">
          <Rules service={service} />
        </Section>
      </div>
      <TrafficSection {...{ service, workloads, graph, nodes, seconds }} />
      <Section title="Called by">
        <Table
          label="Callers"
          columns={callerColumns(graph)}
          rows={edges}
          rowKey={({ source, target, protocol }) => `${source} ${target} ${protocol}`}
          empty="Nobody has called it in this time."
        />
      </Section>
      <Section title="Endpoints">
        <Table
          label="Endpoints"
          columns={ENDPOINT_COLUMNS}
          rows={[...service.endpoints].sort(byContainer)}
          rowKey={({ address, port, workload }) => `${workload} ${address}:${port}`}
          empty={
            service.kind === 'external'
              ? 'Its addresses are looked up by those who call it.'
              : 'None. Calls are answered with 503 UH until a container of it runs.'
          }
        />
      </Section>
    </>
  );
}

function ServiceFacts({ service }: { readonly service: ServiceView }) {
  return (
    <Facts
      facts={[
        ['Host name', <code key="host">{service.hostname}</code>],
        [
          'Ports',
          service.ports
            .map(({ number, name, protocol }) => `${number} ${protocol}${name === '' ? '' : ` (${name})`}`)
            .join(', '),
        ],
        ['Mutual TLS', <MutualTls key="mtls" mode={service.mtls} />],
        [
          'Traces',
          <span key="traces" class="links">
            <a href={tracesPath({ service: service.name })}>all</a>
            <a href={tracesPath({ service: service.name, status: 'error' })}>failed</a>
          </span>,
        ],
      ]}
    />
  );
}

function Rules({ service }: { readonly service: ServiceView }) {
  if (service.rules.length === 0)
    return (
      <p class="soft">
        None: it is called as if there were no mesh, but for mutual TLS. A{' '}
        <a href="/config">VirtualService or a DestinationRule</a> whose host is <code>{service.name}</code>{' '}
        changes that.
      </p>
    );
  return (
    <ul class="rule-list">
      {service.rules.map((rule) => (
        <li key={`${rule.kind}/${rule.namespace}/${rule.name}`}>
          <RuleLink rule={rule} />
        </li>
      ))}
    </ul>
  );
}

interface TrafficSectionProps {
  readonly service: ServiceView;
  readonly workloads: readonly WorkloadView[];
  readonly graph: GraphView | undefined;
  readonly nodes: readonly string[];
  readonly seconds: number;
}

/** By version, since it is versions that are compared when traffic is shifted. */
function TrafficSection({ graph, nodes, seconds }: TrafficSectionProps) {
  const own = (graph?.nodes ?? [])
    .filter(({ id }) => nodes.includes(id))
    .sort((a, b) => a.version.localeCompare(b.version, 'en', { numeric: true }));
  const wanted = place.value.query.get('version') ?? '';
  const shown = own.find(({ version }) => version === wanted) ?? own[0];
  if (shown === undefined)
    return (
      <Section title="Traffic">
        <p class="soft">None of its containers runs in the mesh, and nobody has called it.</p>
      </Section>
    );
  const edges = edgesInto(graph, [shown.id]);
  const body = (
    <>
      <TrafficCharts node={shown.id} seconds={seconds} />
      <Outcomes outcomes={sumOutcomes(edges)} />
    </>
  );
  return (
    <Section title="Traffic" lead={<a href={graphPath(shown.id)}>in the graph</a>}>
      {own.length === 1 ? (
        body
      ) : (
        <Tabs
          label="Versions"
          tabs={own.map((node) => ({
            id: node.id,
            title: node.version === '' ? nodeName(node) : node.version,
            note: formatRate(
              sumFigures(edgesInto(graph, [node.id]).map(({ figures }) => figures)).requestsPerSecond,
            ),
          }))}
          selected={shown.id}
          onSelect={(id) => setQuery({ version: own.find((node) => node.id === id)?.version ?? '' })}
        >
          {body}
        </Tabs>
      )}
    </Section>
  );
}

type Edge = GraphView['edges'][number];

function callerColumns(graph: GraphView | undefined): Column<Edge>[] {
  const nodes = new Map(graph?.nodes.map((node) => [node.id, node]));
  const nameOf = (id: string) => {
    const node = nodes.get(id);
    return node === undefined ? id : nodeName(node);
  };
  return [
    {
      title: 'Caller',
      sort: ({ source }) => nameOf(source),
      cell: ({ source }) => <a href={graphPath(source)}>{nameOf(source)}</a>,
    },
    { title: 'Called', sort: ({ target }) => nameOf(target), cell: ({ target }) => nameOf(target) },
    { title: 'Protocol', cell: ({ protocol, mtls }) => `${protocol}, ${mtlsWords(mtls)}` },
    {
      ...{ title: 'Rate', isFigure: true, sort: ({ figures }) => figures.requestsPerSecond },
      cell: ({ figures }) => formatRate(figures.requestsPerSecond),
    },
    {
      ...{ title: 'Errors', isFigure: true, sort: ({ figures }) => figures.errorShare },
      cell: ({ figures }) => <ErrorShare sum={sumFigures([figures])} />,
    },
    ...(['p50', 'p95', 'p99'] as const).map(
      (which): Column<Edge> => ({
        ...{ title: which, isFigure: true, sort: ({ figures }) => figures[which] ?? -1 },
        cell: ({ figures }) => formatMs(figures[which]),
      }),
    ),
  ];
}

const byContainer = (a: EndpointView, b: EndpointView) =>
  a.workload.localeCompare(b.workload, 'en', { numeric: true }) || a.port - b.port;

const ENDPOINT_COLUMNS: readonly Column<EndpointView>[] = [
  {
    title: 'Container',
    sort: ({ workload }) => workload,
    cell: ({ workload, address }) =>
      workload === '' ? <span class="mono">{address}</span> : <a href={workloadPath(workload)}>{workload}</a>,
  },
  { title: 'Address', cell: ({ address, port }) => <span class="mono">{`${address}:${port}`}</span> },
  { title: 'Version', sort: ({ version }) => version, cell: ({ version }) => version || '–' },
  {
    title: 'Health',
    sort: ({ health }) => health,
    cell: ({ health }) => <VerdictBadge verdict={endpointVerdict(health)} />,
  },
  { title: 'Ejected by', cell: ({ ejectedBy }) => <Ejections by={ejectedBy} /> },
  { title: 'Locality', sort: ({ locality }) => locality, cell: ({ locality }) => locality || '–' },
];

function Ejections({ by }: { readonly by: readonly string[] }) {
  if (by.length === 0) return <span class="soft">nobody</span>;
  return (
    <span class="links">
      <Badge tone="warn">ejected</Badge>
      {by.map((name) => (
        <a key={name} href={workloadPath(name)}>
          {name}
        </a>
      ))}
    </span>
  );
}
