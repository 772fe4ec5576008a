import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createManualClock } from '../../base/clock.ts';
import { renderFamilies } from '../../base/exposition.ts';
import type { ClusterSpec } from '../../model/cluster.ts';
import { createMemoryPool } from '../exchange/memory-codec.ts';
import { clusterSpec, endpointSpec } from '../snapshot.fixture.ts';
import { Cluster } from '../upstream/cluster.ts';
import { clusterMetrics } from './cluster-metrics.ts';

function clusterOf(change: Partial<ClusterSpec>): Cluster {
  const endpoints = { name: 'north', endpoints: [endpointSpec(1), endpointSpec(2)], localityWeights: null };
  const deps = { clock: createManualClock(), random: () => 0, createPool: () => createMemoryPool(null) };
  return new Cluster(clusterSpec('north', change), endpoints, null, false, deps);
}

/** `name` → value of the only cluster. */
function read(cluster: Cluster): Record<string, number> {
  const lines = renderFamilies(clusterMetrics([cluster]), 'text').matchAll(
    /^envoy_cluster_(\S+)\{cluster_name="north"\} (\d+)$/gm,
  );
  return Object.fromEntries([...lines].map(([, name, value]) => [name ?? '', Number(value)]));
}

test('ejections are counted by their cause, and who is out is not healthy', () => {
  const cluster = clusterOf({
    outlier: {
      ...{ consecutive5xx: 1, consecutiveGatewayErrors: 0, consecutiveLocalOriginFailures: 5 },
      ...{ splitLocalOrigin: false, intervalMs: 10_000, baseEjectionMs: 30_000, maxEjectionPercent: 50 },
      errorStatuses: [],
    },
  });
  for (const host of cluster.hosts.values()) cluster.reportStatus(host, 500);
  const values = read(cluster);
  assert.equal(values.outlier_detection_ejections_active, 1);
  assert.equal(values.outlier_detection_ejections_enforced_total, 1);
  assert.equal(values.outlier_detection_ejections_overflow, 1);
  assert.equal(values.outlier_detection_ejections_detected_consecutive_5xx, 2);
  assert.equal(values.outlier_detection_ejections_enforced_consecutive_5xx, 1);
  assert.deepEqual([values.membership_total, values.membership_healthy], [2, 1]);
});

test('a breaker shows whether it is open, where there is one', () => {
  const { circuitBreaker } = clusterSpec('');
  const cluster = clusterOf({ circuitBreaker: { ...circuitBreaker, maxPendingRequests: 2 } });
  cluster.usage.pending = 1;
  assert.equal(read(cluster).circuit_breakers_default_rq_pending_open, 0);
  cluster.usage.pending = 2;
  assert.equal(read(cluster).circuit_breakers_default_rq_pending_open, 1);
  assert.equal(read(cluster).circuit_breakers_default_cx_open, undefined);
});

test('a cluster without outlierDetection says nothing of ejections', () => {
  assert.equal(read(clusterOf({})).outlier_detection_ejections_active, undefined);
});
