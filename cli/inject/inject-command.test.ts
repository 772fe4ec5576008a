import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { IMAGE } from '../../compose/inject/mesh-parts.ts';
import { isOlder } from '../compose/compose-version.ts';
import { folderOf, runLateen } from '../testing/run-lateen.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const SHOP = `services:
  # The shop.
  shop:
    image: shop:1
    ports: ["80:80"]   # of the host
    labels: { lateen.inject: "\${MESH:-true}" }
  db: { image: "postgres:16" }
`;

/** A `docker` of this version of Compose before all others. */
function fakeDocker(folder: string, version: string): Record<string, string> {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'docker'), `#!/bin/sh\necho ${version}\n`);
  chmodSync(join(bin, 'docker'), 0o755);
  return { PATH: `${bin}:${process.env['PATH']}` };
}

test('a file is injected and taken back to the byte, and what is to be done next is said', async (context) => {
  const folder = folderOf(context, { 'compose.yml': SHOP });
  const injected = await runLateen(folder, ['inject', '-f', 'compose.yml', '-o', 'out.yml']);
  assert.equal(injected.status, 0, injected.stderr);
  assert.equal(injected.stdout, '');
  assert.match(injected.stderr, /^out\.yml: shop has agents\.\nWrite LATEEN_HOME=.* into \.env/);
  assert.match(
    injected.stderr,
    /^Make the config directory: mkdir mesh\.\nStart it: docker compose -f out\.yml up -d$/m,
  );
  const text = readFileSync(join(folder, 'out.yml'), 'utf8');
  assert.match(text, /^ {2}shop-lateen:$/m);
  const back = await runLateen(folder, ['uninject', '-f', 'out.yml']);
  assert.deepEqual([back.status, back.stdout, back.stderr], [0, SHOP, '']);
  const again = await runLateen(folder, ['inject', '-f', 'out.yml']);
  assert.equal(again.stdout.replace('out of out.yml', 'out of compose.yml'), text);
});

test('in an installed package nothing is left to be set', async (context) => {
  const folder = folderOf(context, { 'compose.yml': SHOP, 'mesh/.keep': '' });
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(ROOT, join(folder, 'node_modules', 'lateen'));
  const home = { LATEEN_HOME: join(folder, 'node_modules', 'lateen') };
  const { stdout, stderr } = await runLateen(folder, ['inject'], '', home);
  assert.equal(stderr, '');
  assert.match(
    stdout,
    /^include: \[\{ path: node_modules\/lateen\/compose\/mesh\.yml, project_directory: "\." \}\]$/m,
  );
});

test('without -f the files are those that Compose takes, and variables are those that it knows', async (context) => {
  const override = 'services:\n  db:\n    labels: { lateen.inject: "true" }\n';
  const files = { 'compose.yaml': SHOP, 'compose.override.yaml': override, '.env': 'MESH=false\n' };
  const folder = folderOf(context, files);
  const { stdout, status } = await runLateen(folder, ['inject']);
  assert.equal(status, 0);
  assert.match(stdout, /^ {2}db-lateen:$/m);
  assert.doesNotMatch(stdout, /shop-lateen/);
  const named = await runLateen(folder, ['inject'], '', { COMPOSE_FILE: 'compose.yaml', MESH: 'true' });
  assert.match(named.stdout, /shop-lateen/);
  assert.doesNotMatch(named.stdout, /db-lateen/);
});

test('of several files each is given back under its own name', async (context) => {
  const more = '# prod\nservices:\n  shop:\n    ports: !override ["81:80"]\n';
  const folder = folderOf(context, { 'compose.yml': SHOP, 'prod.yml': more, 'back/.keep': '' });
  await runLateen(folder, ['inject', '-f', 'compose.yml', '-f', 'prod.yml', '-o', 'out.yml']);
  const refused = await runLateen(folder, ['uninject', '-f', 'out.yml']);
  assert.match(
    refused.stderr,
    /^Error \[LAT1008\]: it was made of 2 files: compose\.yml, prod\.yml\nRemedy: /,
  );
  assert.equal(refused.status, 1);
  const { status, stderr } = await runLateen(folder, ['uninject', '-f', 'out.yml', '-o', 'back']);
  assert.equal(status, 0, stderr);
  assert.equal(readFileSync(join(folder, 'back', 'compose.yml'), 'utf8'), SHOP);
  assert.equal(readFileSync(join(folder, 'back', 'prod.yml'), 'utf8'), more);
});

test('a pipe works, and --all takes what refuses nothing', async (context) => {
  const folder = folderOf(context, {});
  const { stdout, status } = await runLateen(folder, ['inject', '-f', '-', '--all'], SHOP);
  assert.equal(status, 0);
  assert.match(stdout, /db-lateen:/);
  const back = await runLateen(folder, ['uninject', '-f', '-'], stdout);
  assert.equal(back.stdout, SHOP);
});

test('what is refused is told with file and line, and nothing is written', async (context) => {
  const host = SHOP.replace('ports: ["80:80"]', 'network_mode: host');
  const folder = folderOf(context, { 'compose.yml': host, 'out.yml': 'before\n', 'broken.yml': 'a: [\n' });
  const { status, stderr, stdout } = await runLateen(folder, [
    'inject',
    '-f',
    'compose.yml',
    '-o',
    'out.yml',
  ]);
  assert.deepEqual([status, stdout], [79, '']);
  assert.match(stderr, /^Error \[LAT0302\] \(Service shop compose\.yml:5\) network_mode: .* Remedy: .*\n$/);
  assert.equal(readFileSync(join(folder, 'out.yml'), 'utf8'), 'before\n');
  const broken = await runLateen(folder, ['inject', '-f', 'broken.yml', '-o', 'out.yml']);
  assert.equal(broken.status, 65);
  assert.match(broken.stderr, /^Error \[LAT0301\] \(broken\.yml:\d\) it is not YAML: .*\n$/);
  assert.deepEqual(readdirSync(folder).sort(), ['broken.yml', 'compose.yml', 'out.yml']);
});

test('a file is written whole or not at all, and keeps its mode', async (context) => {
  const folder = folderOf(context, { 'compose.yml': SHOP, 'out.yml': 'before' });
  chmodSync(join(folder, 'out.yml'), 0o600);
  await runLateen(folder, ['inject', '-f', 'compose.yml', '-o', 'out.yml']);
  assert.equal(statSync(join(folder, 'out.yml')).mode & 0o777, 0o600);
  const { status, stderr } = await runLateen(folder, [
    'inject',
    '-f',
    'compose.yml',
    '-o',
    'no/such/out.yml',
  ]);
  assert.equal(status, 1);
  assert.match(stderr, /^Error \[LAT1009\]: no\/such\/out\.yml cannot be written: .*\nRemedy: /);
});

test('an output elsewhere is started from the project’s folder', async (context) => {
  const folder = folderOf(context, { 'app/compose.yml': SHOP });
  const { stderr } = await runLateen(folder, ['inject', '-f', 'app/compose.yml', '-o', 'out.yml']);
  assert.match(stderr, /^Start it: docker compose --project-directory app -f out\.yml up -d$/m);
});

test('a file that is not there, and one that is no text, are told', async (context) => {
  const folder = folderOf(context, {});
  writeFileSync(join(folder, 'latin.yml'), Buffer.from([0x23, 0xe4, 0x0a]));
  const gone = await runLateen(folder, ['inject', '-f', 'gone.yml']);
  assert.match(gone.stderr, /^Error \[LAT1020\]: gone\.yml cannot be read: /);
  const latin = await runLateen(folder, ['inject', '-f', 'latin.yml']);
  assert.match(latin.stderr, /^Error \[LAT1021\]: latin\.yml is not UTF-8\n/);
  const none = await runLateen(folder, ['inject']);
  assert.match(none.stderr, /^Error \[LAT1008\]: no compose file is named/);
  for (const { status } of [gone, latin, none]) assert.notEqual(status, 0);
});

test('what was not injected cannot be taken back', async (context) => {
  const folder = folderOf(context, { 'compose.yml': SHOP });
  const { status, stderr } = await runLateen(folder, ['uninject', '-f', 'compose.yml']);
  assert.equal(status, 1);
  assert.match(stderr, /^Error \[LAT1009\]: compose\.yml was not written by lateen inject\nRemedy: /);
});

test('an old Docker Compose is told what it takes, and nothing is written', async (context) => {
  const folder = folderOf(context, { 'compose.yml': SHOP });
  const old = fakeDocker(folder, '2.17.2');
  const args = ['inject', '-f', 'compose.yml', '-o', 'out.yml'];
  const { status, stderr } = await runLateen(folder, args, '', old);
  assert.equal(status, 1);
  assert.match(
    stderr,
    /^Error \[LAT1035\]: Docker Compose 2\.17\.2 cannot read .*\nRemedy: .* 2\.20\.3 or newer/,
  );
  assert.equal(existsSync(join(folder, 'out.yml')), false);
  assert.equal(isOlder([2, 24, 3], [2, 24, 4]), true);
  assert.equal(isOlder([2, 24, 4], [2, 24, 4]), false);
  assert.equal(isOlder([3, 0, 0], [2, 24, 4]), false);
});

test('agents run the image that compose/mesh.yml names', () => {
  const mesh = readFileSync(join(ROOT, 'compose', 'mesh.yml'), 'utf8');
  assert.ok(mesh.includes(`image: ${IMAGE}\n`));
});

test('a service asks for its agent by a label_file too, and the agent has what it says', async (context) => {
  const folder = folderOf(context, {
    'compose.yml': 'include: [sub/compose.yml]\nservices: {}\n',
    'sub/compose.yml':
      'services: { shop: { image: s, label_file: ./shop.labels, labels: { version: v2 } } }\n',
    'sub/shop.labels': 'lateen.inject=true\napp=$NAME\nversion=v1\n',
    'sub/.env': 'NAME=books\n',
    'mesh/.keep': '',
  });
  const { status, stdout, stderr } = await runLateen(folder, ['inject']);
  assert.equal(status, 0, stderr);
  const labels = 'lateen.role: agent, lateen.agent-of: shop, app: books, version: v2';
  assert.match(stdout, new RegExp(`^ {2}shop-lateen:\\n.*\\n {4}labels: \\{ ${labels} \\}$`, 'm'));
});
