import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Outcome } from './app/drive.ts';
import { docker, tryDocker } from './fixture/docker.ts';
import { eventually } from './fixture/eventually.ts';
import { lateen } from './fixture/lateen.ts';
import { type Mesh, startMesh } from './fixture/mesh.ts';
import { countVersions, failures } from './fixture/outcomes.ts';
import { CLIENT, SHOP, SUBSETS } from './fixture/shop.ts';

const HEALTHY = `
  checked:
    image: app
    labels: { app: checked, version: ok, lateen.inject: "true", lateen.ports: "http:8080", traffic.sidecar.istio.io/excludeInboundPorts: "7070" }
    environment: { NAME: checked, VERSION: ok }
    healthcheck:
      test: [CMD, node, -e, "fetch('http://127.0.0.1:8080/healthz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
      interval: 1s
      retries: 1
`;

/** One of the two goes on serving for a while after its stop signal. */
const ENDING = `
  ending-slow:
    image: app
    labels: { app: ending, version: slow, lateen.inject: "true", lateen.ports: "http:8080" }
    environment: { NAME: ending, VERSION: slow, STOP_AFTER_MS: "60000" }
  ending-other:
    image: app
    labels: { app: ending, version: other, lateen.inject: "true", lateen.ports: "http:8080" }
    environment: { NAME: ending, VERSION: other }
`;

let mesh: Mesh;

before(async () => {
  mesh = await startMesh({
    name: 'life',
    services: CLIENT + SHOP + HEALTHY + ENDING,
    config: { 'subsets.yaml': SUBSETS },
  });
});

after(async () => {
  await mesh?.[Symbol.asyncDispose]();
});

/** Calls the shop without pause while `task` runs and a moment longer; gives what came back. */
async function underLoad(task: () => Promise<void>, url = 'http://shop:8080/') {
  const outcomes: Outcome[] = [];
  let isOver = false;
  const load = (async () => {
    while (!isOver)
      outcomes.push(...(await mesh.call('client', { url, times: 40, concurrency: 4, keepAlive: true })));
  })();
  await task();
  await sleep(500);
  isOver = true;
  await load;
  return outcomes;
}

const only = async (service: string) => (await mesh.containers(service))[0] ?? '';

async function agentsOf(container: string): Promise<string[]> {
  const filter = ['--filter', `label=lateen.agent-for=${container}`];
  return (await docker(['ps', '-q', '--no-trunc', ...filter])).split('\n').filter(Boolean);
}

test('scaling up and down loses no request, and new containers get their share', async () => {
  const outcomes = await underLoad(async () => {
    await mesh.compose('up', '-d', '--no-build', '--no-recreate', '--scale', 'shop-v1=3');
    await mesh.settled(
      (status) => status.proxies.filter(({ workload }) => workload === 'shop-v1').length === 3,
    );
    await mesh.compose('up', '-d', '--no-build', '--no-recreate', '--scale', 'shop-v1=1');
    await mesh.settled(
      (status) => status.proxies.filter(({ workload }) => workload === 'shop-v1').length === 1,
    );
  });
  assert.deepEqual(failures(outcomes), []);
});

test('a restarted container gets a fresh agent in its new namespace, and the old agent ends', async () => {
  const shop = await only('shop-v1');
  const before = await agentsOf(shop);
  const outcomes = await underLoad(async () => {
    await docker(['restart', '-t', '5', shop]);
    await eventually('a fresh agent', async () => {
      const agents = await agentsOf(shop);
      return agents.length === 1 && !before.includes(agents[0] ?? '') ? true : undefined;
    });
    await mesh.settled();
  });
  assert.deepEqual(failures(outcomes), []);
  assert.ok(
    (countVersions(await mesh.call('client', { url: 'http://shop:8080/', times: 40 }))['v1'] ?? 0) > 0,
  );
});

test('a stopped container leaves before requests fail on it, and comes back', async () => {
  const shop = await only('shop-v2');
  const outcomes = await underLoad(async () => {
    await docker(['stop', '-t', '5', shop]);
  });
  assert.deepEqual(failures(outcomes), []);
  assert.deepEqual(countVersions(await mesh.call('client', { url: 'http://shop:8080/', times: 20 })), {
    v1: 20,
  });
  await docker(['start', shop]);
  await mesh.settled((status) => status.proxies.some(({ workload }) => workload === 'shop-v2'));
  await eventually('v2 answers again', async () =>
    (countVersions(await mesh.call('client', { url: 'http://shop:8080/', times: 20 }))['v2'] ?? 0) > 0
      ? true
      : undefined,
  );
});

test('a container leaves at its stop signal, while it still runs, and not only at its end', async () => {
  const slow = await only('ending-slow');
  const call = () => mesh.call('client', { url: 'http://ending:8080/', times: 20 });
  assert.deepEqual(Object.keys(countVersions(await call())).sort(), ['other', 'slow']);
  const stopped = docker(['stop', '-t', '20', slow]);
  await eventually('all goes to the other one', async () =>
    countVersions(await call())['other'] === 20 ? true : undefined,
  );
  assert.equal(await docker(['inspect', '-f', '{{.State.Running}}', slow]), 'true');
  await docker(['kill', slow]);
  await stopped;
  await docker(['start', slow]);
  await mesh.settled((status) => status.proxies.some(({ workload }) => workload === 'ending-slow'));
});

test('a failing HEALTHCHECK takes a container out (503 UH), a passing one brings it back', async () => {
  const status = async () => (await mesh.call('client', { url: 'http://checked:8080/' }))[0]?.status;
  await eventually('it is healthy', async () => ((await status()) === 200 ? true : undefined));
  await mesh.call('checked', { url: 'http://127.0.0.1:8080/unhealthy' });
  await eventually('it is out', async () => ((await status()) === 503 ? true : undefined));
  const [outcome] = await mesh.call('client', { url: 'http://checked:8080/' });
  assert.equal(outcome?.body, 'no healthy upstream');
  await mesh.call('checked', { url: 'http://127.0.0.1:8080/healthy' });
  await eventually('it is back', async () => ((await status()) === 200 ? true : undefined));
});

test('a crashed agent is back within moments, without the controller too', async () => {
  const controller = await only('lateen-controller');
  await docker(['stop', '-t', '5', controller]);
  const [agent = ''] = await agentsOf(await only('client'));
  await docker(['exec', '-u', '1337', agent, 'sh', '-c', 'kill -9 $(pidof node)']);
  await eventually('the client reaches the shop again', async () => {
    const outcomes = await mesh.call('client', { url: 'http://shop:8080/', timeoutMs: 2000 });
    return failures(outcomes).length === 0 ? true : undefined;
  });
  assert.deepEqual(await agentsOf(await only('client')), [agent]);
  await docker(['start', controller]);
  await mesh.settled();
});

test('without the controller traffic goes on; when it is back it adopts its agents', async () => {
  const agents = async () =>
    (await docker(['ps', '-q', '--filter', `label=lateen.mesh=${mesh.project}`])).split('\n').sort();
  const before = await agents();
  const outcomes = await underLoad(async () => {
    await mesh.compose('stop', '-t', '5', 'lateen-controller');
    await sleep(500);
    await mesh.compose('start', 'lateen-controller');
    await mesh.settled();
  });
  assert.deepEqual(failures(outcomes), []);
  assert.deepEqual(await agents(), before);
});

test('a container recreated with other labels answers for its new version', async () => {
  await mesh.editCompose((text) =>
    text.replace('version: v2', 'version: v9').replace('VERSION: v2', 'VERSION: v9'),
  );
  await mesh.compose('up', '-d', '--no-build');
  await mesh.settled();
  await eventually('v9 answers', async () =>
    (countVersions(await mesh.call('client', { url: 'http://shop:8080/', times: 20 }))['v9'] ?? 0) > 0
      ? true
      : undefined,
  );
});

test('up --force-recreate brings everything back', async () => {
  await mesh.compose('up', '-d', '--no-build', '--force-recreate', '-t', '3', 'shop-v1', 'client');
  await mesh.settled();
  await eventually('the shop answers', async () =>
    failures(await mesh.call('client', { url: 'http://shop:8080/', times: 10 })).length === 0
      ? true
      : undefined,
  );
});

test('`lateen logs` shows the lines of a service and of the agents beside it', async () => {
  const { status, stdout, stderr } = await lateen(['--mesh', mesh.project, 'logs', 'ending-other']);
  assert.equal(status, 0, stderr);
  assert.match(stdout, new RegExp(`^${mesh.project}-ending-other-1-lateen-\\w+ \\| .* ready`, 'm'));
  const unknown = await lateen(['--mesh', mesh.project, 'logs', 'nobody']);
  assert.match(unknown.stderr, /no container belongs to the service nobody[\s\S]*Known: .*shop-v1/);
});

test('a one-off `compose run` is no part of its service, and is left alone', async () => {
  const { status, stdout, stderr } = await tryDocker(
    [
      'compose',
      '-p',
      mesh.project,
      '-f',
      `${mesh.folder}/compose.yml`,
      'run',
      '--rm',
      '--no-deps',
      'shop-v1',
      'node',
      '-e',
      'setTimeout(()=>console.log("done"),1500)',
    ],
    mesh.env,
  );
  assert.equal(status, 0, stderr);
  assert.match(stdout, /done/);
  await mesh.settled();
});
