import type { ListenerDirection } from '../../model/listener.ts';
import { spiffeId } from '../../model/names.ts';
import type { WorkloadSpec } from '../../model/workload.ts';
import type { ExchangeSample } from '../exchange/pipeline.ts';
import type { DownstreamPeer } from '../exchange/streams.ts';
import type { Tables } from '../listener/tables.ts';
import type { TcpRecord } from '../tcp/tcp-proxy.ts';
import type { Cluster } from '../upstream/cluster.ts';
import type { Host } from '../upstream/host.ts';
import { specForHost } from '../upstream/host-tls.ts';
import { ownWorkload, partyLabels, type TrafficLabels, trafficLabels } from './istio-labels.ts';
import { Counter, formatLabels, Histogram, renderCounters, renderHistograms } from './metrics.ts';

/** Handles of one set of labels; found once and then only added to. */
class HttpSeries {
  readonly requests: Counter;
  readonly duration: Histogram;
  readonly requestBytes: Histogram;
  readonly responseBytes: Histogram;
  /** null = no gRPC. */
  messages: MessageSeries | null = null;

  constructor(labels: string) {
    this.requests = new Counter(labels);
    this.duration = new Histogram(labels);
    this.requestBytes = new Histogram(labels);
    this.responseBytes = new Histogram(labels);
  }
}

/** gRPC's messages between two parties, whatever became of the calls. */
class MessageSeries {
  readonly requests: Counter;
  readonly responses: Counter;

  constructor(labels: string) {
    this.requests = new Counter(labels);
    this.responses = new Counter(labels);
  }
}

class TcpSeries {
  readonly opened: Counter;
  readonly closed: Counter;
  readonly sent: Counter;
  readonly received: Counter;

  constructor(labels: string) {
    this.opened = new Counter(labels);
    this.closed = new Counter(labels);
    this.sent = new Counter(labels);
    this.received = new Counter(labels);
  }
}

/** What a host's `series` holds, or is kept of a caller's connection: handles by status, valid for one snapshot. */
interface CachedSeries {
  readonly tables: Tables;
  readonly clusterName: string;
  /** By {@link answerKey}. */
  readonly byStatus: Map<number, HttpSeries>;
}

/** Series beyond this are counted in one without labels: a scanner's Host headers must not fill the memory. */
const MAX_SERIES = 10_000;

/** Istio's standard metrics, counted at this proxy's side of the traffic. */
export class IstioMetrics {
  readonly #tables: () => Tables | null;
  readonly #http = new Map<string, HttpSeries>();
  readonly #byCaller = new WeakMap<DownstreamPeer, CachedSeries>();
  readonly #messages = new Map<string, MessageSeries>();
  readonly #tcp = new Map<string, TcpSeries>();

  constructor(tables: () => Tables | null) {
    this.#tables = tables;
  }

  countHttp(sample: ExchangeSample): void {
    const series = this.#findHttp(sample);
    series.requests.value += 1;
    series.duration.observe(sample.durationMs);
    series.requestBytes.observe(sample.requestBytes);
    series.responseBytes.observe(sample.responseBytes);
    if (sample.grpc === null || series.messages === null) return;
    series.messages.requests.value += sample.grpc.requestMessages;
    series.messages.responses.value += sample.grpc.responseMessages;
  }

  openTcp(peer: DownstreamPeer, direction: ListenerDirection, cluster: Cluster, host: Host): void {
    this.#findTcp(peer, direction, cluster.name, host, '').opened.value += 1;
  }

  closeTcp(peer: DownstreamPeer, direction: ListenerDirection, record: TcpRecord): void {
    const series = this.#findTcp(peer, direction, record.cluster, record.host, record.flag);
    series.closed.value += 1;
    // Istio counts from the host's point of view: what it sent and what it received.
    series.sent.value += record.receivedBytes;
    series.received.value += record.sentBytes;
  }

  render(): string {
    const http = [...this.#http.values()];
    const messages = [...this.#messages.values()];
    const tcp = [...this.#tcp.values()];
    return [
      renderCounters(
        'istio_requests_total',
        http.map(({ requests }) => requests),
      ),
      renderHistograms(
        'istio_request_duration_milliseconds',
        http.map(({ duration }) => duration),
      ),
      renderHistograms(
        'istio_request_bytes',
        http.map(({ requestBytes }) => requestBytes),
      ),
      renderHistograms(
        'istio_response_bytes',
        http.map(({ responseBytes }) => responseBytes),
      ),
      renderCounters(
        'istio_request_messages_total',
        messages.map(({ requests }) => requests),
      ),
      renderCounters(
        'istio_response_messages_total',
        messages.map(({ responses }) => responses),
      ),
      renderCounters(
        'istio_tcp_connections_opened_total',
        tcp.map(({ opened }) => opened),
      ),
      renderCounters(
        'istio_tcp_connections_closed_total',
        tcp.map(({ closed }) => closed),
      ),
      renderCounters(
        'istio_tcp_sent_bytes_total',
        tcp.map(({ sent }) => sent),
      ),
      renderCounters(
        'istio_tcp_received_bytes_total',
        tcp.map(({ received }) => received),
      ),
    ].join('');
  }

  /** The common case, a plain answer of a known host to our own workload, costs one look into a small map. */
  #findHttp(sample: ExchangeSample): HttpSeries {
    const tables = this.#tables();
    if (sample.host === null || tables === null || sample.flags !== '') return this.#lookUpHttp(sample);
    const { byStatus } = this.#cacheFor(sample, sample.host, tables);
    const key = answerKey(sample);
    const known = byStatus.get(key);
    if (known !== undefined) return known;
    const series = this.#lookUpHttp(sample);
    // The host's name stands in for the caller's Host header only where the cluster has a service of its own.
    if (tables.clusters.get(sample.clusterName)?.spec.service != null) byStatus.set(key, series);
    return series;
  }

  /** What is counted depends on the host where our own workload calls, and on the caller where it is called. */
  #cacheFor({ peer, pipeline, clusterName }: ExchangeSample, host: Host, tables: Tables): CachedSeries {
    const isInbound = pipeline.direction === 'inbound';
    const cached = isInbound ? this.#byCaller.get(peer) : (host.series as CachedSeries | null);
    if (cached?.tables === tables && cached.clusterName === clusterName) return cached;
    const made = { tables, clusterName, byStatus: new Map<number, HttpSeries>() };
    if (isInbound) this.#byCaller.set(peer, made);
    else host.series = made;
    return made;
  }

  #lookUpHttp(sample: ExchangeSample): HttpSeries {
    const { peer, pipeline, clusterName, host, authority } = sample;
    const traffic = this.#describe(peer, pipeline.direction, clusterName, host, authority);
    const labels = formatLabels([
      ...trafficLabels(traffic),
      ['request_protocol', sample.grpc === null ? 'http' : 'grpc'],
      ['response_code', String(sample.status)],
      ['grpc_response_status', sample.grpc?.status ?? ''],
      ['response_flags', sample.flags === '' ? '-' : sample.flags],
    ]);
    const series = findOrAdd(this.#http, labels, (key) => new HttpSeries(key));
    if (sample.grpc !== null) {
      const parties = formatLabels(partyLabels(traffic));
      series.messages ??= findOrAdd(this.#messages, parties, (key) => new MessageSeries(key));
    }
    return series;
  }

  #findTcp(
    peer: DownstreamPeer,
    direction: ListenerDirection,
    clusterName: string,
    host: Host | null,
    flag: string,
  ): TcpSeries {
    const { originalDestination } = peer;
    const traffic = this.#describe(peer, direction, clusterName, host, originalDestination.address);
    const labels = formatLabels([
      ...trafficLabels(traffic),
      ['request_protocol', 'tcp'],
      ['response_flags', flag === '' ? '-' : flag],
    ]);
    return findOrAdd(this.#tcp, labels, (key) => new TcpSeries(key));
  }

  #describe(
    peer: DownstreamPeer,
    direction: ListenerDirection,
    clusterName: string,
    host: Host | null,
    authority: string,
  ): TrafficLabels {
    const tables = this.#tables();
    const own = tables === null ? null : ownWorkload(tables.node, tables.workloads);
    const isInbound = direction === 'inbound';
    const service = tables?.clusters.get(clusterName)?.spec.service;
    const other = isInbound
      ? tables?.workloads.get(peer.remoteAddress)
      : host === null || service?.isExternal === true
        ? undefined
        : (tables?.workloadsByName.get(host.spec.workload) ?? tables?.workloads.get(host.address));
    const isMutual = isInbound
      ? peer.identity !== ''
      : host !== null && speaksMeshTls(tables, clusterName, host);
    const ownPrincipal = isMutual ? (tables?.node.identity ?? '') : '';
    return {
      reporter: isInbound ? 'destination' : 'source',
      source: isInbound ? (other ?? null) : own,
      destination: isInbound ? own : (other ?? null),
      sourcePrincipal: isInbound ? peer.identity : ownPrincipal,
      destinationPrincipal: isInbound ? ownPrincipal : isMutual ? principalOf(other, ownPrincipal) : '',
      service: service ?? { hostname: authority, name: clusterName, namespace: '' },
      security: isInbound ? (peer.identity === '' ? 'none' : 'mutual_tls') : 'unknown',
    };
  }
}

/** Istio's own words: the source knows whom it meant, and that nobody else was let answer. */
function principalOf(workload: WorkloadSpec | undefined, own: string): string {
  if (workload === undefined) return '';
  const trustDomain = own.split('/')[2] ?? '';
  return spiffeId(workload.namespace, workload.serviceAccount, trustDomain);
}

function speaksMeshTls(tables: Tables | null, clusterName: string, { spec }: Host): boolean {
  const cluster = tables?.clusters.get(clusterName)?.spec;
  if (cluster === undefined) return false;
  return specForHost(cluster, spec).tls?.mode === 'istio-mutual';
}

/** HTTP's status, and that of gRPC above it, if any. */
function answerKey({ status, grpc }: ExchangeSample): number {
  if (grpc === null) return status;
  return status + 1000 * (grpc.status === '' ? 1 : 2 + Number(grpc.status));
}

function findOrAdd<Series>(
  all: Map<string, Series>,
  labels: string,
  create: (labels: string) => Series,
): Series {
  const key = all.has(labels) || all.size < MAX_SERIES ? labels : 'overflow="true"';
  const known = all.get(key);
  if (known !== undefined) return known;
  const made = create(key);
  all.set(key, made);
  return made;
}
