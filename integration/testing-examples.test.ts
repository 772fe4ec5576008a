import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), 'lateen-testing-'));
after(() => rmSync(folder, { recursive: true }));

/** As `npm install` would leave it: the package as it is built, beside testcontainers. */
before(() => {
  const modules = join(folder, 'node_modules');
  const installed = join(modules, 'lateen');
  mkdirSync(installed, { recursive: true });
  for (const path of ['package.json', 'bin', 'compose'])
    cpSync(join(root, path), join(installed, path), { recursive: true });
  const build = [join(root, 'scripts', 'build.mjs'), join(installed, 'dist')];
  const { status, stderr } = spawnSync(process.execPath, build, { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
  symlinkSync(join(root, 'node_modules', 'testcontainers'), join(modules, 'testcontainers'));
});

test('examples/testing/node-test runs with what the package exports', () => {
  const project = join(folder, 'node-test');
  cpSync(join(root, 'examples', 'testing', 'node-test'), project, { recursive: true });
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const ran = spawnSync(process.execPath, ['--test', '--test-reporter=tap'], {
    cwd: project,
    encoding: 'utf8',
    env: { ...env, TESTCONTAINERS_RYUK_DISABLED: 'true' },
  });
  assert.equal(ran.status, 0, `${ran.stdout}${ran.stderr}`);
  assert.match(ran.stdout, /^# pass 2$/m);
});
