import assert from 'node:assert/strict';
import { appendFile, mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { docker } from './fixture/docker.ts';
import { eventually } from './fixture/eventually.ts';
import { type Mesh, startMesh } from './fixture/mesh.ts';
import { countVersions } from './fixture/outcomes.ts';
import { CLIENT, SHOP, SUBSETS, toSubset } from './fixture/shop.ts';

let mesh: Mesh;

before(async () => {
  mesh = await startMesh({ name: 'files', services: CLIENT + SHOP, config: { 'subsets.yaml': SUBSETS } });
});

after(async () => {
  await mesh?.[Symbol.asyncDispose]();
});

const path = (file: string) => join(mesh.folder, 'mesh', file);

async function onlyAnswers(version: string): Promise<void> {
  const counts = countVersions(await mesh.call('client', { url: 'http://shop:8080/', times: 20 }));
  assert.deepEqual(counts, { [version]: 20 });
}

/** What the controller says of a file, once it says something. */
function complaint(file: string) {
  return eventually(`a complaint about ${file}`, async () =>
    (await mesh.violations()).find((violation) => violation.file === file),
  );
}

const FAULTS: readonly { what: string; content: string | Buffer; severity: string; says: RegExp }[] = [
  { what: 'no YAML', content: 'kind: {\n  oops: [', severity: 'Error', says: /not YAML/ },
  {
    what: 'binary',
    content: Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0, 1, 2, 255]),
    severity: 'Error',
    says: /binary or not UTF-8/,
  },
  { what: 'of zero bytes', content: '', severity: 'Warning', says: /empty; what it gave before stays/ },
  { what: 'text', content: 'hello\n', severity: 'Error', says: /must be a mapping/ },
  {
    what: 'cut off',
    content: toSubset('v1').slice(0, -40),
    severity: 'Error',
    says: /not YAML|missing|route/,
  },
];

for (const { what, content, severity, says } of FAULTS) {
  test(`a file that becomes ${what} changes nothing, and is told once`, async (context) => {
    const file = `${what.replaceAll(' ', '-')}.yaml`;
    context.after(() => mesh.remove(file));
    await mesh.apply(file, toSubset('v2'));
    const versions = (await mesh.sync()).proxies.map(({ version }) => version);
    await writeFile(path(file), content);
    const said = await complaint(file);
    assert.equal(said.severity, severity);
    assert.match(said.message, says);
    assert.notEqual(said.remedy, '');
    // Longer than the controller's poll of the directory.
    await sleep(2500);
    await onlyAnswers('v2');
    const status = await mesh.sync();
    assert.deepEqual(
      status.proxies.map(({ version }) => version),
      versions,
      'nothing was pushed',
    );
    const lines = (await mesh.logs('lateen-controller')).split('\n');
    const told = lines.filter((line) => line.includes(file) && !line.includes('healed'));
    assert.equal(told.length, 1, told.join('\n'));
  });
}

test('files that are broken in every way leave all as it was, over a restart of the controller too', async () => {
  await mesh.apply('restart.yaml', toSubset('v2'));
  await writeFile(path('restart.yaml'), Buffer.from([0, 255]));
  await writeFile(path('subsets.yaml'), '');
  await complaint('restart.yaml');
  await complaint('subsets.yaml');
  const [controller = ''] = await mesh.containers('lateen-controller');
  await docker(['restart', '-t', '5', controller]);
  await complaint('restart.yaml');
  await mesh.settled();
  await onlyAnswers('v2');
  await mesh.apply('subsets.yaml', SUBSETS);
  await mesh.remove('restart.yaml');
});

test('a file that is being written is taken when it is whole, never half', async () => {
  await mesh.apply('half.yaml', toSubset('v1'));
  const whole = toSubset('v2');
  await writeFile(path('half.yaml'), whole.slice(0, 90));
  await complaint('half.yaml');
  await onlyAnswers('v1');
  await appendFile(path('half.yaml'), whole.slice(90));
  await eventually('the whole file', async () =>
    (await mesh.violations()).every(({ file }) => file !== 'half.yaml') ? true : undefined,
  );
  await mesh.settled();
  await onlyAnswers('v2');
  await mesh.remove('half.yaml');
});

test('of two documents with one name the first file is in force, and both are named', async () => {
  await mesh.apply('a-first.yaml', toSubset('v1'));
  await mesh.apply('b-second.yaml', toSubset('v2'));
  const said = await complaint('b-second.yaml');
  assert.match(said.message, /VirtualService default\/shop is defined twice; the one at a-first\.yaml:2/);
  await onlyAnswers('v1');
  await mesh.remove('a-first.yaml');
  await onlyAnswers('v2');
  await mesh.remove('b-second.yaml');
});

test('a link that leads out of the directory is told, since it is not there in the container', async () => {
  await symlink(join(mesh.folder, 'compose.yml'), path('outside.yaml'));
  assert.match((await complaint('outside.yaml')).message, /leads nowhere/);
  await mesh.remove('outside.yaml');
});

test('Kubernetes swaps its ..data link, and all files change at once', async () => {
  const put = async (revision: string, subset: string) => {
    await mkdir(path(`..${revision}`));
    await writeFile(path(`..${revision}/shop.yaml`), toSubset(subset));
    await symlink(`..${revision}`, path('..data_tmp'));
    await rename(path('..data_tmp'), path('..data'));
  };
  await put('2026_01', 'v1');
  await symlink('..data/shop.yaml', path('shop.yaml'));
  await eventually('v1 is in force', async () => {
    await onlyAnswers('v1');
    return true;
  });
  await put('2026_02', 'v2');
  await eventually('v2 is in force', async () => {
    await onlyAnswers('v2');
    return true;
  });
  assert.deepEqual(await mesh.violations(), []);
  await mesh.remove('shop.yaml');
  await rm(path('..data'));
});
