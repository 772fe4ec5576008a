import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { docker, tryDocker } from './fixture/docker.ts';
import { lateen } from './fixture/lateen.ts';
import { follow as followPage } from './fixture/markdown.ts';
import { freePort } from './fixture/mesh.ts';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), 'lateen-pack-'));
const project = `lt-pack-${process.pid}`;
const image = `lateen:pack-${process.pid}`;
const app = join(folder, project);
const port = String(await freePort());
/** As for anybody, but for the ports and the image, which other tests have too. */
const env = {
  LATEEN_IMAGE: image,
  LATEEN_HTTP_PORT: port,
  LATEEN_HTTPS_PORT: String(await freePort()),
  XDG_STATE_HOME: join(folder, 'state'),
  npm_config_update_notifier: 'false',
};

after(async () => {
  await lateen(['down', '-p', project, '-v', '--', '-t', '0'], env);
  await tryDocker(['rmi', '-f', image]);
  rmSync(folder, { recursive: true });
});

/** What a page says, with this package in the place of the registry's. */
const follow = (page: string, told: string[]) =>
  followPage(join(root, page), app, {
    env,
    edit: (command) =>
      command
        .replace('npm install --save-dev lateen', `npm install --silent --save-dev ${tarball}`)
        .replaceAll('127.0.0.1:8080', `127.0.0.1:${port}`),
    onDone: (command, ms) => told.push(`${(ms / 1000).toFixed(1)} s  ${command.split('\n')[0]}`),
  });
let tarball = '';

test('docs/tutorial.md, from the package in an empty folder: the first canary', async (context) => {
  const packed = execFileSync('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], {
    cwd: root,
    encoding: 'utf8',
  });
  tarball = join(folder, packed.trim());
  mkdirSync(app);
  const startMs = performance.now();
  const told: string[] = [];
  await follow('docs/tutorial.md', told);
  context.diagnostic(`${((performance.now() - startMs) / 1000).toFixed(1)} s in all\n${told.join('\n')}`);
  assert.deepEqual(
    readdirSync(join(app, 'node_modules')).filter((name) => !name.startsWith('.')),
    ['lateen'],
  );
});

test('README.md, in the same folder: one command, a canary, and away again', async () => {
  await follow('README.md', []);
});

test('the image has the files of the package, byte by byte', async () => {
  const installed = join(app, 'node_modules', 'lateen', 'dist');
  const sums = 'cd /opt/lateen && find . -type f ! -path "./cache/*" -exec sha256sum {} +';
  const inImage = await docker(['run', '--rm', '--entrypoint', 'sh', image, '-c', sums]);
  const ofPackage = readdirSync(installed, { recursive: true, encoding: 'utf8' })
    .filter((path) => statSync(join(installed, path)).isFile() && !/^(cli|library)\//.test(path))
    .map((path) => {
      const sum = createHash('sha256')
        .update(readFileSync(join(installed, path)))
        .digest('hex');
      return `${sum}  ./${relative('.', path)}`;
    });
  assert.deepEqual(inImage.split('\n').sort(), ofPackage.sort());
});
