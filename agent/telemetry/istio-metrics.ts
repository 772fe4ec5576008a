import type { Counter, Histogram, MetricFamily } from '../../base/metrics.ts';
import type { ListenerDirection } from '../../model/listener.ts';
import type { TrafficSide } from '../../model/telemetry.ts';
import type { ExchangeSample } from '../exchange/pipeline.ts';
import type { DownstreamPeer } from '../exchange/streams.ts';
import type { Tables } from '../listener/tables.ts';
import type { RelayedBytes, TcpRecord } from '../tcp/tcp-proxy.ts';
import type { Cluster } from '../upstream/cluster.ts';
import type { Host } from '../upstream/host.ts';
import { attributesOf } from './attributes.ts';
import { describeTraffic } from './describe-traffic.ts';
import { partyLabels, trafficLabels } from './istio-labels.ts';
import { LiveTcp } from './live-tcp.ts';
import { type LabelsOf, MetricFamilies } from './metric-families.ts';
import { type Label, type MetricRules, STANDARD_RULES } from './metric-rules.ts';
import { tcpAccessRecord } from './tcp-access-record.ts';
import { TrafficReporter } from './traffic-reporter.ts';

/** Handles of one set of labels; found once and then only added to. null = the metric is disabled. */
class HttpSeries {
  readonly requests: Counter | null;
  readonly duration: Histogram | null;
  readonly requestBytes: Histogram | null;
  readonly responseBytes: Histogram | null;
  /** null = no gRPC. */
  messages: MessageSeries | null = null;

  constructor(families: MetricFamilies, labels: LabelsOf) {
    this.requests = families.counter('REQUEST_COUNT', labels);
    this.duration = families.histogram('REQUEST_DURATION', labels);
    this.requestBytes = families.histogram('REQUEST_SIZE', labels);
    this.responseBytes = families.histogram('RESPONSE_SIZE', labels);
  }
}

/** gRPC's messages between two parties, whatever became of the calls. */
class MessageSeries {
  readonly requests: Counter | null;
  readonly responses: Counter | null;

  constructor(families: MetricFamilies, labels: LabelsOf) {
    this.requests = families.counter('GRPC_REQUEST_MESSAGES', labels);
    this.responses = families.counter('GRPC_RESPONSE_MESSAGES', labels);
  }
}

/** What a host's `series` holds, or is kept of a caller's connection: handles by status, valid for one snapshot. */
interface CachedSeries {
  readonly tables: Tables;
  readonly clusterName: string;
  /** By {@link answerKey}. */
  readonly byStatus: Map<number, HttpSeries>;
}

/** Istio's standard metrics, counted at this proxy's side of the traffic. */
export class IstioMetrics {
  readonly #tables: () => Tables | null;
  readonly #families = new MetricFamilies();
  readonly #tcp = new LiveTcp();
  /** What the controller is told of it all. */
  readonly reporter = new TrafficReporter(this.#families, this.#tcp);
  readonly #byCaller = new WeakMap<DownstreamPeer, CachedSeries>();
  #rules: Readonly<Record<TrafficSide, MetricRules>> = { client: STANDARD_RULES, server: STANDARD_RULES };

  constructor(tables: () => Tables | null) {
    this.#tables = tables;
  }

  /** What Telemetry says of the metrics from now on; what was counted before stays. */
  configure(rules: Readonly<Record<TrafficSide, MetricRules>>): void {
    this.#rules = rules;
  }

  countHttp(sample: ExchangeSample): void {
    const series = this.#findHttp(sample);
    if (series.requests !== null) series.requests.value += 1;
    series.duration?.observe(sample.durationMs);
    if (sample.traceId !== '') exemplify(series, sample);
    series.requestBytes?.observe(sample.requestBytes);
    series.responseBytes?.observe(sample.responseBytes);
    if (sample.grpc === null || series.messages === null) return;
    const { requests, responses } = series.messages;
    if (requests !== null) requests.value += sample.grpc.requestMessages;
    if (responses !== null) responses.value += sample.grpc.responseMessages;
  }

  openTcp(
    peer: DownstreamPeer,
    direction: ListenerDirection,
    cluster: Cluster,
    host: Host,
    relayed: RelayedBytes,
  ): void {
    const labels = this.#tcpLabels(peer, direction, cluster.name, host, '');
    const opened = this.#families.counter('TCP_OPENED_CONNECTIONS', labels);
    add(opened, 1);
    this.#tcp.add(peer, relayed, opened, {
      sent: this.#families.counter('TCP_SENT_BYTES', labels),
      received: this.#families.counter('TCP_RECEIVED_BYTES', labels),
    });
  }

  closeTcp(peer: DownstreamPeer, direction: ListenerDirection, record: TcpRecord): void {
    const labels = this.#tcpLabels(peer, direction, record.cluster, record.host, record.flag);
    add(this.#families.counter('TCP_CLOSED_CONNECTIONS', labels), 1);
    const { hostSent, hostReceived } = this.#tcp.remove(peer);
    // Istio counts from the host's point of view: what it sent and what it received.
    add(this.#families.counter('TCP_SENT_BYTES', labels), record.receivedBytes - hostSent);
    add(this.#families.counter('TCP_RECEIVED_BYTES', labels), record.sentBytes - hostReceived);
  }

  get families(): MetricFamily[] {
    this.#tcp.count();
    return this.#families.all;
  }

  /** The common case, a plain answer of a known host to our own workload, costs one look into a small map. */
  #findHttp(sample: ExchangeSample): HttpSeries {
    const tables = this.#tables();
    if (sample.host === null || tables === null || sample.flags !== '') return this.#lookUpHttp(sample);
    if (this.#rules[sideOf(sample.pipeline.direction)].isPerRequest) return this.#lookUpHttp(sample);
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
    const { peer, pipeline, clusterName, host, authority, exchange } = sample;
    const traffic = describeTraffic(this.#tables(), peer, pipeline.direction, clusterName, host, authority);
    const rules = this.#rules[sideOf(pipeline.direction)];
    const attributes = () => attributesOf(exchange.toRecord());
    const labels: Label[] = [
      ...trafficLabels(traffic),
      ['request_protocol', sample.grpc === null ? 'http' : 'grpc'],
      ['response_code', String(sample.status)],
      ['grpc_response_status', sample.grpc?.status ?? ''],
      ['response_flags', sample.flags === '' ? '-' : sample.flags],
    ];
    const series = new HttpSeries(this.#families, rules.labelsOf(labels, attributes));
    if (sample.grpc !== null)
      series.messages = new MessageSeries(this.#families, rules.labelsOf(partyLabels(traffic), attributes));
    return series;
  }

  #tcpLabels(
    peer: DownstreamPeer,
    direction: ListenerDirection,
    clusterName: string,
    host: Host | null,
    flag: TcpRecord['flag'],
  ): LabelsOf {
    const { originalDestination } = peer;
    const traffic = describeTraffic(
      this.#tables(),
      peer,
      direction,
      clusterName,
      host,
      originalDestination.address,
    );
    const labels: Label[] = [
      ...trafficLabels(traffic),
      ['request_protocol', 'tcp'],
      ['response_flags', flag === '' ? '-' : flag],
    ];
    const side = sideOf(direction);
    return this.#rules[side].labelsOf(labels, () => {
      const node = this.#tables()?.node;
      if (node === undefined) return {};
      const record = { ...NO_TRAFFIC, cluster: clusterName, host, flag };
      const { serverName = '' } = peer;
      return attributesOf(tcpAccessRecord(record, { side, node, peer, serverName, endedAtMs: 0 }));
    });
  }
}

/** A dashboard leads from a slow bucket to a trace that was in it. */
function exemplify({ duration }: HttpSeries, { traceId, durationMs, pipeline }: ExchangeSample): void {
  const seenAt = pipeline.services.clock.wall() / 1000;
  duration?.exemplify({ traceId, value: durationMs, seenAt });
}

/** HTTP's status, and that of gRPC above it, if any. */
function answerKey({ status, grpc }: ExchangeSample): number {
  if (grpc === null) return status;
  return status + 1000 * (grpc.status === '' ? 1 : 2 + Number(grpc.status));
}

const NO_TRAFFIC = { reason: '', sentBytes: 0, receivedBytes: 0, durationMs: 0 };

/** A gateway is the client of what it calls. */
function sideOf(direction: ListenerDirection): TrafficSide {
  return direction === 'inbound' ? 'server' : 'client';
}

function add(counter: Counter | null, value: number): void {
  if (counter !== null) counter.value += value;
}
