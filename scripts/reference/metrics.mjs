import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { clusterMetrics } from '../../agent/telemetry/cluster-metrics.ts';
import { page, table } from './tables.mjs';

const root = join(import.meta.dirname, '..', '..');
const TEXT = `'((?:[^'\\\\]|\\\\.)*)'`;
/** `counters('NAME', 'help', …)` and the like. */
const FAMILY = new RegExp(`\\b(counters|gauges|histograms)\\(\\s*'([a-z0-9_]+)',\\s*${TEXT}`, 'g');
/** `METRIC: ['istio_NAME', 'help']`. */
const STANDARD = new RegExp(`\\[\\s*'(istio_\\w+)',\\s*${TEXT},?\\s*\\]`, 'g');
export function renderMetrics() {
  const agent = sourcesOf('agent');
  const controller = sourcesOf('controller');
  const ofClusters = clusterMetrics([]).map(({ name, type, help }) => [name, type, help]);
  return page(
    'Metrics',
    'the sources that count them',
    `## Of a proxy, at port 15020 \`/stats/prometheus\`, with its application’s own, and at 15090 without

Istio’s standard metrics, with [Istio’s labels](https://istio.io/latest/docs/reference/config/metrics/):

${rowsOf([...agent.matchAll(STANDARD)].map(([, name, help]) => [name, name.endsWith('_total') ? 'counter' : 'histogram', help]))}

Of the proxy itself:

${rowsOf([...agent.matchAll(FAMILY)].map(family).filter(([name]) => !name.startsWith('envoy_cluster_')))}

Of each cluster, with the label \`cluster_name\`:

${rowsOf(ofClusters)}

## Of the controller, at port 15014 \`/metrics\`

${rowsOf([...controller.matchAll(FAMILY)].map(family))}`,
  );
}

const family = ([, kind, name, help]) => [name, kind.slice(0, -1), help];

const rowsOf = (rows) =>
  table(
    ['metric', 'type', 'what'],
    [...new Map(rows.map((row) => [row[0], row])).values()]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, type, help]) => [`\`${name}\``, type, help.replaceAll("\\'", "'")]),
  );

function sourcesOf(folder) {
  return readdirSync(join(root, folder), { recursive: true })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .sort()
    .map((file) => readFileSync(join(root, folder, file), 'utf8'))
    .join('\n');
}
