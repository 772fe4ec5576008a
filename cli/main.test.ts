import assert from 'node:assert/strict';
import { test } from 'node:test';
import { folderOf, runLateen } from './testing/run-lateen.ts';

const VERBS = [
  'version',
  'proxy-status',
  'proxy-config',
  'analyze',
  'validate',
  'logs',
  'inject',
  'uninject',
];

test('--help names every verb, and each verb has a help of its own with an example', async (context) => {
  const folder = folderOf(context, {});
  const { status, stdout } = await runLateen(folder, ['--help']);
  assert.equal(status, 0);
  for (const verb of VERBS) assert.match(stdout, new RegExp(`^ {2}${verb}\\b`, 'm'));
  const helps = await Promise.all(VERBS.map((verb) => runLateen(folder, [verb, '--help'])));
  for (const help of helps) {
    assert.equal(help.status, 0);
    assert.match(help.stdout, /Examples?:\n {2}lateen /);
  }
});

test('a misspelled verb or option is answered with the right one', async (context) => {
  const folder = folderOf(context, {});
  const verb = await runLateen(folder, ['anlyze']);
  assert.match(
    verb.stderr,
    /^Error \[LAT1000\]: unknown command 'anlyze'\nRemedy: Did you mean analyze\? .*\n$/,
  );
  assert.equal(verb.status, 1);
  const kind = await runLateen(folder, ['pc', 'cluser', 'reviews']);
  assert.match(kind.stderr, /unknown command 'cluser'\nRemedy: Did you mean .*cluster/);
  const option = await runLateen(folder, ['analyze', '--supress', 'X']);
  assert.match(option.stderr, /unknown option '--supress'\nRemedy: Did you mean --suppress\?/);
});

test('without a Docker daemon each verb that needs one says so, with the remedy', async (context) => {
  const folder = folderOf(context, {});
  const verbs = [
    ['ps'],
    ['pc', 'route', 'reviews'],
    ['logs', 'reviews'],
    ['x', 'as', 'reviews', '--', 'curl', '-s', 'http://a'],
  ];
  for (const { status, stderr, stdout } of await Promise.all(verbs.map((args) => runLateen(folder, args)))) {
    assert.match(
      stderr,
      /^Error \[LAT1001\]: the Docker daemon does not answer \(.*\)\nRemedy: Start Docker, or set DOCKER_HOST\.\n$/,
    );
    assert.deepEqual([status, stdout], [1, '']);
  }
});

test('version works without a daemon, and says why no controller is found', async (context) => {
  const folder = folderOf(context, {});
  const { status, stdout } = await runLateen(folder, ['version']);
  assert.equal(status, 0);
  assert.match(
    stdout,
    /^client version: dev\ncontrol plane version: none \(the Docker daemon does not answer/,
  );
  const json = await runLateen(folder, ['version', '-o', 'json']);
  assert.deepEqual(JSON.parse(json.stdout), { clientVersion: 'dev', controlPlaneVersion: null });
});

test('proxy-config prints a kept dump', async (context) => {
  const cluster = {
    name: 'outbound|80||web.default.svc.cluster.local',
    discovery: { kind: 'endpoints' },
    loadBalancer: { policy: 'random' },
  };
  const folder = folderOf(context, {
    'dump.json': JSON.stringify({ proxy: 'a.default', cluster: [cluster] }),
  });
  const { stdout } = await runLateen(folder, ['pc', 'clusters', '--port', '80', '--file', 'dump.json']);
  assert.match(
    stdout,
    /^SERVICE FQDN +PORT +SUBSET +DIRECTION +TYPE +BALANCER\nweb\.default\.svc\.cluster\.local +80 /,
  );
});

test('proxy-config refuses what is no port, no direction and no dump', async (context) => {
  const folder = folderOf(context, { 'dump.json': 'x' });
  const run = (...args: string[]) => runLateen(folder, ['pc', 'route', ...args]);
  assert.match((await run('a', '--port', 'http')).stderr, /Write a number from 0 to 65535/);
  assert.match(
    (await run('a', '--direction', 'up')).stderr,
    /Allowed choices are inbound, outbound, gateway/,
  );
  assert.match(
    (await run('--file', 'dump.json')).stderr,
    /^Error \[LAT1009\]: dump\.json is no dump.*\nRemedy: /,
  );
  assert.match((await run()).stderr, /^Error \[LAT1008\]: no workload is given\nRemedy: .*proxy-status/);
});
