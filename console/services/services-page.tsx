import { useState } from 'preact/hooks';
import type { GraphView, ServiceView, WorkloadView } from '../../model/console.ts';
import { Badge } from '../components/badge.tsx';
import { EmptyState } from '../components/empty-state.tsx';
import { matches } from '../components/list-filter.ts';
import { Page } from '../components/page.tsx';
import { QueryView } from '../components/query-view.tsx';
import { SearchField } from '../components/search-field.tsx';
import { type Column, Table } from '../components/table.tsx';
import { VerdictBadge } from '../components/verdict-badge.tsx';
import { formatMs, formatRate, formatShare, plural } from '../format.ts';
import { type FiguresSum, sumFigures } from '../graph/graph-scene.ts';
import { edgesAt, ejectedHosts, nodesOf, serviceVerdict } from '../health.ts';
import { servicePath } from '../paths.ts';
import { useGraph, useServices, useWorkloads } from '../queries.ts';

interface Row {
  readonly service: ServiceView;
  readonly sum: FiguresSum;
  /** The slowest of its callers' views. */
  readonly p95: number | null;
}

export default function ServicesPage() {
  const [search, setSearch] = useState('');
  const query = useServices();
  const { data: workloads = [] } = useWorkloads();
  const { data: graph } = useGraph();
  return (
    <Page
      title="Services"
      actions={<SearchField label="Search services" value={search} onInput={setSearch} />}
    >
      <QueryView query={query}>
        {(services) =>
          services.length === 0 ? (
            <NoServices />
          ) : (
            <Table
              label="Services"
              columns={COLUMNS}
              rows={rowsOf(services, workloads, graph).filter(({ service }) => isFound(service, search))}
              rowKey={({ service }) => `${service.namespace}/${service.hostname}`}
              empty={`No service has “${search}” in its name, its hosts or its ports.`}
            />
          )
        }
      </QueryView>
    </Page>
  );
}

const isFound = ({ name, namespace, hostname, kind, ports }: ServiceView, search: string) =>
  matches(
    search,
    name,
    namespace,
    hostname,
    kind,
    ...ports.map(({ number, protocol }) => `${number} ${protocol}`),
  );

function rowsOf(
  services: readonly ServiceView[],
  workloads: readonly WorkloadView[],
  graph: GraphView | undefined,
): Row[] {
  return [...services].sort(byName).map((service) => {
    const figures = edgesAt(graph, nodesOf(service, workloads)).map((edge) => edge.figures);
    const slowest = Math.max(-1, ...figures.map(({ p95 }) => p95 ?? -1));
    return { service, sum: sumFigures(figures), p95: slowest < 0 ? null : slowest };
  });
}

const byName = (a: ServiceView, b: ServiceView) => a.name.localeCompare(b.name, 'en', { numeric: true });

const COLUMNS: readonly Column<Row>[] = [
  {
    title: 'Service',
    sort: ({ service }) => service.name,
    cell: ({ service }) => (
      <a class="row-link" href={servicePath(service.namespace, service.name)}>
        {service.name}
      </a>
    ),
  },
  { title: 'Namespace', sort: ({ service }) => service.namespace, cell: ({ service }) => service.namespace },
  {
    title: 'Health',
    sort: ({ service }) => ['bad', 'warn', 'idle', 'info', 'ok'].indexOf(serviceVerdict(service).tone),
    cell: ({ service }) => <Health service={service} />,
  },
  {
    ...{ title: 'Rate', isFigure: true, sort: ({ sum }) => sum.requestsPerSecond },
    cell: ({ sum }) => (
      <span class={sum.requestsPerSecond === 0 ? 'soft' : undefined}>
        {sum.requestsPerSecond === 0 && sum.openConnections > 0
          ? plural(sum.openConnections, 'connection')
          : formatRate(sum.requestsPerSecond)}
      </span>
    ),
  },
  {
    ...{ title: 'Errors', isFigure: true, sort: ({ sum }) => sum.errorShare },
    cell: ({ sum }) => <ErrorShare sum={sum} />,
  },
  { title: 'p95', isFigure: true, sort: ({ p95 }) => p95 ?? -1, cell: ({ p95 }) => formatMs(p95) },
  {
    title: 'Ports',
    cell: ({ service }) => service.ports.map(({ number, protocol }) => `${number} ${protocol}`).join(', '),
  },
  {
    title: 'mTLS',
    sort: ({ service }) => service.mtls,
    cell: ({ service }) => <MutualTls mode={service.mtls} />,
  },
  {
    ...{ title: 'Rules', isFigure: true, sort: ({ service }) => service.rules.length },
    cell: ({ service }) => service.rules.length,
  },
];

function Health({ service }: { readonly service: ServiceView }) {
  const ejected = ejectedHosts(service);
  return (
    <span class="badges">
      <VerdictBadge verdict={serviceVerdict(service)} />
      {ejected > 0 && <Badge tone="warn">{ejected} ejected</Badge>}
      {service.kind !== 'service' && <Badge tone="info">{service.kind}</Badge>}
    </span>
  );
}

export function ErrorShare({ sum }: { readonly sum: FiguresSum }) {
  if (sum.requestsPerSecond === 0) return <span class="soft">–</span>;
  if (sum.errorShare === 0) return <span class="soft">0 %</span>;
  return <Badge tone={sum.errorShare >= 0.05 ? 'bad' : 'warn'}>{formatShare(sum.errorShare)}</Badge>;
}

export function MutualTls({ mode }: { readonly mode: ServiceView['mtls'] }) {
  if (mode === 'UNSET') return <span class="soft">–</span>;
  return (
    <Badge tone={mode === 'STRICT' ? 'ok' : mode === 'DISABLE' ? 'warn' : 'idle'}>{mode.toLowerCase()}</Badge>
  );
}

function NoServices() {
  return (
    <EmptyState title="The mesh knows no service yet" icon="services">
      <p>
        Each service of your compose file that has the label <code>lateen.inject: "true"</code> is one; so is
        each <code>ServiceEntry</code> in the config directory.
      </p>
      <pre>{`services:
  reviews:
    labels: { app: reviews, version: v1, lateen.inject: "true" }`}</pre>
    </EmptyState>
  );
}
