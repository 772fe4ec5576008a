import assert from 'node:assert/strict';
import { test } from 'node:test';
import { docker } from './fixture/docker.ts';
import { eventually } from './fixture/eventually.ts';
import { startMesh } from './fixture/mesh.ts';
import { CLIENT, SHOP } from './fixture/shop.ts';

test('when the controller goes first, the agents end with their apps and nothing is left', async () => {
  await using mesh = await startMesh({ name: 'down', services: CLIENT + SHOP });
  const all = () => docker(['ps', '-aq', '--filter', `label=com.docker.compose.project=${mesh.project}`]);
  await mesh.compose('rm', '-sf', 'lateen-controller');
  const { status, stderr } = await mesh.tryCompose('down', '-t', '3');
  assert.equal(status, 0, stderr);
  assert.doesNotMatch(stderr, /orphan containers/i);
  await eventually('no container is left', async () => ((await all()) === '' ? true : undefined));
  await mesh.compose('down', '-v');
  assert.equal(
    await docker(['volume', 'ls', '-q', '--filter', `label=com.docker.compose.project=${mesh.project}`]),
    '',
  );
});

test('an `up` with agents running warns of no orphans', async () => {
  await using mesh = await startMesh({ name: 'orphans', services: CLIENT });
  const { stderr } = await mesh.tryCompose('up', '-d', '--no-build');
  assert.doesNotMatch(stderr, /orphan containers/i);
});
