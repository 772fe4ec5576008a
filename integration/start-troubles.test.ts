import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually } from './fixture/eventually.ts';
import { createMesh } from './fixture/mesh.ts';
import { CLIENT } from './fixture/shop.ts';

test('a port of the host that is taken is told with the variable that chooses another', async () => {
  await using mesh = await createMesh({ name: 'port', services: CLIENT });
  const other = createServer().listen(mesh.httpPort, '127.0.0.1');
  const { status, stderr } = await mesh.tryCompose('up', '-d', '--no-build');
  assert.notEqual(status, 0);
  assert.match(stderr, /already allocated|already in use/);
  const said = await eventually('the controller says it', async () =>
    (await mesh.violations()).find(({ code }) => code === 'LAT0107'),
  );
  assert.match(said.message, new RegExp(`could not be started: .*${mesh.httpPort}`));
  assert.match(said.remedy, new RegExp(`set LATEEN_HTTP_PORT to another port than ${mesh.httpPort};`));
  other.close();
  await mesh.compose('up', '-d', '--no-build');
  await mesh.settled(({ proxies }) => proxies.length === 2);
  assert.deepEqual(
    (await mesh.violations()).map(({ code }) => code),
    [],
  );
});

test('a Docker socket that is not there is told by its path', async () => {
  const env = { LATEEN_DOCKER_SOCKET: '/nonexistent/docker.sock' };
  await using mesh = await createMesh({ name: 'socket', services: CLIENT, env });
  const { stderr } = await mesh.tryCompose('up', '-d', '--no-build', 'lateen-controller');
  assert.match(stderr, /bind source path does not exist: \/nonexistent\/docker\.sock/);
});

test('a config directory that is not there is told by its path, and is not made', async () => {
  await using mesh = await createMesh({ name: 'absent', services: CLIENT });
  const directory = join(mesh.folder, 'mesh');
  await rm(directory, { recursive: true });
  const { stderr } = await mesh.tryCompose('up', '-d', '--no-build', 'lateen-controller');
  assert.ok(stderr.includes(`bind source path does not exist: ${directory}`), stderr);
});
