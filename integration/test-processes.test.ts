import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { docker, tryDocker } from './fixture/docker.ts';
import { eventually } from './fixture/eventually.ts';
import { buildApp } from './fixture/mesh.ts';

// Test files as a runner starts them: processes of their own, at the same time, with Ryuk.

const sides = join(dirname(fileURLToPath(import.meta.url)), 'side-by-side');
const folder = mkdtempSync(join(tmpdir(), 'lateen-sides-'));
/** A tag of this suite alone: nobody has built it. */
const image = `lateen:sides-${process.pid}`;
const standIn = `lateen-integration-reaper:${process.pid}`;
const { NODE_TEST_CONTEXT: _context, TESTCONTAINERS_RYUK_DISABLED: _disabled, ...outer } = process.env;
const env = {
  ...outer,
  LATEEN_IMAGE: image,
  LATEEN_SIDES: folder,
  // Ryuk's own, or what does the same where no registry answers.
  RYUK_CONTAINER_IMAGE: process.env['RYUK_CONTAINER_IMAGE'] ?? standIn,
  TESTCONTAINERS_RYUK_RECONNECTION_TIMEOUT: '1s',
};

/** What containers, networks and volumes of meshes of tests this engine has, but for those of `before`. */
async function thingsOfMeshes(...filters: string[]): Promise<string[]> {
  const lists = [
    ['ps', '-a', '--format', '{{.Names}}'],
    ...['network', 'volume'].map((kind) => [kind, 'ls', '--format', '{{.Name}}']),
  ];
  const filter = filters.flatMap((each) => ['--filter', each]);
  const names = await Promise.all(lists.map((list) => docker([...list, ...filter])));
  return names.flatMap((each) => each.split('\n')).filter(Boolean);
}

before(async () => {
  const reaper = join(dirname(sides), 'reaper');
  await Promise.all([buildApp(), docker(['build', '-q', '-t', standIn, reaper], { DOCKER_BUILDKIT: '0' })]);
});

after(async () => {
  await tryDocker(['rmi', '-f', image, standIn]);
  rmSync(folder, { recursive: true });
});

test('two test files at the same time build the image once, and never see each other', async (context) => {
  const args = ['--disable-warning=ExperimentalWarning', '--test', '--test-reporter=tap'];
  const files = ['north.ts', 'south.ts'].map((file) => join(sides, file));
  const said = await new Promise<string>((resolve) => {
    execFile(
      process.execPath,
      [...args, '--test-concurrency=2', ...files],
      { env },
      (_error, stdout, stderr) => resolve(`${stdout}${stderr}`),
    );
  });
  assert.match(said, /^# pass 4$/m, said);
  assert.match(said, /^# fail 0$/m, said);
  const count = (pattern: RegExp) => said.match(pattern)?.length ?? 0;
  assert.equal(count(/it is built now/g), 1, said);
  assert.equal(count(/Step \d+\/\d+ : COPY dist/g), 1, said);
  assert.equal(count(/another process builds/g), 1, said);
  context.diagnostic(/lateen:\S+ is built, after .*/.exec(said)?.[0] ?? '');
});

test('of a test process that was killed nothing is left once Ryuk has been there', async (context) => {
  const compose = `services:
  reviews:
    image: lateen-integration-app
    labels: { app: reviews, lateen.inject: "true", lateen.ports: "http:8080" }
    environment: { NAME: reviews }
networks: { default: { name: "\${LATEEN_NETWORK}", external: true } }
`;
  writeFileSync(join(folder, 'compose.yml'), compose);
  const args = ['--disable-warning=ExperimentalWarning', join(sides, 'killed.ts'), folder];
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString()));
    child.once('close', () => reject(new Error('it ended before its mesh was there')));
  });
  const id = /^lateen-test-\w+/.exec(line)?.[0] ?? assert.fail(line);
  assert.match(line, /"status":200/);
  const [controller = ''] = await thingsOfMeshes(`label=lateen.mesh=${id}`, 'label=lateen.role=controller');
  const session = await docker([
    ...['inspect', '-f', '{{index .Config.Labels "org.testcontainers.session-id"}}', controller],
  ]);
  const ofSession = `label=org.testcontainers.session-id=${session}`;
  const ofMesh = await thingsOfMeshes(`label=lateen.mesh=${id}`);
  // Controller, gateway, the shop, an agent for it and for what Compose started, and the volume.
  assert.equal(ofMesh.length, 6, ofMesh.join());
  const labelled = await thingsOfMeshes(ofSession, `label=lateen.mesh=${id}`);
  assert.deepEqual(labelled, ofMesh, 'all of them carry the session');

  const startMs = performance.now();
  child.kill('SIGKILL');
  await eventually('nothing is left', async () => {
    const left = [
      ...(await thingsOfMeshes(ofSession)),
      ...(await thingsOfMeshes(`name=${id}`)),
      ...(await thingsOfMeshes(`label=lateen.mesh=${id}`)),
    ];
    if (left.length > 0) throw new Error(left.join());
    return true;
  });
  context.diagnostic(`after ${((performance.now() - startMs) / 1000).toFixed(1)} s`);
});
