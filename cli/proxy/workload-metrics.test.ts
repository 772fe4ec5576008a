import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createWorld, service, workload } from '../../controller/compile/world.fixture.ts';
import { chooseMetrics, formatMetrics, type WorkloadMetrics } from './workload-metrics.ts';

const reviews = (version: string) =>
  workload(`reviews-${version}`, { labels: { app: 'reviews', version }, proxy: 'sidecar' });
const WORLD = createWorld(
  [service('reviews:http:9080', { members: ['reviews-v1', 'reviews-v2'] })],
  [reviews('v1'), reviews('v2')],
);
const BUSY: WorkloadMetrics = {
  ...{ node: 'workload/default/reviews-v1/v1', requestsPerSecond: 12.5, errorsPerSecond: 0.25 },
  ...{ p50: 4.25, p90: 9, p99: 48.123 },
};

test('a service stands for its workloads, quiet ones among them', () => {
  const chosen = chooseMetrics([BUSY], WORLD, ['reviews']);
  assert.deepEqual(
    chosen.map(({ node, requestsPerSecond }) => [node, requestsPerSecond]),
    [
      ['workload/default/reviews-v1/v1', 12.5],
      ['workload/default/reviews-v2/v2', 0],
    ],
  );
});

test('the table has the columns of istioctl', () => {
  const rows = formatMetrics(chooseMetrics([BUSY], WORLD, ['reviews']))
    .split('\n')
    .map((line) => line.trim().split(/ {2,}/));
  assert.deepEqual(rows, [
    ['WORKLOAD', 'TOTAL RPS', 'ERROR RPS', 'P50 LATENCY', 'P90 LATENCY', 'P99 LATENCY'],
    ['reviews-v1', '12.500', '0.250', '4.3ms', '9ms', '48.1ms'],
    ['reviews-v2', '0.000', '0.000', '-', '-', '-'],
  ]);
});

test('without names it is told of all that were called, or that nobody was', () => {
  assert.deepEqual(chooseMetrics([BUSY], WORLD, []), [BUSY]);
  assert.match(formatMetrics([]), /^Nobody has called anybody/);
});
