import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';

interface Case {
  readonly licence?: string;
  readonly wanted?: string;
  readonly name?: string;
}

function check(context: TestContext, { licence, wanted = '1.0.0', name = 'thing' }: Case) {
  const folder = mkdtempSync(join(tmpdir(), 'lateen-licences-'));
  context.after(() => rmSync(folder, { recursive: true }));
  const locked = { version: '1.0.0', ...(licence === undefined ? {} : { license: licence }) };
  const packages = { '': { name: 'project' }, [`node_modules/a/node_modules/${name}`]: locked };
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages }));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ dependencies: { thing: wanted } }));
  const script = join(import.meta.dirname, 'licences.mjs');
  const { status, stderr } = spawnSync(process.execPath, [script, folder], { encoding: 'utf8' });
  return { status, stderr };
}

test('permissive licences pass, also where one may be chosen or both are', (context) => {
  for (const licence of ['MIT', 'Apache-2.0', '(MIT OR GPL-3.0-only)', 'MIT AND ISC', '0BSD'])
    assert.equal(check(context, { licence }).status, 0, licence);
});

test('any other licence fails, with the name of the package', (context) => {
  for (const licence of [
    'GPL-3.0-only',
    'MIT AND GPL-3.0-only',
    'SEE LICENSE IN x',
    'BUSL-1.1',
    'UNLICENSED',
  ]) {
    const { status, stderr } = check(context, { licence, name: '@scope/thing' });
    assert.equal(status, 1, licence);
    assert.ok(stderr.includes(`@scope/thing@1.0.0: its licence (${licence})`), stderr);
  }
});

test('a package that names no licence fails', (context) => {
  assert.match(check(context, {}).stderr, /thing@1\.0\.0: its licence \(none that its package names\)/);
});

test('a version that is no exact one fails', (context) => {
  for (const wanted of ['^1.0.0', '~1.0.0', '1.x', 'latest', '*']) {
    const { status, stderr } = check(context, { licence: 'MIT', wanted });
    assert.equal(status, 1, wanted);
    assert.ok(stderr.includes(`thing: ${wanted} is no exact version`), stderr);
  }
});

test('a tool that is used and passed on to nobody may have a licence of its files; nothing else may', (context) => {
  assert.equal(check(context, { licence: 'MPL-2.0', name: 'axe-core' }).status, 0);
  assert.equal(check(context, { licence: 'MPL-2.0' }).status, 1);
  assert.equal(check(context, { licence: 'GPL-3.0-only', name: 'axe-core' }).status, 1);
});
