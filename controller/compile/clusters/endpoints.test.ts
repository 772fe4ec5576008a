import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_MESH_CONFIG } from '../../../istio/mesh-config.ts';
import type { Service, Workload } from '../world.ts';
import { indexWorld } from '../world-index.ts';
import { compileEndpoints } from './endpoints.ts';

const PORT = { name: 'http', number: 80, targetPort: 9080, protocol: 'http' } as const;

function workload(id: string, more: Partial<Workload> = {}): Workload {
  return {
    ...{ id, name: id, workload: id, namespace: 'default', labels: {}, serviceAccount: id },
    ...{ health: 'ready', openPorts: [9080], proxy: 'sidecar', locality: '' },
    addresses: [{ network: 'net', address: `10.0.0.${id.charCodeAt(0)}` }],
    ...more,
  };
}

function healthOf(workloads: Workload[]): Record<string, string> {
  const service: Service = {
    ...{ hostname: 'shop.default.svc.cluster.local', name: 'shop', namespace: 'default', ports: [PORT] },
    ...{ vips: [], headless: false, isDockerName: true, exportTo: ['*'] },
    members: workloads.map(({ id }) => id),
  };
  const world = {
    meshId: 'm',
    mesh: DEFAULT_MESH_CONFIG,
    workloads,
    services: [service],
    resources: [],
  };
  const { endpoints } = compileEndpoints(indexWorld(world), 'cluster', service, PORT, {}, ['net'], null);
  return Object.fromEntries(endpoints.map((endpoint) => [endpoint.workload, endpoint.health]));
}

test('a container that does not listen yet waits while another can answer', () => {
  assert.deepEqual(healthOf([workload('a'), workload('b', { openPorts: [] })]), {
    a: 'healthy',
    b: 'unhealthy',
  });
});

test('alone it is tried, as without a mesh', () => {
  assert.deepEqual(healthOf([workload('a', { openPorts: [] })]), { a: 'healthy' });
  const sick = workload('b', { health: 'unhealthy' });
  assert.deepEqual(healthOf([workload('a', { openPorts: [] }), sick]), { a: 'healthy', b: 'unhealthy' });
});

test('nothing known of its ports, or another port open: known counts, unknown does not', () => {
  assert.deepEqual(healthOf([workload('a', { openPorts: null }), workload('b', { openPorts: [9090] })]), {
    a: 'healthy',
    b: 'unhealthy',
  });
});

test('a container on no network of the caller is no endpoint', () => {
  const away = workload('b', { addresses: [{ network: 'elsewhere', address: '10.1.0.1' }] });
  assert.deepEqual(healthOf([workload('a'), away]), { a: 'healthy' });
});
