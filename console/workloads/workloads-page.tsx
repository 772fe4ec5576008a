import { useState } from 'preact/hooks';
import type { WorkloadView } from '../../model/console.ts';
import { EmptyState } from '../components/empty-state.tsx';
import { useStatus } from '../components/frame.tsx';
import { matches } from '../components/list-filter.ts';
import { Page } from '../components/page.tsx';
import { QueryView } from '../components/query-view.tsx';
import { SearchField } from '../components/search-field.tsx';
import { type Column, Table } from '../components/table.tsx';
import { VerdictBadge } from '../components/verdict-badge.tsx';
import { formatAgo, formatRate } from '../format.ts';
import { sumFigures } from '../graph/graph-scene.ts';
import { certificateVerdict, clusterTroubles, containerVerdict, edgesAt, syncVerdict } from '../health.ts';
import { workloadPath } from '../paths.ts';
import { useGraph, useWorkloads } from '../queries.ts';
import { ErrorShare } from '../services/services-page.tsx';

export default function WorkloadsPage() {
  const [search, setSearch] = useState('');
  const query = useWorkloads();
  const { data: graph } = useGraph();
  const { data: status } = useStatus();
  const nowMs = status?.nowMs ?? Date.now();
  const sumOf = ({ node }: WorkloadView) => sumFigures(edgesAt(graph, [node]).map(({ figures }) => figures));
  const traffic: Column<WorkloadView>[] = [
    {
      ...{ title: 'Rate', isFigure: true, sort: (workload) => sumOf(workload).requestsPerSecond },
      cell: (workload) => formatRate(sumOf(workload).requestsPerSecond),
    },
    {
      ...{ title: 'Errors', isFigure: true, sort: (workload) => sumOf(workload).errorShare },
      cell: (workload) => <ErrorShare sum={sumOf(workload)} />,
    },
  ];
  return (
    <Page
      title="Workloads"
      actions={<SearchField label="Search workloads" value={search} onInput={setSearch} />}
    >
      <QueryView query={query}>
        {(workloads) =>
          workloads.length === 0 ? (
            <NoWorkloads />
          ) : (
            <Table
              label="Workloads"
              columns={[...columnsBefore, ...traffic, ...columnsAfter(nowMs)]}
              rows={workloads.filter((workload) => isFound(workload, search)).sort(byName)}
              rowKey={({ id }) => id}
              empty={`No container has “${search}” in its name, its labels or its image.`}
            />
          )
        }
      </QueryView>
    </Page>
  );
}

const isFound = ({ name, namespace, image, labels, state, sync }: WorkloadView, search: string) =>
  matches(
    search,
    name,
    namespace,
    image,
    state,
    sync.state,
    ...Object.entries(labels).map((label) => label.join('=')),
  );

const byName = (a: WorkloadView, b: WorkloadView) => a.name.localeCompare(b.name, 'en', { numeric: true });

const columnsBefore: readonly Column<WorkloadView>[] = [
  {
    title: 'Container',
    sort: ({ name }) => name,
    cell: ({ name }) => (
      <a class="row-link" href={workloadPath(name)}>
        {name}
      </a>
    ),
  },
  {
    title: 'App',
    sort: ({ app, version }) => `${app} ${version}`,
    cell: ({ app, version }) => `${app} ${version}`,
  },
  { title: 'Namespace', sort: ({ namespace }) => namespace, cell: ({ namespace }) => namespace },
  {
    title: 'State',
    sort: (workload) => containerVerdict(workload).words,
    cell: (workload) => (
      <span class="badges">
        <VerdictBadge verdict={containerVerdict(workload)} />
        {clusterTroubles(workload).map((verdict) => (
          <VerdictBadge key={verdict.words} verdict={verdict} />
        ))}
      </span>
    ),
  },
  {
    title: 'Proxy',
    sort: (workload) => syncVerdict(workload).words,
    cell: (workload) => <VerdictBadge verdict={syncVerdict(workload)} title={workload.sync.lastError} />,
  },
];

const columnsAfter = (nowMs: number): readonly Column<WorkloadView>[] => [
  {
    title: 'Certificate',
    sort: ({ certificate }) => certificate?.notAfterMs ?? 0,
    cell: (workload) => (
      <span class={certificateVerdict(workload, nowMs).tone === 'ok' ? undefined : 'cell-warn'}>
        {workload.certificate === null
          ? 'none'
          : `expires ${formatAgo(workload.certificate.notAfterMs, nowMs)}`}
      </span>
    ),
  },
  {
    title: 'Started',
    sort: ({ startedAt }) => startedAt,
    cell: ({ startedAt }) => (startedAt === '' ? '–' : formatAgo(Date.parse(startedAt), nowMs)),
  },
];

function NoWorkloads() {
  return (
    <EmptyState title="No container is in the mesh yet" icon="workloads">
      <p>
        Give a service of your compose file the label <code>lateen.inject: "true"</code> and start it: its
        agent comes within a moment, and it stands here.
      </p>
      <pre>docker compose up -d</pre>
    </EmptyState>
  );
}
