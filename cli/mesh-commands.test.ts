import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type FakeContainer, type FakePages, openFakeDaemon } from './testing/fake-daemon.ts';
import { folderOf, runLateen } from './testing/run-lateen.ts';

const PROJECT = 'com.docker.compose.project';
const SERVICE = 'com.docker.compose.service';

const controllerOf = (project: string): FakeContainer => ({
  id: `${project}-controller`,
  labels: { 'lateen.role': 'controller', [PROJECT]: project },
});

async function run(
  context: TestContext,
  args: readonly string[],
  containers: readonly FakeContainer[],
  pages: FakePages = {},
) {
  const dockerHost = await openFakeDaemon(context, containers, pages);
  return runLateen(folderOf(context, {}), args, '', { DOCKER_HOST: dockerHost });
}

test('no controller: the remedy is to start the mesh', async (context) => {
  const { status, stderr } = await run(context, ['ps'], []);
  assert.match(
    stderr,
    /^Error \[LAT1003\]: no controller is running\nRemedy: Start the mesh: .*lateen up.*docker compose up -d.*mesh\.yml/,
  );
  assert.equal(status, 1);
});

test('several meshes: they are named, and --mesh chooses one', async (context) => {
  const both = [controllerOf('shop'), controllerOf('bank')];
  const several = await run(context, ['ps'], both);
  assert.match(
    several.stderr,
    /^Error \[LAT1004\]: several controllers are running: shop, bank\nRemedy: Choose one with `--mesh NAME`/,
  );
  const page = { meshId: 'bank', isSettled: true, proxies: [] };
  const chosen = await run(context, ['--mesh', 'bank', 'ps', '-o', 'json'], both, {
    '/debug/syncz': { exitCode: 0, body: page },
  });
  assert.deepEqual([chosen.status, chosen.stdout], [0, '[]\n']);
  const wrong = await run(context, ['--mesh', 'zoo', 'ps'], both);
  assert.match(wrong.stderr, /no controller of mesh zoo is running \(running: shop, bank\)/);
});

test('an unknown workload: the one that was meant, else all', async (context) => {
  const known = ['reviews-v1.default', 'web.default'];
  const pages = (asked: string): FakePages => ({
    [`/debug/config_dump?proxyID=${asked}`]: {
      exitCode: 1,
      body: { error: `no proxy is called "${asked}"`, asked, known },
    },
  });
  const near = await run(context, ['pc', 'route', 'review-v1'], [controllerOf('shop')], pages('review-v1'));
  assert.match(
    near.stderr,
    /^Error \[LAT1007\]: no proxy is called "review-v1"\nRemedy: Did you mean "reviews-v1"\?\n$/,
  );
  const far = await run(context, ['pc', 'route', 'zebra'], [controllerOf('shop')], pages('zebra'));
  assert.match(far.stderr, /\nRemedy: Known: reviews-v1\.default, web\.default\.\n$/);
});

test('proxy-status prints a line per proxy, with the reason of a refusal', async (context) => {
  const proxy = (name: string, more: object) => ({
    proxy: name,
    kind: 'sidecar',
    health: 'ready',
    state: 'SYNCED',
    version: 'b-1',
    lastError: '',
    lastReplyMs: 0,
    ...more,
  });
  const proxies = [
    proxy('web.default', {}),
    proxy('gate.istio-system', {
      kind: 'gateway',
      state: 'NACKED',
      lastError: 'port 80 is in use',
      lastReplyMs: 1,
    }),
  ];
  const { stdout } = await run(context, ['proxy-status'], [controllerOf('shop')], {
    '/debug/syncz': { exitCode: 0, body: { meshId: 'shop', isSettled: false, proxies } },
  });
  const [head = '', web = '', gate = ''] = stdout.split('\n');
  assert.match(head, /^NAME +TYPE +STATUS +HEALTH +CONFIG +LAST REPLY +VERSION +REASON$/);
  assert.match(web, /^web\.default +sidecar +SYNCED +ready +b-1 +- +-$/);
  assert.match(gate, /^gate\.istio-system +router +NACKED +ready +b-1 +NACK \d+h ago +- +port 80 is in use$/);
});

test('analyze takes the services of the mesh that runs', async (context) => {
  const dockerHost = await openFakeDaemon(context, [controllerOf('shop')], {
    '/debug/registryz': { exitCode: 0, body: { services: [], workloads: [] } },
  });
  const rule = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: a }
spec: { hosts: [a], http: [{ route: [{ destination: { host: gone } }] }] }
`;
  const folder = folderOf(context, { 'mesh/a.yaml': rule });
  const live = await runLateen(folder, ['analyze'], '', { DOCKER_HOST: dockerHost });
  assert.match(live.stdout, /IST0101.*host not found: "gone"/);
  assert.equal(live.status, 79);
  const alone = await runLateen(folder, ['analyze', '--no-live'], '', { DOCKER_HOST: dockerHost });
  assert.equal(alone.status, 0);
});

test('logs prints the lines of a service and of the agents beside it, each with its container', async (context) => {
  const containers: FakeContainer[] = [
    controllerOf('shop'),
    { id: 'shop-web-1', labels: { [PROJECT]: 'shop', [SERVICE]: 'web' }, logs: 'one\ntwo\n' },
    {
      id: 'shop-web-1-lateen',
      labels: { [PROJECT]: 'shop', [SERVICE]: 'web', 'lateen.role': 'agent' },
      logs: 'agent\n',
    },
    { id: 'shop-other-1', labels: { [PROJECT]: 'shop', [SERVICE]: 'other' }, logs: 'no\n' },
  ];
  const { stdout } = await run(context, ['logs', 'web'], containers);
  assert.deepEqual(stdout.trim().split('\n').sort(), [
    'shop-web-1 | one',
    'shop-web-1 | two',
    'shop-web-1-lateen | agent',
  ]);
  const wrong = await run(context, ['logs', 'wob'], containers);
  assert.match(
    wrong.stderr,
    /^Error \[LAT1007\]: no container belongs to the service wob\nRemedy: Did you mean "web"\?/,
  );
});

test('pc log shows how much a proxy logs, and changes it', async (context) => {
  const proxies = [
    { proxy: 'web-1.default', workload: 'web', container: 'c1', kind: 'sidecar', state: 'SYNCED' },
    { proxy: 'db-1.default', workload: 'db', kind: 'sidecar', state: 'NOT CONNECTED' },
  ];
  const pages: FakePages = {
    '/debug/syncz': { exitCode: 0, body: { meshId: 'shop', isSettled: false, proxies } },
    'http://127.0.0.1:15000/logging': { exitCode: 0, body: 'proxy: info' },
    'http://127.0.0.1:15000/logging?level=debug': { exitCode: 0, body: 'proxy: debug' },
  };
  const containers = [controllerOf('shop'), { id: 'c1', labels: {} }];
  const shown = await run(context, ['pc', 'log', 'web'], containers, pages);
  assert.equal(shown.stdout, 'web-1.default:\n"proxy: info"\n');
  const changed = await run(context, ['pc', 'log', 'web-1', '--level', 'debug'], containers, pages);
  assert.equal(changed.stdout, 'web-1.default:\n"proxy: debug"\n');
  const away = await run(context, ['pc', 'log', 'db'], containers, pages);
  assert.match(away.stderr, /^Error \[LAT1007\]: no connected proxy is called "db"\nRemedy: /);
  const wrong = await run(context, ['pc', 'log', 'web', '--level', 'loud'], containers, pages);
  assert.match(wrong.stderr, /Allowed choices are debug, info, warn, error/);
});

test('bug-report collects what there is, and leaves out what would open a door', async (context) => {
  const proxies = [
    { proxy: 'web-1.default', workload: 'web', container: 'c1', kind: 'sidecar', state: 'SYNCED' },
  ];
  const dockerHost = await openFakeDaemon(
    context,
    [
      { ...controllerOf('shop'), logs: 'authorization: Bearer abcdefghijk\n' },
      { id: 'c1', labels: {} },
    ],
    {
      '/debug/syncz': { exitCode: 0, body: { meshId: 'shop', isSettled: true, proxies } },
      '/debug/violations': { exitCode: 1, body: { error: 'no' } },
      'http://127.0.0.1:15000/stats/prometheus': { exitCode: 0, body: 'istio_requests_total 1' },
    },
  );
  const folder = folderOf(context, {});
  const { status, stdout } = await runLateen(folder, ['bug-report'], '', { DOCKER_HOST: dockerHost });
  assert.equal(status, 0);
  assert.match(stdout, /^bug-report\.tar\.gz: 11 files, \d+ of which only say why they are empty\n$/);
  const text = execFileSync('tar', ['-xzOf', join(folder, 'bug-report.tar.gz')], { encoding: 'utf8' });
  assert.match(text, /istio_requests_total 1/);
  assert.match(text, /authorization: Bearer \[removed\]/);
  assert.match(text, /not to be had: no\n/);
});
