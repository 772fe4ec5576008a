import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const examples = join(root, 'examples', 'testing');
const folder = mkdtempSync(join(tmpdir(), 'lateen-testing-'));
after(() => rmSync(folder, { recursive: true }));

/** Runner → what it says in the end. */
const PASSED = {
  'node-test': /pass 2$/m,
  vitest: /Tests {2}2 passed \(2\)/,
  jest: /Tests: +2 passed, 2 total/,
} as const;
type Runner = keyof typeof PASSED;
const runners = Object.keys(PASSED) as Runner[];

/** As in a user's own shell: with the machine's Node, which may be as old as 20, and nothing of the npm that runs this. */
const env: NodeJS.ProcessEnv = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(npm_(package|lifecycle|command)|NODE_|INIT_CWD)/.test(name),
    ),
  ),
  PATH: (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter((path) => !path.endsWith(join('node_modules', '.bin')))
    .join(delimiter),
  TESTCONTAINERS_RYUK_DISABLED: 'true',
  NO_COLOR: '1',
};
delete env['npm_config_local_prefix'];

/** Gives all that it said; a failure says so too. */
function run(program: string, args: readonly string[], cwd: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(program, args, { cwd, env }, (error, stdout, stderr) => {
      if (error === null) resolve(`${stdout}${stderr}`);
      else reject(new Error(`${program} ${args.join(' ')} in ${cwd}\n${stdout}${stderr}`));
    });
  });
}

const projectOf = (runner: Runner) => join(folder, runner);

/** Its own package.json, but for where the package is. */
async function install(runner: Runner, tarball: string): Promise<void> {
  const project = projectOf(runner);
  const filter = (path: string) => !path.endsWith('node_modules');
  cpSync(join(examples, runner), project, { recursive: true, filter });
  const manifest = join(project, 'package.json');
  writeFileSync(manifest, readFileSync(manifest, 'utf8').replace('file:../../..', `file:${tarball}`));
  const options = ['--prefer-offline', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
  await run('npm', ['install', ...options], project);
}

before(async () => {
  const pack = ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder];
  const tarball = join(folder, execFileSync('npm', pack, { cwd: root, encoding: 'utf8' }).trim());
  await Promise.all(runners.map((runner) => install(runner, tarball)));
});

const TYPED = `
expect.extend(meshMatchers);
let mesh: StartedLateenMesh;
beforeAll(async () => {
  mesh = await new LateenMesh().withConfig('./mesh').withGateway({ ports: [8080] }).start();
  await mesh.join(new GenericContainer('shop').withExposedPorts(80), { app: 'shop' }).start();
  await mesh.join(new DockerComposeEnvironment('.', 'compose.yml')).withProfiles('all').up();
});
test('a split', async () => {
  await using applied = await mesh.apply('rules.yaml');
  const requests = await mesh.requests({ to: 'reviews', since: await mesh.mark() });
  expect(requests).toSplit({ v1: 90, v2: 10 }, { within: 0.1 });
  expect(requests).not.toHaveRetried({ times: 2 });
  expect(requests).toBeMtls();
  // @ts-expect-error a share is a number
  expect(requests).toSplit({ v1: '90' });
  const line: number | undefined = requests[0]?.rule?.line ?? applied.warnings[0]?.line;
  console.log(line);
});
`;
const IMPORTS = `
import { LateenMesh, type MeshMatchers, meshMatchers, type StartedLateenMesh } from 'lateen/testcontainers';
import { DockerComposeEnvironment, GenericContainer } from 'testcontainers';
`;
/** What docs/testing.md says to TypeScript of the matchers of a runner. */
function declarationOf(module: string): string {
  const page = readFileSync(join(root, 'docs', 'testing.md'), 'utf8');
  const found = new RegExp(`^declare module '${module}' \\{\\n[\\s\\S]*?^\\}`, 'm').exec(page);
  return found?.[0] ?? assert.fail(`docs/testing.md declares nothing for ${module}`);
}

test('tests in TypeScript know what the package exports, and the matchers of Vitest and Jest', async () => {
  const tsc = join(root, 'node_modules', '.bin', 'tsc');
  await run(tsc, ['-p', '.'], projectOf('vitest'));
  const strict = ['--ignoreConfig', '--noEmit', '--strict', '--target', 'es2023', '--lib', 'esnext,dom'];
  const check = (runner: Runner, globals: string, module: string, name: string) => {
    const text = `import { beforeAll, expect, test } from '${globals}';${IMPORTS}${declarationOf(module)}${TYPED}`;
    writeFileSync(join(projectOf(runner), name), text);
    return run(tsc, [...strict, '--module', 'nodenext', name], projectOf(runner));
  };
  // An ES module, and in the Jest project, which is CommonJS, one that is required.
  await check('vitest', 'vitest', 'vitest', 'typed.ts');
  await check('jest', '@jest/globals', 'expect', 'typed.ts');
});

// All at once: each has a mesh of its own, with services and rules of the same names.
describe('examples/testing, installed from the package', { concurrency: true }, () => {
  for (const runner of runners)
    test(`${runner} runs`, async (context) => {
      const startMs = performance.now();
      const said = await run('npm', ['test'], projectOf(runner));
      assert.match(said, PASSED[runner]);
      const version = await run('node', ['--version'], folder);
      const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
      context.diagnostic(`${runner} under Node ${version.trim()}: ${seconds} s`);
    });
});
