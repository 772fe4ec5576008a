import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_MESH_CONFIG } from '../../istio/mesh-config.ts';
import { documentOf, faultsOf, resourcesOf } from '../../istio/testing/read-text.ts';
import { snapshotOf, workload } from '../compile/world.fixture.ts';
import { buildWorld } from './build-world.ts';

const PORTS = [{ name: 'http', port: 80 }];

/** The mesh of some v1 Services, without containers. */
function build(...documents: string[]) {
  const { world } = buildWorld({
    membership: { meshId: 'shop', project: 'shop' },
    mesh: DEFAULT_MESH_CONFIG,
    containers: [],
    openPorts: () => null,
    resources: resourcesOf(documents.join('---\n')),
  });
  return { ...world, workloads: [workload('w')] };
}

const plain = documentOf('Service', { selector: { app: 'shop' }, ports: PORTS }, { name: 'shop' });
const alias = (externalName: string, ports: object[] = []) =>
  documentOf('Service', { type: 'ExternalName', externalName, ports }, { name: 'market', namespace: 'sea' });

test('an ExternalName of a service is another name for it, with its rules', () => {
  const rule = documentOf('VirtualService', { hosts: ['shop'], http: [{ directResponse: { status: 204 } }] });
  const world = build(plain, alias('shop.default.svc.cluster.local.'), rule);
  assert.deepEqual(
    world.services.map(({ hostname }) => hostname),
    ['shop.default.svc.cluster.local'],
  );
  const { route, name } = snapshotOf(world, 'w');
  const host = route.get('80')?.virtualHosts[0];
  assert.equal(host?.routes[0]?.action.kind, 'direct');
  assert.ok(host?.domains.includes('market.sea') && host.domains.includes('market.sea.svc.cluster.local'));
  assert.deepEqual(name.get('market.sea')?.addresses, name.get('shop')?.addresses);
  assert.equal(name.has('market'), false);
});

test('an ExternalName of a host outside is looked up, and has an address of the mesh', () => {
  const world = build(alias('API.example.com', PORTS));
  const { cluster, name } = snapshotOf(world, 'w');
  assert.deepEqual(cluster.get('outbound|80||market.sea.svc.cluster.local')?.discovery, {
    ...{ kind: 'dns', mode: 'strict', localityWeights: null },
    hosts: [{ host: 'api.example.com', port: 80, weight: 1, locality: '', priority: 0 }],
  });
  assert.match(name.get('market.sea')?.addresses[0] ?? '', /^240\.240\./);
});

test('an ExternalName of a host outside without ports is nothing, which is said', () => {
  assert.deepEqual(build(alias('api.example.com')).services, []);
  const faults = faultsOf('Service', { type: 'ExternalName', externalName: 'api.example.com' });
  assert.match(faults.join(), /^Warning spec\.ports: without ports/);
});

test('an ExternalName needs a name', () => {
  assert.match(
    faultsOf('Service', { type: 'ExternalName' }).join(),
    /^Error spec\.externalName: .* needs a DNS name/,
  );
});
