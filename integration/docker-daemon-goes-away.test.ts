import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { DaemonProxy } from './fixture/daemon-proxy.ts';
import { docker } from './fixture/docker.ts';
import { eventually } from './fixture/eventually.ts';
import { lateen } from './fixture/lateen.ts';
import { type Mesh, startMesh } from './fixture/mesh.ts';
import { countVersions, failures } from './fixture/outcomes.ts';
import { CLIENT, SHOP } from './fixture/shop.ts';

let daemon: DaemonProxy;
let mesh: Mesh;

before(async () => {
  daemon = await DaemonProxy.start();
  mesh = await startMesh({
    name: 'daemon',
    services: CLIENT + SHOP,
    env: { LATEEN_DOCKER_SOCKET: daemon.socketPath },
  });
});

after(async () => {
  await mesh?.[Symbol.asyncDispose]();
  await daemon?.[Symbol.asyncDispose]();
});

const callShop = (times: number) => mesh.call('client', { url: 'http://shop:8080/', times });
const linesWith = async (words: string) =>
  (await mesh.logs('lateen-controller')).split('\n').filter((line) => line.includes(words));

async function answersFrom(...versions: string[]): Promise<void> {
  await eventually(`answers from ${versions.join(' and ')}`, async () => {
    const outcomes = await callShop(20);
    const seen = Object.keys(countVersions(outcomes)).sort().join();
    return seen === versions.join() ? true : undefined;
  });
}

test('while the daemon is away traffic goes on, it is said once, and all is caught up with after', async () => {
  await answersFrom('v1', 'v2');
  daemon.isAway = true;
  daemon.cut();
  const [v1 = ''] = await mesh.containers('shop-v1');
  const [v2 = ''] = await mesh.containers('shop-v2');
  await docker(['stop', '-t', '3', v2]);
  await docker(['restart', '-t', '3', v1]);
  await eventually('it is said', async () =>
    (await linesWith('the Docker daemon does not answer')).length > 0 ? true : undefined,
  );
  daemon.isAway = false;
  await mesh.settled(({ proxies }) => !proxies.some(({ workload }) => workload === 'shop-v2'));
  await answersFrom('v1');
  assert.deepEqual(failures(await callShop(20)), []);
  await docker(['start', v2]);
  await mesh.settled(({ proxies }) => proxies.some(({ workload }) => workload === 'shop-v2'));
  await answersFrom('v1', 'v2');
  const [line = ''] = await linesWith('the Docker daemon does not answer');
  assert.match(
    line,
    /"remedy":"Is the socket mounted and the daemon running\?".*what is known stays in force/,
  );
  assert.equal((await linesWith('the Docker daemon does not answer')).length, 1);
  assert.equal((await linesWith('the Docker daemon answers again')).length, 1);
});

test('a stream of events that breaks again and again costs no request and makes no busy loop', async () => {
  const before = daemon.connections;
  for (let round = 0; round < 3; round++) {
    daemon.cut();
    assert.deepEqual(failures(await callShop(20)), []);
    await mesh.settled(({ isDockerConnected }) => isDockerConnected);
  }
  assert.ok(daemon.connections - before < 500, `${daemon.connections - before} connections`);
});

test('containers whose events were lost are found all the same', async () => {
  await mesh.settled(({ isDockerConnected }) => isDockerConnected);
  daemon.isDeaf = true;
  try {
    await mesh.compose('up', '-d', '--no-build', '--no-recreate', '--scale', 'shop-v1=2');
    await mesh.settled(
      ({ proxies }) => proxies.filter(({ workload }) => workload === 'shop-v1').length === 2,
      40_000,
    );
  } finally {
    daemon.isDeaf = false;
    daemon.cut();
  }
  await mesh.compose('up', '-d', '--no-build', '--no-recreate', '--scale', 'shop-v1=1');
  await mesh.settled(({ proxies }) => proxies.filter(({ workload }) => workload === 'shop-v1').length === 1);
  await answersFrom('v1', 'v2');
});

test('a controller that starts without a daemon says so once with the remedy, and waits for it', async () => {
  daemon.isAway = true;
  daemon.cut();
  const [controller = ''] = await mesh.containers('lateen-controller');
  await docker(['restart', '-t', '5', controller]);
  const said = async () =>
    (await linesWith('the Docker daemon does not answer')).filter((line) => line.includes('Start Docker'));
  await eventually('it is said', async () => ((await said()).length > 0 ? true : undefined));
  assert.deepEqual(failures(await callShop(20)), []);
  assert.match((await said())[0] ?? '', /LATEEN_DOCKER_SOCKET/);
  daemon.isAway = false;
  await mesh.settled();
  assert.equal((await said()).length, 1);
  await answersFrom('v1', 'v2');
});

test('without a daemon the command line says what to do', async () => {
  const { status, stdout, stderr } = await lateen(['proxy-status'], {
    DOCKER_HOST: 'unix:///nonexistent/docker.sock',
  });
  assert.notEqual(status, 0);
  assert.equal(stdout, '');
  assert.match(
    stderr,
    /^Error \[LAT1001\]: the Docker daemon does not answer \(.*ENOENT.*\)\nRemedy: Start Docker, or set DOCKER_HOST\.\n$/,
  );
});
