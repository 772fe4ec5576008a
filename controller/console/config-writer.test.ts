import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { ConfigWriter, isFileName } from './config-writer.ts';

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');

async function create(context: TestContext) {
  const outer = await mkdtemp(join(tmpdir(), 'lateen-writer-'));
  context.after(() => rm(outer, { recursive: true }));
  const directory = join(outer, 'mesh');
  await mkdir(directory);
  const writer = new ConfigWriter(directory);
  const statusOf = async (file: string, text: string | null, basedOn = '') =>
    (await writer.save({ file, text, basedOn }))?.status ?? 200;
  const read = (file: string) => readFile(join(directory, file), 'utf8');
  return { outer, directory, statusOf, read };
}

test('a file is made, changed and removed by who has seen its newest text', async (context) => {
  const { directory, statusOf, read } = await create(context);
  assert.equal(await statusOf('shop.yaml', 'a: 1\n'), 200);
  assert.equal(await statusOf('shop.yaml', 'a: 2\n'), 409, 'it is there already');
  assert.equal(await statusOf('shop.yaml', 'a: 2\n', hashOf('a: 0\n')), 409, 'it is another');
  assert.equal(await read('shop.yaml'), 'a: 1\n');
  assert.equal(await statusOf('shop.yaml', 'a: 2\n', hashOf('a: 1\n')), 200);
  assert.equal(await read('shop.yaml'), 'a: 2\n');
  assert.equal(await statusOf('shop.yaml', null, hashOf('a: 1\n')), 409);
  assert.equal(await statusOf('shop.yaml', null, hashOf('a: 2\n')), 200);
  assert.deepEqual(await readdir(directory), [], 'nothing is left behind');
});

test('the file keeps its mode and its owner', async (context) => {
  const { directory, statusOf } = await create(context);
  await writeFile(join(directory, 'shop.yaml'), 'a: 1\n', { mode: 0o640 });
  const before = await stat(join(directory, 'shop.yaml'));
  assert.equal(await statusOf('shop.yaml', 'a: 2\n', hashOf('a: 1\n')), 200);
  const after = await stat(join(directory, 'shop.yaml'));
  assert.deepEqual([after.mode, after.uid, after.gid], [before.mode, before.uid, before.gid]);
});

test('of two that save the same at once, one is told to look again', async (context) => {
  const { statusOf } = await create(context);
  const statuses = await Promise.all(['a: 1\n', 'a: 2\n'].map((text) => statusOf('shop.yaml', text)));
  assert.deepEqual(statuses.sort(), [200, 409]);
});

test('no name leads out of the directory', async (context) => {
  const { outer, directory, statusOf } = await create(context);
  const names = [
    ...[
      '../out.yaml',
      '/etc/out.yaml',
      'a/../../out.yaml',
      'a/../b.yaml',
      './a.yaml',
      '.hidden.yaml',
      'a/.b.yaml',
    ],
    ...[
      '',
      '/',
      '.yaml',
      'a.txt',
      'a.yaml/',
      'a\\b.yaml',
      'a\0.yaml',
      'a\n.yaml',
      `${'x'.repeat(300)}.yaml`,
      'a//b.yaml',
    ],
  ];
  for (const name of names) {
    assert.equal(isFileName(name), false, name);
    assert.equal(await statusOf(name, 'a: 1\n'), 400, name);
  }
  assert.equal(await statusOf('team/shop.yaml', 'a: 1\n'), 404);
  assert.deepEqual([await readdir(outer), await readdir(directory)], [['mesh'], []]);
});

test('no link is followed, neither of a file nor of a folder', async (context) => {
  const { outer, directory, statusOf } = await create(context);
  await writeFile(join(outer, 'secret.yaml'), 'old\n');
  await mkdir(join(outer, 'elsewhere'));
  await symlink('../secret.yaml', join(directory, 'link.yaml'));
  await symlink('../elsewhere', join(directory, 'team'));
  assert.equal(await statusOf('link.yaml', 'new\n', hashOf('old\n')), 403);
  assert.equal(await statusOf('link.yaml', null, hashOf('old\n')), 403);
  assert.equal(await statusOf('team/shop.yaml', 'new\n'), 403);
  assert.equal(await readFile(join(outer, 'secret.yaml'), 'utf8'), 'old\n');
  assert.deepEqual(await readdir(join(outer, 'elsewhere')), []);
});

test('a folder of that name is no file', async (context) => {
  const { directory, statusOf } = await create(context);
  await mkdir(join(directory, 'shop.yaml'));
  assert.equal(await statusOf('shop.yaml', 'a: 1\n'), 400);
});
