import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Mesh, startMesh } from './fixture/mesh.ts';
import { countVersions } from './fixture/outcomes.ts';
import { CLIENT, SHOP, SUBSETS, toSubset } from './fixture/shop.ts';

let mesh: Mesh;

before(async () => {
  mesh = await startMesh({ name: 'edit', services: CLIENT + SHOP, config: { 'subsets.yaml': SUBSETS } });
});

after(async () => {
  await mesh?.[Symbol.asyncDispose]();
});

async function versions(times: number): Promise<Record<string, number>> {
  return countVersions(await mesh.call('client', { url: 'http://shop:8080/', times }));
}

test('without a rule both versions of a joined service answer', async () => {
  const counts = await versions(40);
  assert.deepEqual(Object.keys(counts).sort(), ['v1', 'v2']);
});

test('a request passes two agents and tells what they added', async () => {
  const [outcome] = await mesh.call('client', { url: 'http://shop:8080/path?a=b' });
  const seen = JSON.parse(outcome?.body ?? '') as {
    path: string;
    headers: Record<string, string>;
    remote: string;
  };
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
