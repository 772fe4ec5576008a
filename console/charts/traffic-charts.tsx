import { useMemo } from 'preact/hooks';
import type { TrafficPoint, TrafficView } from '../../model/console.ts';
import { apiUrl } from '../api.ts';
import { QueryView } from '../components/query-view.tsx';
import { formatBytes, formatMs, formatRate, formatShare } from '../format.ts';
import { useQuery } from '../query.ts';
import { Chart } from './chart.tsx';

export interface TrafficChartsProps {
  /** Of the graph. */
  readonly node: string;
  readonly seconds: number;
  /** Milliseconds since 1970; 0 = now. */
  readonly until?: number;
  readonly isCompact?: boolean;
}

export function TrafficCharts({ node, seconds, until = 0, isCompact = false }: TrafficChartsProps) {
  const url = apiUrl('/api/traffic', { node, seconds, until });
  const query = useQuery<TrafficView>(url, {
    topics: until === 0 ? ['traffic'] : [],
    everyMs: until === 0 ? 5000 : 0,
  });
  return (
    <QueryView query={query}>
      {({ inbound, outbound }) =>
        isCompact ? (
          <SideCharts name="" points={hasTraffic(inbound) ? inbound : outbound} height={90} />
        ) : (
          <>
            <SideCharts name="Inbound" points={inbound} />
            <SideCharts name="Outbound" points={outbound} />
          </>
        )
      }
    </QueryView>
  );
}

const hasTraffic = (points: readonly TrafficPoint[]) =>
  points.some(({ requestsPerSecond, openConnections }) => requestsPerSecond > 0 || openConnections > 0);

function SideCharts({
  name,
  points,
  height = 130,
}: {
  readonly name: string;
  readonly points: readonly TrafficPoint[];
  readonly height?: number;
}) {
  const charts = useMemo(() => chartsOf(points), [points]);
  const times = useMemo(() => points.map(({ atMs }) => atMs), [points]);
  if (!hasTraffic(points))
    return name === '' ? (
      <p class="soft">No traffic in this time.</p>
    ) : (
      <p class="soft">{name}: no traffic in this time.</p>
    );
  return (
    <div class="chart-row">
      {charts.map(({ title, ...chart }) => (
        <Chart
          key={title}
          title={name === '' ? title : `${name} ${title.toLowerCase()}`}
          times={times}
          height={height}
          {...chart}
        />
      ))}
    </div>
  );
}

function chartsOf(points: readonly TrafficPoint[]) {
  const values = (of: (point: TrafficPoint) => number | null) => points.map(of);
  const isHttp = points.some(({ requestsPerSecond }) => requestsPerSecond > 0);
  const bytes = {
    title: 'Bytes',
    format: (value: number) => `${formatBytes(value)}/s`,
    series: [
      { title: 'received', color: '--chart-1', values: values((point) => point.bytesInPerSecond) },
      {
        title: 'sent',
        color: '--chart-2',
        values: values((point) => point.bytesOutPerSecond),
        isDashed: true,
      },
    ],
  } as const;
  const connections = {
    title: 'Connections',
    format: (value: number) => String(Math.round(value * 10) / 10),
    series: [{ title: 'open', color: '--chart-1', values: values((point) => point.openConnections) }],
  } as const;
  if (!isHttp) return [connections, bytes];
  return [
    {
      title: 'Requests',
      format: formatRate,
      series: [{ title: 'rate', color: '--chart-1', values: values((point) => point.requestsPerSecond) }],
    },
    {
      title: 'Errors',
      format: formatShare,
      most: 0.05,
      series: [{ title: 'share', color: '--chart-2', values: values((point) => point.errorShare) }],
    },
    {
      title: 'Latency',
      format: formatMs,
      series: [
        { title: 'p50', color: '--chart-1', values: values((point) => point.p50) },
        { title: 'p95', color: '--chart-2', values: values((point) => point.p95), isDashed: true },
        { title: 'p99', color: '--chart-3', values: values((point) => point.p99) },
      ],
    },
  ] as const;
}
