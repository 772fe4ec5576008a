import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eventually } from './fixture/eventually.ts';
import { type Mesh, startMesh } from './fixture/mesh.ts';
import { countVersions } from './fixture/outcomes.ts';
import { CLIENT, SHOP } from './fixture/shop.ts';

/** The label `lateen.healthcheck`: the agent asks its own application, and every caller learns what came of it. */

const CHECKED = SHOP.replaceAll('app: shop,', 'app: shop, lateen.healthcheck: "http:/healthz,300ms,2",');

let mesh: Mesh;

before(async () => {
  mesh = await startMesh({ name: 'checks', services: CLIENT + CHECKED });
});

after(async () => {
  await mesh?.[Symbol.asyncDispose]();
});

/** Makes the checks of a container's application fail or pass from now on; requests it answers as before. */
async function tell(service: string, word: 'unhealthy' | 'healthy'): Promise<void> {
  const [container = ''] = await mesh.containers(service);
  const response = await fetch(`http://${await mesh.address(container)}:8080/${word}`);
  assert.equal(response.status, 200);
}

const calls = async (times: number) =>
  countVersions(await mesh.call('client', { url: 'http://shop:8080/', times, keepAlive: true }));

const answering = (what: string, versions: readonly string[]) =>
  eventually(what, async () => {
    const counts = Object.keys(await calls(20)).sort();
    if (counts.join() === versions.join()) return true;
    throw new Error(`answered: ${counts.join(', ')}`);
  });

test('a container that fails its check gets no requests, and gets them back when it passes', async () => {
  await answering('both answer', ['v1', 'v2']);
  await tell('shop-v1', 'unhealthy');
  await answering('only the one that passes answers', ['v2']);
  assert.deepEqual(await calls(100), { v2: 100 });
  await tell('shop-v1', 'healthy');
  await answering('both answer again', ['v1', 'v2']);
});

test('where every container fails its check nobody is asked (no panic threshold): 503', async () => {
  await tell('shop-v1', 'unhealthy');
  await tell('shop-v2', 'unhealthy');
  await answering('nobody is asked', ['503 no healthy upstream']);
  await tell('shop-v1', 'healthy');
  await answering('the first one is back', ['v1']);
  await tell('shop-v2', 'healthy');
  await answering('both are back', ['v1', 'v2']);
});
