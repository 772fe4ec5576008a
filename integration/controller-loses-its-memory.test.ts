import assert from 'node:assert/strict';
import { test } from 'node:test';
import { docker } from './fixture/docker.ts';
import { startMesh } from './fixture/mesh.ts';
import { CLIENT, SHOP } from './fixture/shop.ts';

test('a controller whose state volume was lost gets its agents back', async () => {
  await using mesh = await startMesh({ name: 'memory', services: CLIENT + SHOP });
  const agents = () =>
    docker([
      'ps',
      '-q',
      '--filter',
      'label=lateen.role=agent',
      '--filter',
      `label=lateen.mesh=${mesh.project}`,
    ]);
  const before = await agents();
  await mesh.compose('rm', '-sf', 'lateen-controller');
  await docker(['volume', 'rm', `${mesh.project}_lateen-state`]);
  await mesh.compose('up', '-d', '--no-build');
  const { proxies } = await mesh.settled((status) => status.proxies.length === 4);
  assert.deepEqual(new Set(proxies.map(({ state }) => state)), new Set(['SYNCED']));
  assert.equal(await agents(), before);
});
