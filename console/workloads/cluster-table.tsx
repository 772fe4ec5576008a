import type { ClusterHealthView, WorkloadView } from '../../model/console.ts';
import { Badge } from '../components/badge.tsx';
import { type Column, Table } from '../components/table.tsx';
import { formatNumber } from '../format.ts';

/** What its proxy holds back, by destination. */
export function ClusterTable({ workload }: { readonly workload: WorkloadView }) {
  if (workload.proxy === null) return <p class="soft">It has no proxy.</p>;
  return (
    <Table
      label="Clusters"
      columns={COLUMNS}
      rows={workload.clusters}
      rowKey={({ cluster }) => cluster}
      empty="Nothing to tell: no host is ejected, nothing waits, nothing was tried again."
    />
  );
}

const figure = (
  title: string,
  of: (cluster: ClusterHealthView) => number,
  isTrouble = false,
): Column<ClusterHealthView> => ({
  ...{ title, isFigure: true, sort: of },
  cell: (cluster) =>
    isTrouble && of(cluster) > 0 ? (
      <Badge tone="warn">{formatNumber(of(cluster))}</Badge>
    ) : (
      formatNumber(of(cluster))
    ),
});

const COLUMNS: readonly Column<ClusterHealthView>[] = [
  { title: 'Cluster', sort: ({ cluster }) => cluster, cell: ({ cluster }) => <ClusterName name={cluster} /> },
  figure('Connections', ({ activeConnections }) => activeConnections),
  figure('Requests', ({ activeRequests }) => activeRequests),
  figure('Waiting', ({ pendingRequests }) => pendingRequests),
  figure('Ejected hosts', ({ ejectedHosts }) => ejectedHosts, true),
  figure('Refused by breaker', ({ pendingOverflow }) => pendingOverflow, true),
  figure('Retries', ({ retries }) => retries),
];

/** `outbound|9080|v1|reviews.default.svc.cluster.local`, as Istio names clusters: in readable order. */
function ClusterName({ name }: { readonly name: string }) {
  const [direction, port, subset, host] = name.split('|');
  if (host === undefined) return <code>{name}</code>;
  return (
    <span title={name}>
      {host || 'the application'}:{port}{' '}
      <span class="soft">{[direction, subset].filter(Boolean).join(', ')}</span>
    </span>
  );
}
