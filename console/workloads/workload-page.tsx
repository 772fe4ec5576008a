import type { WorkloadView } from '../../model/console.ts';
import { TrafficCharts } from '../charts/traffic-charts.tsx';
import { Badge } from '../components/badge.tsx';
import { TimeRange } from '../components/choice.tsx';
import { EmptyState } from '../components/empty-state.tsx';
import { useStatus } from '../components/frame.tsx';
import { Page, Section } from '../components/page.tsx';
import { QueryView } from '../components/query-view.tsx';
import { Tabs } from '../components/tabs.tsx';
import { VerdictBadge } from '../components/verdict-badge.tsx';
import { containerVerdict, syncVerdict } from '../health.ts';
import { graphPath } from '../paths.ts';
import { useWorkloads } from '../queries.ts';
import { place, type RoutedProps, setQuery } from '../router.ts';
import { ClusterTable } from './cluster-table.tsx';
import { LogTab } from './log-tab.tsx';
import { RoutesTab } from './routes-tab.tsx';
import { ContainerFacts, Labels, ProxyFacts } from './workload-facts.tsx';
import './workloads.css';

const DEFAULT_SECONDS = 300;

export default function WorkloadPage({ params }: RoutedProps) {
  const { name = '' } = params;
  const query = useWorkloads();
  const workload = query.data?.find((each) => each.name === name);
  return (
    <Page
      title={name}
      parent={{ href: '/workloads', title: 'Workloads' }}
      lead={workload && <Lead workload={workload} />}
    >
      <QueryView query={query}>
        {() => (workload === undefined ? <Gone name={name} /> : <WorkloadBody workload={workload} />)}
      </QueryView>
    </Page>
  );
}

function Lead({ workload }: { readonly workload: WorkloadView }) {
  return (
    <span class="badges">
      <VerdictBadge verdict={containerVerdict(workload)} />
      <VerdictBadge verdict={syncVerdict(workload)} />
      <Badge tone="info">{workload.namespace}</Badge>
      {workload.proxy === 'gateway' && <Badge tone="info">gateway</Badge>}
    </span>
  );
}

function Gone({ name }: { readonly name: string }) {
  return (
    <EmptyState title={`The container ${name} is not in the mesh just now`} icon="workloads">
      <p>
        It may be stopped, or another stands in its place: <code>docker ps -a --filter name={name}</code>
      </p>
      <a href="/workloads">All workloads</a>
    </EmptyState>
  );
}

function WorkloadBody({ workload }: { readonly workload: WorkloadView }) {
  const tabs = [
    { id: 'overview', title: 'Overview' },
    ...(workload.proxy === null ? [] : [{ id: 'routes', title: 'Routes' }]),
    { id: 'logs', title: 'Logs' },
  ];
  const wanted = place.value.query.get('tab');
  const selected = tabs.find(({ id }) => id === wanted)?.id ?? 'overview';
  return (
    <Tabs
      label="About this workload"
      tabs={tabs}
      selected={selected}
      onSelect={(id) => setQuery({ tab: id === 'overview' ? '' : id })}
    >
      {selected === 'overview' && <Overview workload={workload} />}
      {selected === 'routes' && <RoutesTab workload={workload} />}
      {selected === 'logs' && <LogTab workload={workload} />}
    </Tabs>
  );
}

function Overview({ workload }: { readonly workload: WorkloadView }) {
  const { data: status } = useStatus();
  const seconds = Number(place.value.query.get('seconds')) || DEFAULT_SECONDS;
  const nowMs = status?.nowMs ?? Date.now();
  const range = (
    <TimeRange
      value={seconds}
      onChange={(value) => setQuery({ seconds: value === DEFAULT_SECONDS ? '' : String(value) })}
    />
  );
  const lead = (
    <>
      <a href={graphPath(workload.node)}>in the graph</a>
      <span class="section-end">{range}</span>
    </>
  );
  return (
    <>
      {workload.sync.lastError !== '' && (
        <p class="notice notice-bad">
          <b>The proxy refused the newest configuration:</b> {workload.sync.lastError}. What it had before
          stays in force.
        </p>
      )}
      <div class="columns">
        <Section title="Proxy">
          <ProxyFacts workload={workload} nowMs={nowMs} />
        </Section>
        <Section title="Container">
          <ContainerFacts workload={workload} nowMs={nowMs} />
        </Section>
      </div>
      <Section title="Traffic" lead={lead}>
        <TrafficCharts node={workload.node} seconds={seconds} />
      </Section>
      <Section
        title="Circuit breakers and ejections"
        lead={<span class="soft">since the proxy’s start</span>}
      >
        <ClusterTable workload={workload} />
      </Section>
      <Section title="Labels">
        <Labels workload={workload} />
      </Section>
    </>
  );
}
