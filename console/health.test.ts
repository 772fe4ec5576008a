import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { WorkloadView } from '../model/console.ts';
import {
  certificateVerdict,
  containerVerdict,
  edgesAt,
  ejectedHosts,
  nodesOf,
  serviceVerdict,
  syncVerdict,
} from './health.ts';
import { bookinfoMesh, FIXTURE_NOW } from './testing/fixture-mesh.ts';

const mesh = bookinfoMesh();
const service = (name: string) => mesh.services.find((each) => each.name === name)!;
const workload = (name: string, more: Partial<WorkloadView> = {}): WorkloadView => ({
  ...mesh.workloads.find((each) => each.name === `shop-${name}-1`)!,
  ...more,
});
const graph = { fromMs: 0, untilMs: 0, nodes: mesh.nodes, edges: mesh.edges };

test('a service is well when all of its hosts are ready, and bad when none is', () => {
  assert.deepEqual(serviceVerdict(service('details')), { tone: 'ok', words: '1 of 1 ready' });
  assert.deepEqual(serviceVerdict(service('reviews')), { tone: 'warn', words: '2 of 3 ready' });
  assert.equal(serviceVerdict({ ...service('details'), endpoints: [] }).tone, 'bad');
  assert.equal(serviceVerdict(service('api.openlibrary.example')).words, 'outside');
  assert.equal(ejectedHosts(service('ratings')), 1);
});

test('a host with several ports counts once', () => {
  const { endpoints } = service('details');
  const twice = { ...service('details'), endpoints: [...endpoints, { ...endpoints[0]!, port: 9090 }] };
  assert.equal(serviceVerdict(twice).words, '1 of 1 ready');
});

test('a proxy that refused, waits or is away is not in sync', () => {
  assert.deepEqual(syncVerdict(workload('details')), { tone: 'ok', words: 'in sync' });
  assert.deepEqual(syncVerdict(workload('audit')), { tone: 'bad', words: 'refused it' });
  const sync = { ...workload('details').sync, state: 'NOT CONNECTED' };
  assert.deepEqual(syncVerdict(workload('details', { sync })), { tone: 'bad', words: 'not connected' });
  assert.equal(syncVerdict(workload('details', { proxy: null })).tone, 'idle');
});

test('a container that does not run is told by Docker’s word, one that is not ready by its health', () => {
  assert.equal(containerVerdict(workload('details')).words, 'running');
  assert.equal(containerVerdict(workload('reviews')).words, 'starting');
  assert.deepEqual(containerVerdict(workload('details', { state: 'paused' })), {
    tone: 'bad',
    words: 'paused',
  });
});

test('a certificate is told of before it ends', () => {
  const at = (leftMs: number) =>
    certificateVerdict(
      workload('details', { certificate: { serial: '1', notAfterMs: FIXTURE_NOW + leftMs } }),
      FIXTURE_NOW,
    ).tone;
  assert.deepEqual([at(7_200_000), at(60_000), at(-1)], ['ok', 'warn', 'bad']);
  assert.equal(certificateVerdict(workload('details', { certificate: null }), FIXTURE_NOW).tone, 'warn');
});

test('the traffic of a service is what comes in; that of a gateway, what it sends on', () => {
  const reviews = edgesAt(graph, nodesOf(service('reviews'), mesh.workloads));
  assert.deepEqual(
    new Set(reviews.map(({ source }) => source)),
    new Set(['workload/default/productpage/v1']),
  );
  const quiet = { ...graph, edges: graph.edges.filter(({ source }) => source !== 'unknown') };
  const [sent] = edgesAt(quiet, nodesOf(service('istio-ingressgateway'), mesh.workloads));
  assert.equal(sent?.target, 'workload/default/productpage/v1');
});
