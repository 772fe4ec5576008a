import {
  Counter,
  counters,
  formatLabels,
  Histogram,
  histograms,
  type MetricFamily,
} from '../../base/metrics.ts';
import type { IstioMetric } from '../../model/telemetry.ts';

/** As Prometheus shows them (istio.io "Istio Standard Metrics"), in the order in which they are rendered. */
const COUNTERS = {
  REQUEST_COUNT: ['istio_requests_total', 'HTTP and gRPC requests.'],
  GRPC_REQUEST_MESSAGES: ['istio_request_messages_total', 'gRPC messages of callers.'],
  GRPC_RESPONSE_MESSAGES: ['istio_response_messages_total', 'gRPC messages of servers.'],
  TCP_OPENED_CONNECTIONS: ['istio_tcp_connections_opened_total', 'TCP connections that were opened.'],
  TCP_CLOSED_CONNECTIONS: ['istio_tcp_connections_closed_total', 'TCP connections that were closed.'],
  TCP_SENT_BYTES: ['istio_tcp_sent_bytes_total', 'Bytes that servers of TCP connections sent.'],
  TCP_RECEIVED_BYTES: ['istio_tcp_received_bytes_total', 'Bytes that servers of TCP connections received.'],
} as const satisfies Partial<Record<IstioMetric, NameAndHelp>>;

const HISTOGRAMS = {
  REQUEST_DURATION: [
    'istio_request_duration_milliseconds',
    'From the head of a request to the end of its answer.',
  ],
  REQUEST_SIZE: ['istio_request_bytes', 'Sizes of the bodies of requests.'],
  RESPONSE_SIZE: ['istio_response_bytes', 'Sizes of the bodies of answers.'],
} as const satisfies Partial<Record<IstioMetric, NameAndHelp>>;

type NameAndHelp = readonly [name: string, help: string];

/** The labels of one metric as the exposition format writes them; null = it is disabled. */
export type LabelsOf = (metric: IstioMetric) => string | null;

/**
 * Of one metric; what is beyond is counted in one series, `overflow="true"`: a scanner's Host headers must not fill the
 * memory. A series of a histogram is 22 lines of about a kilobyte, each time that it is scraped.
 */
export const MAX_SERIES = 2000;

/** Every series of Istio's standard metrics, by metric and labels. */
export class MetricFamilies {
  readonly #counters = mapsFor<keyof typeof COUNTERS, Counter>(COUNTERS);
  readonly #histograms = mapsFor<keyof typeof HISTOGRAMS, Histogram>(HISTOGRAMS);
  readonly #overflow = new Map<string, Counter>();

  counter(metric: keyof typeof COUNTERS, labelsOf: LabelsOf): Counter | null {
    const labels = labelsOf(metric);
    if (labels === null) return null;
    return this.#find(metric, this.#counters[metric], labels, (key) => new Counter(key));
  }

  histogram(metric: keyof typeof HISTOGRAMS, labelsOf: LabelsOf): Histogram | null {
    const labels = labelsOf(metric);
    if (labels === null) return null;
    return this.#find(metric, this.#histograms[metric], labels, (key) => new Histogram(key));
  }

  /** Every series of a metric, by its labels. */
  counters(metric: keyof typeof COUNTERS): ReadonlyMap<string, Counter> {
    return this.#counters[metric];
  }

  histograms(metric: keyof typeof HISTOGRAMS): ReadonlyMap<string, Histogram> {
    return this.#histograms[metric];
  }

  get all(): MetricFamily[] {
    return [
      ...entriesOf(COUNTERS).map(([metric, [name, help]]) =>
        counters(name, help, this.#counters[metric].values()),
      ),
      ...entriesOf(HISTOGRAMS).map(([metric, [name, help]]) =>
        histograms(name, help, this.#histograms[metric].values()),
      ),
      counters(
        'lateen_metric_overflow_total',
        'How often something was counted without its labels, since its metric had too many series.',
        this.#overflow.values(),
      ),
    ];
  }

  #find<Series>(
    metric: IstioMetric,
    all: Map<string, Series>,
    labels: string,
    create: (labels: string) => Series,
  ): Series {
    const isFull = !all.has(labels) && all.size >= MAX_SERIES;
    if (isFull) this.#countOverflow(metric);
    const key = isFull ? OVERFLOW : labels;
    const known = all.get(key);
    if (known !== undefined) return known;
    const made = create(key);
    all.set(key, made);
    return made;
  }

  #countOverflow(metric: IstioMetric): void {
    const labels = formatLabels([['metric', metric]]);
    const counter = this.#overflow.get(labels) ?? new Counter(labels);
    counter.value += 1;
    this.#overflow.set(labels, counter);
  }
}

const OVERFLOW = 'overflow="true"';

function mapsFor<Metric extends string, Series>(names: Readonly<Record<Metric, NameAndHelp>>) {
  return Object.fromEntries(
    Object.keys(names).map((metric) => [metric, new Map<string, Series>()]),
  ) as Record<Metric, Map<string, Series>>;
}

function entriesOf<Metric extends string>(names: Readonly<Record<Metric, NameAndHelp>>) {
  return Object.entries(names) as [Metric, NameAndHelp][];
}
