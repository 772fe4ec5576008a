import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ClusterReport, TrafficReport } from '../../model/traffic.ts';
import { party } from './traffic.fixture.ts';
import { TrafficStore } from './traffic-store.ts';

const NOW = 1_000_000_000_000;
const web = { container: 'w', self: party('web') };

const cluster = (given: Partial<ClusterReport> = {}): ClusterReport => ({
  ...{ cluster: 'outbound|80||shop', activeConnections: 0, activeRequests: 0, pendingRequests: 0 },
  ...{ pendingOverflow: 0, retries: 0, ejected: [] },
  ...given,
});
const told = (isFirst: boolean, ...clusters: ClusterReport[]): TrafficReport => ({
  isFirst,
  edges: [],
  clusters,
});

test('who has ejected a host is known until it is taken back, or the proxy begins anew or goes', () => {
  const store = new TrafficStore(NOW);
  const ejected = cluster({ ejected: ['10.0.0.2:80'] });
  assert.equal(store.add(web, told(true, ejected), NOW), true);
  assert.deepEqual(store.ejectedBy('10.0.0.2:80'), ['w']);
  assert.equal(store.add(web, told(false, cluster({ ...ejected, retries: 3 })), NOW), false, 'no other host');
  assert.equal(store.clustersOf('w')[0]?.retries, 3);
  assert.equal(store.add(web, told(false, cluster()), NOW), true);
  assert.deepEqual([store.ejectedBy('10.0.0.2:80'), store.clustersOf('w')], [[], []]);
  store.add(web, told(false, ejected), NOW);
  assert.equal(store.add(web, told(true), NOW), true, 'it begins anew');
  store.add(web, told(false, ejected), NOW);
  store.forget('w');
  assert.deepEqual(store.ejectedBy('10.0.0.2:80'), []);
});

test('clusters that a proxy invents have an end', () => {
  const store = new TrafficStore(NOW);
  for (let turn = 0; turn < 10; turn++) {
    const many = Array.from({ length: 200 }, (_, index) =>
      cluster({ cluster: `c${turn}-${index}`, retries: 1 }),
    );
    store.add(web, told(false, ...many), NOW);
  }
  assert.equal(store.clustersOf('w').length, 1000);
});
