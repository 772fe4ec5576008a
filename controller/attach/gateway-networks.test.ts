import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_MESH_CONFIG } from '../../istio/mesh-config.ts';
import { parseDocuments } from '../../istio/parse-documents.ts';
import { indexWorld } from '../compile/world-index.ts';
import { containerFacts } from '../testing/container-facts.ts';
import { buildWorld } from '../world/build-world.ts';
import { neededNetworks } from './gateway-networks.ts';

const RULES = `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: public }
spec:
  selector: { istio: ingressgateway }
  servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ["*"] }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: shop }
spec:
  hosts: ["*"]
  gateways: [public]
  http: [{ route: [{ destination: { host: shop } }] }]
`;

function networksFor(rules: string, networks: Readonly<Record<string, readonly string[]>>): string[] {
  const labels: Record<string, Record<string, string>> = {
    gate: { 'lateen.role': 'gateway', istio: 'ingressgateway' },
  };
  const { world } = buildWorld({
    membership: { meshId: 'shop', project: 'shop' },
    mesh: DEFAULT_MESH_CONFIG,
    containers: Object.entries(networks).map(([name, ids], at) => ({
      ...containerFacts(name, at + 1, labels[name] ?? { 'lateen.ports': 'http:80' }),
      networks: ids.map((id) => ({ id, name: id, address: `10.0.${at}.1`, addressV6: '' })),
    })),
    openPorts: () => null,
    resources: parseDocuments(rules, 'rules.yaml').resources,
  });
  const index = indexWorld(world);
  const gateway = world.workloads.find(({ proxy }) => proxy === 'gateway');
  assert.ok(gateway);
  return neededNetworks(index, gateway);
}

test('a gateway needs the network of a service that its routes name', () => {
  assert.deepEqual(networksFor(RULES, { gate: ['front'], shop: ['back'], other: ['far'] }), ['back']);
});

test('an egress gateway needs a network of every caller whose rules lead to it', () => {
  const rules = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: out }
spec:
  hosts: [api.example]
  gateways: [mesh, out]
  http:
    - match: [{ gateways: [mesh] }]
      route: [{ destination: { host: gate.istio-system.svc.cluster.local } }]
`;
  const networks = { gate: ['front'], shop: ['inner'], other: ['inner', 'far'], near: ['front'] };
  assert.deepEqual(networksFor(rules, networks), ['inner']);
  assert.deepEqual(networksFor(rules.replace('[mesh, out]', '[out]'), networks), []);
});

test('it needs none where it shares one already, or no route names the service', () => {
  assert.deepEqual(networksFor(RULES, { gate: ['front'], shop: ['back', 'front'] }), []);
  assert.deepEqual(networksFor('', { gate: ['front'], shop: ['back'] }), []);
});
