import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Mesh, startMesh } from './fixture/mesh.ts';

const SERVICES = `
  client:
    image: app
    labels: { app: client, lateen.inject: "true", lateen.ports: "http:8080", traffic.sidecar.istio.io/excludeInboundPorts: "7070" }
    environment: { NAME: client }
  shop-v1:
    image: app
    labels: { app: shop, version: v1, lateen.inject: "true", lateen.ports: "http:8080" }
    environment: { NAME: shop, VERSION: v1 }
  shop-v2:
    image: app
    labels: { app: shop, version: v2, lateen.inject: "true", lateen.ports: "http:8080" }
    environment: { NAME: shop, VERSION: v2 }
`;

const SUBSETS = `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: shop }
spec:
  host: shop
  subsets:
    - { name: v1, labels: { version: v1 } }
    - { name: v2, labels: { version: v2 } }
`;

const toSubset = (subset: string) => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: shop }
spec:
  hosts: [shop]
  http:
    - name: to-${subset}
      route: [{ destination: { host: shop, subset: ${subset} } }]
`;

let mesh: Mesh;

before(async () => {
  mesh = await startMesh({ name: 'edit', services: SERVICES, config: { 'subsets.yaml': SUBSETS } });
});

after(async () => {
  await mesh?.[Symbol.asyncDispose]();
});

async function versions(times: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { status, body, error } of await mesh.call('client', { url: 'http://shop:8080/', times })) {
    const version = status === 200 ? (JSON.parse(body) as { version: string }).version : `${status} ${error}`;
    counts[version] = (counts[version] ?? 0) + 1;
  }
  return counts;
}

test('without a rule both versions of a joined service answer', async () => {
  const counts = await versions(40);
  assert.deepEqual(Object.keys(counts).sort(), ['v1', 'v2']);
});

test('a request passes two agents and tells what they added', async () => {
  const [outcome] = await mesh.call('client', { url: 'http://shop:8080/path?a=b' });
  const seen = JSON.parse(outcome?.body ?? '') as { path: string; headers: Record<string, string>; remote: string };
  assert.equal(outcome?.status, 200);
  assert.equal(outcome?.headers['server'], 'envoy');
  assert.equal(seen.path, '/path?a=b');
  assert.equal(seen.headers['host'], 'shop:8080');
  assert.equal(seen.headers['x-envoy-attempt-count'], '1');
  assert.match(seen.headers['x-request-id'] ?? '', /^[0-9a-f-]{36}$/);
  assert.match(seen.remote, /127\.0\.0\.6$/);
});

test('a rule that is saved moves all traffic, and its removal brings the default back', async () => {
  await mesh.apply('shop.yaml', toSubset('v2'));
  assert.deepEqual(await versions(30), { v2: 30 });
  await mesh.apply('shop.yaml', toSubset('v1'));
  assert.deepEqual(await versions(30), { v1: 30 });
  await mesh.remove('shop.yaml');
  assert.deepEqual(Object.keys(await versions(40)).sort(), ['v1', 'v2']);
});

test('a broken file changes nothing, over a restart of the controller too', async () => {
  await mesh.apply('shop.yaml', toSubset('v2'));
  await mesh.apply('shop.yaml', toSubset('v1').replace('route:', 'rout:'));
  assert.deepEqual(await versions(20), { v2: 20 });
  const words = await mesh.logs('lateen-controller');
  assert.match(words, /shop\.yaml:9.*unknown field .*rout.*Did you mean .*route/);
  await mesh.compose('restart', '-t', '5', 'lateen-controller');
  await mesh.settled();
  assert.deepEqual(await versions(20), { v2: 20 });
  await mesh.remove('shop.yaml');
  assert.deepEqual(Object.keys(await versions(40)).sort(), ['v1', 'v2']);
});
