/** Prometheus metrics as plain objects: the hot path adds numbers to handles, texts are made when somebody asks. */

/** Envoy's default bucket bounds for its histograms. */
export const BUCKETS: readonly number[] = [
  ...[0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000, 60_000],
  ...[300_000, 600_000, 1_800_000, 3_600_000],
];

export class Counter {
  readonly labels: string;
  value = 0;

  constructor(labels: string) {
    this.labels = labels;
  }
}

export class Histogram {
  readonly labels: string;
  readonly bounds: readonly number[];
  /** Not cumulative; the last is for what lies above every bound. */
  readonly counts: number[];
  sum = 0;
  count = 0;

  constructor(labels: string, bounds = BUCKETS) {
    this.labels = labels;
    this.bounds = bounds;
    this.counts = new Array<number>(bounds.length + 1).fill(0);
  }

  observe(value: number): void {
    const { bounds } = this;
    let index = 0;
    while (index < bounds.length && value > (bounds[index] as number)) index++;
    this.counts[index] = (this.counts[index] as number) + 1;
    this.sum += value;
    this.count += 1;
  }
}

/** `a="x",b="y"`, escaped as the exposition format wants it. */
export function formatLabels(labels: readonly (readonly [name: string, value: string])[]): string {
  return labels.map(([name, value]) => `${name}="${escapeLabel(value)}"`).join(',');
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

export function renderCounters(name: string, counters: Iterable<Counter>, type = 'counter'): string {
  let text = '';
  for (const { labels, value } of counters) text += `${name}{${labels}} ${value}\n`;
  return text === '' ? '' : `# TYPE ${name} ${type}\n${text}`;
}

export function renderHistograms(name: string, histograms: Iterable<Histogram>): string {
  let text = '';
  for (const { labels, bounds, counts, sum, count } of histograms) {
    const more = labels === '' ? '' : `${labels},`;
    let below = 0;
    bounds.forEach((bound, index) => {
      below += counts[index] ?? 0;
      text += `${name}_bucket{${more}le="${bound}"} ${below}\n`;
    });
    text += `${name}_bucket{${more}le="+Inf"} ${count}\n${name}_sum{${labels}} ${sum}\n`;
    text += `${name}_count{${labels}} ${count}\n`;
  }
  return text === '' ? '' : `# TYPE ${name} histogram\n${text}`;
}
