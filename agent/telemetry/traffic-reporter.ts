import type { Counter, Histogram } from '../../base/metrics.ts';
import {
  type ClusterReport,
  type EdgeReport,
  MAX_CLUSTERS_PER_REPORT,
  MAX_EDGES_PER_REPORT,
  MAX_OUTCOMES_PER_EDGE,
  type OutcomeReport,
  type TrafficReport,
} from '../../model/traffic.ts';
import type { Cluster } from '../upstream/cluster.ts';
import { clusterReport, isQuiet, QUIET } from './cluster-report.ts';
import type { LiveTcp } from './live-tcp.ts';
import type { MetricFamilies } from './metric-families.ts';
import { readParties, type SeriesParties } from './traffic-labels.ts';

interface Draft {
  readonly parties: SeriesParties;
  readonly outcomes: OutcomeReport[];
  readonly durations: Map<number, number>;
  sentBytes: number;
  receivedBytes: number;
  opened: number;
  open: number | undefined;
}

/** Looks at the counters of metrics once in a while, and tells what was added to them since. Counting costs nothing more. */
export class TrafficReporter {
  readonly #families: MetricFamilies;
  readonly #tcp: LiveTcp;
  readonly #parties = new Map<string, SeriesParties | null>();
  readonly #told = new Map<Counter | Histogram, number>();
  readonly #toldBuckets = new Map<Histogram, number[]>();
  readonly #toldOpen = new Map<Counter, number>();
  readonly #toldClusters = new Map<string, string>();
  #drafts = new Map<string, Draft>();

  constructor(families: MetricFamilies, tcp: LiveTcp) {
    this.#families = families;
    this.#tcp = tcp;
  }

  /** What changed until now is not told. */
  skip(): void {
    while (this.take([], false) !== null);
  }

  /** null = nothing has changed since the last. */
  take(clusters: Iterable<Cluster>, isFirst: boolean): TrafficReport | null {
    if (isFirst) {
      this.#toldOpen.clear();
      this.#toldClusters.clear();
    }
    this.#tcp.count();
    this.#drafts = new Map();
    this.#takeRequests();
    this.#takeTcp();
    const edges = [...this.#drafts.values()].map(edgeOf);
    this.#drafts = new Map();
    const changed = this.#takeClusters(clusters);
    return edges.length + changed.length === 0 && !isFirst ? null : { isFirst, edges, clusters: changed };
  }

  #takeRequests(): void {
    const families = this.#families;
    for (const series of families.counters('REQUEST_COUNT').values()) this.#takeOutcome(series);
    for (const series of families.histograms('REQUEST_DURATION').values()) {
      const draft = this.#changed(series, series.count);
      if (draft !== null) this.#takeBuckets(series, draft);
    }
    this.#takeSums('REQUEST_SIZE', (draft, bytes) => {
      draft.sentBytes += bytes;
    });
    this.#takeSums('RESPONSE_SIZE', (draft, bytes) => {
      draft.receivedBytes += bytes;
    });
  }

  #takeTcp(): void {
    const families = this.#families;
    for (const series of families.counters('TCP_CLOSED_CONNECTIONS').values()) this.#takeOutcome(series);
    this.#takeCounts('TCP_OPENED_CONNECTIONS', (draft, count) => {
      draft.opened += count;
    });
    // Istio's words are the host's: what it received was sent to it.
    this.#takeCounts('TCP_RECEIVED_BYTES', (draft, bytes) => {
      draft.sentBytes += bytes;
    });
    this.#takeCounts('TCP_SENT_BYTES', (draft, bytes) => {
      draft.receivedBytes += bytes;
    });
    for (const series of this.#tcp.open.values()) {
      if ((this.#toldOpen.get(series) ?? 0) === series.value) continue;
      const draft = this.#draftOf(series.labels);
      if (draft === null) continue;
      draft.open = (draft.open ?? 0) + series.value;
      this.#toldOpen.set(series, series.value);
    }
  }

  #takeOutcome(series: Counter): void {
    const before = this.#told.get(series) ?? 0;
    const draft = this.#changed(series, series.value);
    const parties = this.#parties.get(series.labels);
    if (draft === null || parties === undefined || parties === null) return;
    const { code, flags, grpcStatus } = parties;
    const count = series.value - before;
    if (draft.outcomes.length < MAX_OUTCOMES_PER_EDGE)
      draft.outcomes.push({ code, flags, grpcStatus, count });
    else this.#told.set(series, before);
  }

  #takeCounts(
    metric: 'TCP_OPENED_CONNECTIONS' | 'TCP_RECEIVED_BYTES' | 'TCP_SENT_BYTES',
    add: (draft: Draft, count: number) => void,
  ): void {
    for (const series of this.#families.counters(metric).values()) {
      const before = this.#told.get(series) ?? 0;
      const draft = this.#changed(series, series.value);
      if (draft !== null) add(draft, series.value - before);
    }
  }

  #takeSums(metric: 'REQUEST_SIZE' | 'RESPONSE_SIZE', add: (draft: Draft, bytes: number) => void): void {
    for (const series of this.#families.histograms(metric).values()) {
      const before = this.#told.get(series) ?? 0;
      const draft = this.#changed(series, series.sum);
      if (draft !== null) add(draft, series.sum - before);
    }
  }

  #takeBuckets(series: Histogram, draft: Draft): void {
    const told = this.#toldBuckets.get(series);
    series.counts.forEach((count, bucket) => {
      const added = count - (told?.[bucket] ?? 0);
      if (added > 0) draft.durations.set(bucket, (draft.durations.get(bucket) ?? 0) + added);
    });
    this.#toldBuckets.set(series, [...series.counts]);
  }

  /** Where to tell of a series that is not as it was told; null = it is, or there is no more room in this report. */
  #changed(series: Counter | Histogram, value: number): Draft | null {
    if (this.#told.get(series) === value || (value === 0 && !this.#told.has(series))) return null;
    const draft = this.#draftOf(series.labels);
    if (draft !== null) this.#told.set(series, value);
    return draft;
  }

  #draftOf(labels: string): Draft | null {
    let parties = this.#parties.get(labels);
    if (parties === undefined) {
      parties = readParties(labels);
      this.#parties.set(labels, parties);
    }
    if (parties === null) return null;
    const known = this.#drafts.get(parties.key);
    if (known !== undefined || this.#drafts.size >= MAX_EDGES_PER_REPORT) return known ?? null;
    const made = {
      parties,
      outcomes: [],
      durations: new Map(),
      sentBytes: 0,
      receivedBytes: 0,
      opened: 0,
      open: undefined,
    };
    this.#drafts.set(parties.key, made);
    return made;
  }

  #takeClusters(clusters: Iterable<Cluster>): ClusterReport[] {
    const reports: ClusterReport[] = [];
    const gone = new Set(this.#toldClusters.keys());
    for (const cluster of clusters) {
      gone.delete(cluster.name);
      const report = clusterReport(cluster);
      const text = isQuiet(report) ? '' : JSON.stringify(report);
      if (text === (this.#toldClusters.get(cluster.name) ?? '') || reports.length >= MAX_CLUSTERS_PER_REPORT)
        continue;
      this.#tell(report, text, reports);
    }
    for (const cluster of gone)
      if (reports.length < MAX_CLUSTERS_PER_REPORT) this.#tell({ ...QUIET, cluster }, '', reports);
    return reports;
  }

  #tell(report: ClusterReport, text: string, reports: ClusterReport[]): void {
    reports.push(report);
    if (text === '') this.#toldClusters.delete(report.cluster);
    else this.#toldClusters.set(report.cluster, text);
  }
}

function edgeOf({ parties, outcomes, durations, sentBytes, receivedBytes, opened, open }: Draft): EdgeReport {
  const { reporter, peer, service, protocol, isMutualTls } = parties;
  return {
    ...{ reporter, peer, service, protocol, isMutualTls, outcomes, sentBytes, receivedBytes, opened },
    durations: [...durations],
    ...(open !== undefined && { open }),
  };
}
