/** Prometheus metrics as plain objects: the hot path adds numbers to handles, texts are made when somebody asks. */

/** Envoy's default bucket bounds for its histograms. */
export const BUCKETS: readonly number[] = [
  ...[0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000],
  ...[300_000, 600_000, 1_800_000, 3_600_000],
];

/** One number under its labels; a gauge's too. */
export class Counter {
  readonly labels: string;
  value: number;

  constructor(labels: string, value = 0) {
    this.labels = labels;
    this.value = value;
  }
}

/** One of the values that a bucket counts, and the trace that it was seen in (OpenMetrics). */
export interface Exemplar {
  readonly traceId: string;
  readonly value: number;
  /** Seconds since 1970. */
  readonly seenAt: number;
}

export class Histogram {
  readonly labels: string;
  readonly bounds: readonly number[];
  /** Not cumulative; the last is for what lies above every bound. */
  readonly counts: number[];
  /** The last of each bucket; absent where nothing was traced. */
  exemplars?: (Exemplar | undefined)[];
  sum = 0;
  count = 0;

  constructor(labels: string, bounds = BUCKETS) {
    this.labels = labels;
    this.bounds = bounds;
    this.counts = new Array<number>(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    const index = this.#bucketOf(value);
    this.counts[index] = (this.counts[index] as number) + 1;
    this.sum += value;
    this.count += 1;
  }

  /** Of a value that was observed. */
  exemplify(exemplar: Exemplar): void {
    this.exemplars ??= [];
    this.exemplars[this.#bucketOf(exemplar.value)] = exemplar;
  }

  #bucketOf(value: number): number {
    const { bounds } = this;
    let index = 0;
    while (index < bounds.length && value > (bounds[index] as number)) index++;
    return index;
  }
}

/** All series of one name. One without series is not shown. */
export type MetricFamily = { readonly name: string; readonly help: string } & (
  | { readonly type: 'counter' | 'gauge'; readonly samples: Iterable<Counter> }
  | { readonly type: 'histogram'; readonly samples: Iterable<Histogram> }
);

export function counters(name: string, help: string, samples: Iterable<Counter>): MetricFamily {
  return { name, help, type: 'counter', samples };
}

export function gauges(name: string, help: string, samples: Iterable<Counter>): MetricFamily {
  return { name, help, type: 'gauge', samples };
}

export function histograms(name: string, help: string, samples: Iterable<Histogram>): MetricFamily {
  return { name, help, type: 'histogram', samples };
}

/** `a="x",b="y"`, escaped as the exposition format wants it. */
export function formatLabels(labels: readonly (readonly [name: string, value: string])[]): string {
  return labels.map(([name, value]) => `${name}="${escapeLabel(value)}"`).join(',');
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
