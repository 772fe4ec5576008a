import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { CliError } from '../cli-error.ts';
import { folderOf } from '../testing/run-lateen.ts';
import { findComposeFiles } from './find-files.ts';
import { freePortFrom, isFree, publishedPorts } from './host-ports.ts';
import { locate } from './locate.ts';
import { takeGlobals } from './up-command.ts';

test('compose files are found as Compose finds them', (context) => {
  const folder = folderOf(context, {
    'compose.yaml': '',
    'compose.override.yml': '',
    'docker-compose.yml': '',
    'sub/deep/x': '',
    'set/.env': 'COMPOSE_FILE="a.yml:b.yml"\n',
    'set/a.yml': '',
    'set/b.yml': '',
  });
  const at = (...names: string[]) => names.map((name) => join(folder, name));
  const usual = at('compose.yaml', 'compose.override.yml');
  assert.deepEqual(findComposeFiles([], folder, {}), usual);
  assert.deepEqual(findComposeFiles([], join(folder, 'sub/deep'), {}), usual);
  assert.deepEqual(findComposeFiles(['docker-compose.yml'], folder, {}), at('docker-compose.yml'));
  assert.deepEqual(findComposeFiles([], join(folder, 'set'), {}), at('set/a.yml', 'set/b.yml'));
  assert.deepEqual(findComposeFiles([], folder, { COMPOSE_FILE: 'set/a.yml' }), at('set/a.yml'));
  assert.throws(
    () => findComposeFiles(['no.yml'], folder, {}),
    (error) => error instanceof CliError && error.code === 'LAT1020',
  );
});

test('a place is the line of the key, in the last file that says it', (context) => {
  const folder = folderOf(context, {
    'a.yml': 'services:\n  web:\n    image: x\n    ports:\n      - "1:1"\n      - "2:2"\n',
    'b.yml': 'services:\n  web: { image: y }\n',
  });
  const files = [join(folder, 'a.yml'), join(folder, 'b.yml')];
  const lineOf = (...path: string[]) => locate(files, path)?.line;
  assert.equal(lineOf('services', 'web', 'ports', '1'), 6);
  assert.equal(lineOf('services', 'web', 'image'), 2);
  assert.equal(lineOf('services', 'web', 'nothing'), 2);
});

test('a port that is held is seen, and the next free one is found', async () => {
  const server = createServer();
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port));
  });
  assert.equal(await isFree(port, '127.0.0.1'), false);
  const next = await freePortFrom(port, new Set());
  assert.ok(next !== null && next > port);
  server.close();
});

test('of published ports only fixed ones can be taken by others', () => {
  const ports = [
    { target: 80, published: '8080', host_ip: '127.0.0.1' },
    { target: 81 },
    { target: 82, published: '9000-9010' },
    { target: 53, published: '53', protocol: 'udp' },
  ];
  assert.deepEqual(
    publishedPorts({ name: 'a', services: { web: { ports } } }).map(({ port, protocol, index }) => [
      port,
      protocol,
      index,
    ]),
    [
      [8080, 'tcp', 0],
      [53, 'udp', 3],
    ],
  );
});

test('options that Compose wants before `up` may stand behind it', () => {
  const split = takeGlobals(['--build', '--profile', 'dev', '--env-file=x', 'web', '-p', 'shop'], {
    file: [],
    profile: ['a'],
    envFile: [],
  });
  assert.deepEqual(split, {
    file: [],
    profile: ['a', 'dev'],
    envFile: ['x'],
    projectName: 'shop',
    more: ['--build', 'web'],
  });
});
