import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createManualClock } from '../../base/clock.ts';
import { createMemoryPool } from '../exchange/memory-codec.ts';
import { clusterSpec, endpointSpec } from '../snapshot.fixture.ts';
import { Cluster } from '../upstream/cluster.ts';
import { clusterReport, isQuiet } from './cluster-report.ts';
import { LiveTcp } from './live-tcp.ts';
import { MetricFamilies } from './metric-families.ts';
import { TrafficReporter } from './traffic-reporter.ts';

function create() {
  const endpoints = { name: 'north', endpoints: [endpointSpec(1), endpointSpec(2)], localityWeights: null };
  const deps = { clock: createManualClock(), random: () => 0, createPool: () => createMemoryPool(null) };
  const outlier = {
    ...{ consecutive5xx: 1, consecutiveGatewayErrors: 0, consecutiveLocalOriginFailures: 5 },
    ...{ splitLocalOrigin: false, intervalMs: 10_000, baseEjectionMs: 30_000, maxEjectionPercent: 50 },
    errorStatuses: [],
  };
  const cluster = new Cluster(clusterSpec('north', { outlier }), endpoints, null, false, deps);
  const [host = assert.fail()] = cluster.hosts.values();
  return { cluster, host, reporter: new TrafficReporter(new MetricFamilies(), new LiveTcp()) };
}

test('an ejected host is told by its address, with what is under way and what was retried', () => {
  const { cluster, host } = create();
  assert.equal(isQuiet(clusterReport(cluster)), true);
  cluster.reportStatus(host, 500);
  cluster.counters.upstream_rq_retry = 2;
  host.active = 3;
  const report = clusterReport(cluster);
  assert.deepEqual([report.ejected, report.retries, report.activeRequests], [[host.key], 2, 3]);
});

test('a cluster is told when it has changed, to a controller that is new too, and when it is gone', () => {
  const { cluster, host, reporter } = create();
  assert.equal(reporter.take([cluster], false), null, 'nothing has happened there');
  host.active = 1;
  assert.equal(reporter.take([cluster], false)?.clusters[0]?.activeRequests, 1);
  assert.equal(reporter.take([cluster], false), null);
  assert.equal(reporter.take([cluster], true)?.clusters.length, 1);
  host.active = 0;
  assert.equal(reporter.take([cluster], false)?.clusters[0]?.activeRequests, 0);
  host.active = 1;
  reporter.take([cluster], false);
  assert.deepEqual(
    reporter.take([], false)?.clusters.map((each) => [each.cluster, isQuiet(each)]),
    [['north', true]],
  );
});
