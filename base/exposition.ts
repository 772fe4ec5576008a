import type { Counter, Histogram, MetricFamily } from './metrics.ts';

/** `text` = Prometheus' format 0.0.4, `openmetrics` = OpenMetrics 1.0. */
export type MetricFormat = 'text' | 'openmetrics';

export const METRIC_TYPES: Readonly<Record<MetricFormat, string>> = {
  text: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
};

/** OpenMetrics' last line; nothing may stand behind it. */
export const OPENMETRICS_END = '# EOF\n';

/** What a scraper that sent this `accept` gets: OpenMetrics where it likes it no less than plain text. */
export function negotiateFormat(accept: string): MetricFormat {
  let [openMetrics, plain] = [0, 0];
  for (const entry of accept.split(',')) {
    const [type = '', ...parameters] = entry.split(';').map((part) => part.trim().toLowerCase());
    const weight = Number(parameters.find((each) => each.startsWith('q='))?.slice(2) ?? 1);
    if (type === METRIC_TYPES.openmetrics.split(';')[0]) openMetrics = Math.max(openMetrics, weight);
    if (type === 'text/plain') plain = Math.max(plain, weight);
  }
  return openMetrics > 0 && openMetrics >= plain ? 'openmetrics' : 'text';
}

/** Without OpenMetrics' end, so that more may follow. */
export function renderFamilies(families: Iterable<MetricFamily>, format: MetricFormat): string {
  let text = '';
  for (const family of families) {
    const samples = renderSamples(family, format === 'openmetrics');
    if (samples !== '') text += describe(family, format) + samples;
  }
  return text;
}

/**
 * OpenMetrics wants each counter to end in `_total`. Envoy's do not, and keep their names, by which people know them:
 * they are of no declared type there.
 */
function describe({ name, type, help }: MetricFamily, format: MetricFormat): string {
  if (format === 'text') return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
  const isTotal = type === 'counter' && name.endsWith('_total');
  const family = isTotal ? name.slice(0, -'_total'.length) : name;
  const declared = type === 'counter' && !isTotal ? 'unknown' : type;
  const unit = UNITS.find((each) => family.endsWith(`_${each}`));
  const unitLine = unit === undefined ? '' : `# UNIT ${family} ${unit}\n`;
  return `# HELP ${family} ${help}\n# TYPE ${family} ${declared}\n${unitLine}`;
}

const UNITS = ['milliseconds', 'seconds', 'bytes'];

function renderSamples(family: MetricFamily, hasExemplars: boolean): string {
  let text = '';
  if (family.type === 'histogram')
    for (const histogram of family.samples) text += renderHistogram(family.name, histogram, hasExemplars);
  else for (const counter of family.samples) text += renderCounter(family.name, counter);
  return text;
}

const renderCounter = (name: string, { labels, value }: Counter) => `${name}${braced(labels)} ${value}\n`;

function renderHistogram(name: string, histogram: Histogram, hasExemplars: boolean): string {
  const { labels, bounds, counts, sum, count, exemplars } = histogram;
  const more = labels === '' ? '' : `${labels},`;
  let [text, below] = ['', 0];
  const bucket = (bound: string, total: number, index: number) => {
    const exemplar = hasExemplars ? exemplars?.[index] : undefined;
    const seen =
      exemplar === undefined
        ? ''
        : ` # {trace_id="${exemplar.traceId}"} ${exemplar.value} ${exemplar.seenAt.toFixed(3)}`;
    text += `${name}_bucket{${more}le="${bound}"} ${total}${seen}\n`;
  };
  bounds.forEach((bound, index) => {
    below += counts[index] ?? 0;
    bucket(String(bound), below, index);
  });
  bucket('+Inf', count, bounds.length);
  return `${text}${name}_sum${braced(labels)} ${sum}\n${name}_count${braced(labels)} ${count}\n`;
}

/** Empty ones too, as Envoy writes them. */
const braced = (labels: string) => `{${labels}}`;
