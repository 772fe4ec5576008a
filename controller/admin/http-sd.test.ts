import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_MESH_CONFIG } from '../../istio/mesh-config.ts';
import { workload } from '../compile/world.fixture.ts';
import { scrapeTargets } from './http-sd.ts';

test('Prometheus is told of every proxy, and of the controller', () => {
  const workloads = [
    workload('reviews', { labels: { app: 'reviews', version: 'v1' }, namespace: 'shop' }),
    workload('db', { proxy: null }),
    workload('door', { proxy: 'gateway', labels: {} }),
    workload('gone', { addresses: [] }),
    workload('two', {
      addresses: [
        { network: 'back', address: '10.9.0.1' },
        { network: 'net', address: '10.0.0.1' },
      ],
    }),
  ];
  const own = {
    'prometheus.io/scrape': 'true',
    'prometheus.io/port': '9',
    'prometheus.istio.io/merge-metrics': 'false',
  };
  workloads.push(workload('own', { labels: own }));
  const [controller, ...proxies] = scrapeTargets(
    { workloads, mesh: DEFAULT_MESH_CONFIG },
    'lateen-controller',
    new Set(['net']),
  );
  assert.partialDeepStrictEqual(controller, {
    targets: ['lateen-controller:15014'],
    labels: { __metrics_path__: '/metrics' },
  });
  assert.deepEqual(
    proxies.map(({ targets, labels }) => [...targets, labels.namespace, labels.app, labels.version]),
    [
      ['10.0.0.114:15020', 'shop', 'reviews', 'v1'],
      ['10.0.0.100:15020', 'default', 'door', undefined],
      ['10.0.0.1:15020', 'default', 'two', undefined],
      // Its own metrics are not with the proxy's.
      ['10.0.0.111:15020', 'default', 'own', undefined],
      ['10.0.0.111:9', 'default', 'own', undefined],
    ],
  );
});
