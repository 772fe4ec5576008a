import assert from 'node:assert/strict';
import { test } from 'node:test';
import { folderOf, runLateen } from './testing/run-lateen.ts';

const VERBS = ['version', 'proxy-status', 'proxy-config', 'analyze', 'validate', 'logs'];

test('--help names every verb, and each verb has a help of its own with an example', async (context) => {
  const folder = folderOf(context, {});
  const { status, stdout } = await runLateen(folder, ['--help']);
  assert.equal(status, 0);
  for (const verb of VERBS) {
    assert.match(stdout, new RegExp(`^ {2}${verb}\\b`, 'm'));
    const help = await runLateen(folder, [verb, '--help']);
    assert.equal(help.status, 0, verb);
    assert.match(help.stdout, /Examples?:\n {2}lateen /, verb);
  }
});

test('a misspelled verb or option is answered with the right one', async (context) => {
  const folder = folderOf(context, {});
  const verb = await runLateen(folder, ['anlyze']);
  assert.match(verb.stderr, /unknown command 'anlyze'\n\(Did you mean analyze\?\)/);
  assert.equal(verb.status, 1);
  const kind = await runLateen(folder, ['pc', 'cluser', 'reviews']);
  assert.match(kind.stderr, /unknown command 'cluser'\n\(Did you mean .*cluster/);
  const option = await runLateen(folder, ['analyze', '--supress', 'X']);
  assert.match(option.stderr, /unknown option '--supress'\n\(Did you mean --suppress\?\)/);
});

test('without a Docker daemon each verb that needs one says so, with the remedy', async (context) => {
  const folder = folderOf(context, {});
  for (const args of [['ps'], ['pc', 'route', 'reviews'], ['logs', 'reviews']]) {
    const { status, stderr, stdout } = await runLateen(folder, args);
    assert.match(
      stderr,
      /^Error: the Docker daemon does not answer \(.*\)\nRemedy: Start Docker, or set DOCKER_HOST\.\n$/,
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

const DUMP = {
  proxy: 'a.default',
  cluster: [
    {
      name: 'outbound|9080|v1|reviews.default.svc.cluster.local',
      discovery: { kind: 'endpoints' },
      loadBalancer: { policy: 'ROUND_ROBIN' },
    },
    {
      name: 'outbound|80||web.default.svc.cluster.local',
      discovery: { kind: 'endpoints' },
      loadBalancer: { policy: 'RANDOM' },
    },
    { name: 'inbound|9080||', discovery: { kind: 'static' }, loadBalancer: { policy: 'ROUND_ROBIN' } },
  ],
  endpoint: [
    {
      name: 'outbound|80||web.default.svc.cluster.local',
      endpoints: [{ address: '10.0.0.1', port: 80, health: 'healthy', workload: 'web' }],
    },
  ],
};

test('proxy-config prints a kept dump, with the filters of istioctl', async (context) => {
  const folder = folderOf(context, { 'dump.json': JSON.stringify(DUMP) });
  const pc = async (...args: string[]) =>
    (await runLateen(folder, ['pc', ...args, '--file', 'dump.json'])).stdout;
  assert.match(await pc('cluster'), /^SERVICE FQDN +PORT +SUBSET +DIRECTION +TYPE +BALANCER\nreviews/);
  const ports = JSON.parse(
    await pc('clusters', '--port', '9080', '--direction', 'outbound', '-o', 'json'),
  ) as {
    name: string;
  }[];
  assert.deepEqual(
    ports.map(({ name }) => name),
    ['outbound|9080|v1|reviews.default.svc.cluster.local'],
  );
  assert.match(
    await pc('cluster', '--subset', 'v1'),
    /^.*\nreviews\.default\.svc\.cluster\.local +9080 +v1 .*\n$/,
  );
  assert.match(
    await pc('endpoint', '--fqdn', 'web.default.svc.cluster.local'),
    /\n10\.0\.0\.1:80 +HEALTHY +web /,
  );
  const all = JSON.parse(await pc('all', '--port', '80', '-o', 'json')) as Record<string, unknown[]>;
  assert.deepEqual([all['cluster']?.length, all['endpoint']?.length, all['route']?.length], [1, 1, 0]);
  assert.match(await pc('cluster', '--name', 'inbound|9080||', '-o', 'yaml'), /^- name: inbound\|9080\|\|\n/);
});

test('proxy-config refuses what is no port, no direction and no dump', async (context) => {
  const folder = folderOf(context, { 'dump.json': 'x' });
  const run = (...args: string[]) => runLateen(folder, ['pc', 'route', ...args]);
  assert.match((await run('a', '--port', 'http')).stderr, /Write a number from 0 to 65535/);
  assert.match(
    (await run('a', '--direction', 'up')).stderr,
    /Allowed choices are inbound, outbound, gateway/,
  );
  assert.match((await run('--file', 'dump.json')).stderr, /^Error: dump\.json is no dump.*\nRemedy: /);
  assert.match((await run()).stderr, /^Error: no workload is given\nRemedy: .*proxy-status/);
});
