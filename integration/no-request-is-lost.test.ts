import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { docker } from './fixture/docker.ts';
import { eventually } from './fixture/eventually.ts';
import { frontDoor } from './fixture/front-door.ts';
import { loadWhile } from './fixture/load.ts';
import { type Mesh, startMesh } from './fixture/mesh.ts';
import { countVersions, failures } from './fixture/outcomes.ts';
import { CLIENT, SHOP, SUBSETS, toSubset } from './fixture/shop.ts';

const INGRESS = frontDoor('shop');

/** What the gateway does is edited too: its route moves between the versions and back. */
const toVersion = (subset: string) => INGRESS.replace('host: shop,', `host: shop, subset: ${subset},`);

let mesh: Mesh;
let url: string;

before(async () => {
  mesh = await startMesh({
    name: 'load',
    services: CLIENT + SHOP,
    config: { 'subsets.yaml': SUBSETS, 'web.yaml': INGRESS },
  });
  url = `http://127.0.0.1:${mesh.httpPort}/`;
});

after(async () => {
  await mesh?.[Symbol.asyncDispose]();
});

const scaleV1 = async (count: number) => {
  await mesh.compose('up', '-d', '--no-build', '--no-recreate', '--scale', `shop-v1=${count}`);
  await mesh.settled(
    ({ proxies }) => proxies.filter(({ workload }) => workload === 'shop-v1').length === count,
  );
};

test('through the gateway: forty edits, and scaling from one to three and back', async () => {
  const edits = async () => {
    for (let round = 0; round < 20; round++) {
      const subset = round % 2 === 0 ? 'v1' : 'v2';
      await mesh.write('web.yaml', round % 5 === 4 ? INGRESS : toVersion(subset));
      await mesh.write('shop.yaml', toSubset(subset));
      await sleep(400);
    }
  };
  const { answered, lost } = await loadWhile(url, async () => {
    await Promise.all([edits(), scaleV1(3).then(() => scaleV1(1))]);
    await mesh.write('web.yaml', INGRESS);
    await mesh.remove('shop.yaml');
  });
  assert.deepEqual(lost, []);
  assert.ok(answered > 200, `${answered} answers`);
});

test('through the gateway: the controller is stopped and started', async () => {
  const { lost } = await loadWhile(url, async () => {
    await mesh.compose('stop', '-t', '5', 'lateen-controller');
    await sleep(500);
    await mesh.compose('start', 'lateen-controller');
    await mesh.settled();
  });
  assert.deepEqual(lost, []);
});

test('through the gateway: every container of the service is replaced in turn', async () => {
  const { lost } = await loadWhile(url, async () => {
    for (const service of ['shop-v1', 'shop-v2']) {
      await mesh.compose('up', '-d', '--no-build', '--no-deps', '--force-recreate', '-t', '5', service);
      await mesh.settled(({ proxies }) => proxies.some(({ workload }) => workload === service));
      await answersFrom(service.slice(-2));
    }
  });
  assert.deepEqual(lost, []);
});

async function answersFrom(version: string): Promise<void> {
  await eventually(`${version} answers`, async () => {
    const counts = countVersions(await mesh.call('client', { url: 'http://shop:8080/', times: 20 }));
    return (counts[version] ?? 0) > 0 ? true : undefined;
  });
}

test('a gateway that is told to stop ends what it began, and says that it is the last', async () => {
  const [gateway = ''] = await mesh.containers('istio-ingressgateway');
  const slow = fetch(`${url}?delay=2000`);
  await sleep(500);
  const stopped = docker(['stop', '-t', '10', gateway]);
  const response = await slow;
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('connection'), 'close');
  await response.arrayBuffer();
  await stopped;
  await docker(['start', gateway]);
  await mesh.settled();
  await eventually('the gateway serves again', async () => {
    const again = await fetch(url);
    await again.arrayBuffer();
    return again.status === 200 ? true : undefined;
  });
});

test('an agent that is told to stop ends what it began, others take over, and it is replaced', async () => {
  const [shop = ''] = await mesh.containers('shop-v1');
  const agents = ['ps', '-q', '--filter', `label=lateen.agent-for=${shop}`];
  const before = await docker(agents);
  const slow = mesh.call('client', { url: 'http://shop-v1:8080/?delay=2000', times: 4, concurrency: 4 });
  await sleep(500);
  const { lost } = await loadWhile(url, async () => {
    await docker(['stop', '-t', '10', before]);
    await eventually('another agent', async () => {
      const after = await docker(agents);
      return after !== '' && after !== before ? true : undefined;
    });
    await mesh.settled();
  });
  assert.deepEqual(failures(await slow), []);
  assert.deepEqual(lost, []);
  await answersFrom('v1');
});
