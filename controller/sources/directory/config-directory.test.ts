import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { silentLogger } from '../../../base/log.ts';
import type { FileState } from '../../last-good/last-good.ts';
import { openConfigDirectory } from './config-directory.ts';

const VALID = `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: shop }
spec: { host: shop }
`;

async function open(context: TestContext) {
  const path = await mkdtemp(join(tmpdir(), 'lateen-config-'));
  let files: ReadonlyMap<string, FileState> = new Map();
  let changes = 0;
  const directory = await openConfigDirectory({
    path,
    log: silentLogger,
    onChange(next) {
      files = next;
      changes += 1;
    },
  });
  context.after(async () => {
    await directory.close();
    await rm(path, { recursive: true });
  });
  const until = async (isThere: () => boolean) => {
    for (let tries = 0; !isThere(); tries++) {
      assert.ok(tries < 500, 'it was not seen within 5 s');
      await sleep(10);
    }
  };
  const save = async (file: string, content: string | Buffer) => {
    await writeFile(join(path, `${file}.part`), content);
    await rename(join(path, `${file}.part`), join(path, file));
  };
  return { path, until, save, files: () => files, changes: () => changes };
}

const namesIn = (state: FileState | undefined) =>
  state?.kind === 'parsed' ? state.parsed.resources.map(({ name }) => name) : [];

test('a file that appears, changes and goes is followed, in folders below too', async (context) => {
  const { path, until, files } = await open(context);
  await mkdir(join(path, 'team'));
  await writeFile(join(path, 'team', 'shop.yml'), VALID);
  await until(() => namesIn(files().get('team/shop.yml'))[0] === 'shop');
  await writeFile(join(path, 'team', 'shop.yml'), VALID.replace('name: shop', 'name: other'));
  await until(() => namesIn(files().get('team/shop.yml'))[0] === 'other');
  await rm(join(path, 'team', 'shop.yml'));
  await until(() => !files().has('team/shop.yml'));
});

test("an editor's save by renaming is one change without a gap", async (context) => {
  const { until, save, files } = await open(context);
  await save('a.yaml', VALID);
  await until(() => files().has('a.yaml'));
  let wasMissing = false;
  const watching = setInterval(() => {
    wasMissing ||= !files().has('a.yaml');
  }, 1);
  await save('a.yaml', VALID.replace('name: shop', 'name: b'));
  await until(() => namesIn(files().get('a.yaml'))[0] === 'b');
  clearInterval(watching);
  assert.equal(wasMissing, false);
});

test('a file that vanishes for a moment is not a deletion', async (context) => {
  const { path, until, save, files } = await open(context);
  await save('a.yaml', VALID);
  await until(() => files().has('a.yaml'));
  await rm(join(path, 'a.yaml'));
  await sleep(60);
  assert.ok(files().has('a.yaml'));
  await save('a.yaml', VALID);
  await sleep(300);
  assert.ok(files().has('a.yaml'));
});

test('zero bytes, binary data and half a document are told, and nothing breaks', async (context) => {
  const { until, save, files } = await open(context);
  await save('empty.yaml', '');
  await save('binary.yaml', Buffer.from([0, 1, 2, 255, 254]));
  await save('half.yaml', VALID.slice(0, 60));
  await until(() => files().size === 3);
  assert.equal(files().get('empty.yaml')?.kind, 'unknown');
  for (const file of ['binary.yaml', 'half.yaml']) {
    const state = files().get(file);
    assert.ok(state?.kind === 'parsed' && state.parsed.violations.length > 0, file);
  }
});

test('other files are not looked at', async (context) => {
  const { until, save, files } = await open(context);
  await save('notes.txt', 'kind: {');
  await save(
    'a.json',
    '{"apiVersion":"networking.istio.io/v1","kind":"DestinationRule","metadata":{"name":"a"},"spec":{"host":"a"}}',
  );
  await until(() => files().has('a.json'));
  assert.deepEqual([...files().keys()], ['a.json']);
});

test('a burst of files becomes few changes', async (context) => {
  const { until, save, files, changes } = await open(context);
  await Promise.all(Array.from({ length: 30 }, (_, index) => save(`${index}.yaml`, VALID)));
  await until(() => files().size === 30);
  assert.ok(changes() < 25, `${changes()} changes for 30 files`);
});

test('a change of Kubernetes’ ..data link is one change, and nothing is read twice', async (context) => {
  const { path, until, files } = await open(context);
  const put = async (version: string, name: string) => {
    await mkdir(join(path, `..${version}`));
    await writeFile(join(path, `..${version}`, 'shop.yaml'), VALID.replace('name: shop', `name: ${name}`));
    await symlink(`..${version}`, join(path, '..data_tmp'));
    await rename(join(path, '..data_tmp'), join(path, '..data'));
  };
  await put('2026_1', 'first');
  await symlink(join('..data', 'shop.yaml'), join(path, 'shop.yaml'));
  await until(() => namesIn(files().get('shop.yaml'))[0] === 'first');
  await put('2026_2', 'second');
  await until(() => namesIn(files().get('shop.yaml'))[0] === 'second');
  assert.deepEqual([...files().keys()], ['shop.yaml']);
});

test('a link that leads nowhere is told, and hidden files of editors are not looked at', async (context) => {
  const { path, until, save, files } = await open(context);
  await symlink('user@host.1234', join(path, '.#shop.yaml'));
  await save('.shop.yaml', 'kind: {');
  await symlink('/elsewhere/shop.yaml', join(path, 'shop.yaml'));
  await symlink('loop.yaml', join(path, 'loop.yaml'));
  await until(() => files().size === 2);
  const state = files().get('shop.yaml');
  assert.ok(state?.kind === 'unknown');
  assert.match(state.violation.message, /leads nowhere \(to \/elsewhere\/shop\.yaml\)/);
  assert.equal(files().get('loop.yaml')?.kind, 'unknown');
});

test('links in a circle, pipes and files of the kernel keep nobody from reading the others', async (context) => {
  const { path, until, save, files } = await open(context);
  await mkdir(join(path, 'team'));
  for (const [index, target] of ['..', '.', '../team', '/dev', '/dev/zero', '/proc/kmsg'].entries())
    await symlink(target, join(path, 'team', `${index}.yaml`));
  execFileSync('mkfifo', [join(path, 'pipe.yaml')]);
  await save('shop.yaml', VALID);
  await until(() => files().has('shop.yaml'));
  assert.deepEqual(namesIn(files().get('shop.yaml')), ['shop']);
  assert.deepEqual(
    [...files().keys()].filter((file) => file.endsWith('shop.yaml')),
    ['shop.yaml'],
  );
});

test('a file that is far too large is told of without being read', async (context) => {
  const { path, until, files } = await open(context);
  await writeFile(join(path, 'dump.yaml'), '');
  await truncate(join(path, 'dump.yaml'), 8 * 1024 ** 3);
  await until(() => files().get('dump.yaml')?.kind === 'unknown');
  const state = files().get('dump.yaml');
  assert.ok(state?.kind === 'unknown');
  assert.match(state.violation.message, /8192\.0 MB, at most 2\.0 are read/);
});
