import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { after, before, test } from 'node:test';
import { GenericContainer } from 'testcontainers';
import { docker, tryDocker } from './fixture/docker.ts';
import { eventually } from './fixture/eventually.ts';
import { type Mesh, startMesh } from './fixture/mesh.ts';
import { countVersions } from './fixture/outcomes.ts';
import { OWNED } from './fixture/owned.ts';
import { CLIENT } from './fixture/shop.ts';

const HELD = `
  held:
    image: app
    labels: { app: held, version: held, lateen.inject: "true", lateen.ports: "http:8080", proxy.istio.io/config: '{"holdApplicationUntilProxyStarts": true}' }
    environment: { NAME: held, VERSION: held }
`;

let mesh: Mesh;
let network: string;

before(async () => {
  mesh = await startMesh({ name: 'ways', services: CLIENT + OWNED + HELD });
  network = `${mesh.project}_default`;
});

after(async () => {
  await mesh?.[Symbol.asyncDispose]();
});

async function answersThrough(url: string, version: string): Promise<void> {
  await eventually(`${url} answers`, async () => {
    const [outcome] = await mesh.call('client', { url });
    const isThere = outcome?.status === 200 && JSON.parse(outcome.body).version === version;
    return isThere ? true : undefined;
  });
}

test('an agent that owns the namespace serves the app that joins it', async () => {
  await mesh.settled();
  assert.deepEqual(countVersions(await mesh.call('client', { url: 'http://owned:8080/', times: 5 })), {
    owned: 5,
  });
});

/** What happened to a container and its agents, in order, since `sinceSeconds` (Docker's clock). */
async function happened(name: string, sinceSeconds: number): Promise<string[]> {
  const span = ['--since', String(sinceSeconds), '--until', String(Math.ceil(Date.now() / 1000))];
  const format = ['--format', '{{.Action}} {{.Actor.Attributes.name}}', '--filter', 'type=container'];
  return (await docker(['events', ...span, ...format]))
    .split('\n')
    .filter((line) => line.includes(name) && /^(start|pause|unpause) /.test(line))
    .map((line) => line.replace(new RegExp(` .*-${name}-1$`), ' app').replace(/ .*-lateen-\w+$/, ' agent'));
}

const isPaused = async (container: string) =>
  (await docker(['inspect', '-f', '{{.State.Paused}}', container])) === 'true';

test('a held application runs only once its agent is ready', async () => {
  await answersThrough('http://held:8080/', 'held');
  const [held = ''] = await mesh.containers('held');
  const startSeconds = Date.now() / 1000;
  await docker(['restart', '-t', '2', held]);
  await mesh.settled();
  await answersThrough('http://held:8080/', 'held');
  assert.deepEqual(await happened('held', startSeconds), [
    'start app',
    'pause app',
    'start agent',
    'unpause app',
  ]);
});

test('a controller that starts lets go what one that was killed had held', async () => {
  const [held = ''] = await mesh.containers('held');
  const [controller = ''] = await mesh.containers('lateen-controller');
  const events = spawn('docker', ['events', '--filter', `container=${held}`, '--filter', 'event=pause'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const killed = once(events.stdout, 'data').then(() => docker(['kill', controller]));
  await docker(['restart', '-t', '2', held]);
  await killed;
  events.kill();
  assert.equal(await isPaused(held), true);
  await docker(['start', controller]);
  await eventually('it is let go', async () => ((await isPaused(held)) ? undefined : true));
  await answersThrough('http://held:8080/', 'held');
});

test('what a user paused stays paused, over a restart of the controller too', async () => {
  const [held = ''] = await mesh.containers('held');
  const [controller = ''] = await mesh.containers('lateen-controller');
  await docker(['pause', held]);
  await docker(['restart', '-t', '5', controller]);
  await mesh.settled();
  assert.equal(await isPaused(held), true);
  const [outcome] = await mesh.call('client', { url: 'http://held:8080/' });
  assert.equal(outcome?.body, 'no healthy upstream');
  await docker(['unpause', held]);
  await answersThrough('http://held:8080/', 'held');
});

test('a plain `docker run` joins by a label', async () => {
  const name = `${mesh.project}-plain`;
  const labels = [`lateen.mesh=${mesh.project}`, 'app=plain', 'lateen.inject=true', 'lateen.ports=http:8080'];
  await docker([
    ...['run', '-d', '--rm', '--name', name, '--network', network, '-e', 'VERSION=plain'],
    ...labels.flatMap((label) => ['--label', label]),
    'lateen-integration-app',
  ]);
  try {
    await mesh.settled((status) => status.proxies.some(({ workload }) => workload === name));
    await answersThrough('http://plain:8080/', 'plain');
  } finally {
    await tryDocker(['rm', '-f', name]);
  }
  await mesh.settled((status) => !status.proxies.some(({ workload }) => workload === name));
});

test('a container of testcontainers joins by a label, and its agent goes with it', async () => {
  process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true';
  const container = await new GenericContainer('lateen-integration-app')
    .withLabels({
      'lateen.mesh': mesh.project,
      app: 'tested',
      'lateen.inject': 'true',
      'lateen.ports': 'http:8080',
    })
    .withEnvironment({ VERSION: 'tested' })
    .withNetworkMode(network)
    .start();
  try {
    await mesh.settled((status) => status.proxies.length > 4);
    await answersThrough('http://tested:8080/', 'tested');
  } finally {
    await container.stop();
  }
  const filter = ['--filter', `label=lateen.agent-for=${container.getId()}`];
  await eventually('its agent is gone', async () =>
    (await docker(['ps', '-aq', ...filter])) === '' ? true : undefined,
  );
});

/** The test application on the default bridge, where nothing but its agent tracks connections. */
async function startOnBridge(name: string) {
  const labels = [
    `lateen.mesh=${mesh.project}`,
    `app=${name}`,
    'lateen.inject=true',
    'lateen.ports=http:8080',
  ];
  await docker([
    ...['run', '-d', '--rm', '--name', name],
    ...labels.flatMap((label) => ['--label', label]),
    'lateen-integration-app',
  ]);
  return {
    address: await mesh.address(name),
    /** Its agent has everything, and captures. */
    isMeshed: () => mesh.settled(({ proxies }) => proxies.some(({ workload }) => workload === name)),
    async [Symbol.asyncDispose]() {
      await tryDocker(['rm', '-f', name]);
    },
  };
}

test('a container on the default bridge is meshed and reaches what is outside', async () => {
  await using bridged = await startOnBridge(`${mesh.project}-bridge`);
  await bridged.isMeshed();
  const response = await fetch(`http://${bridged.address}:8080/`).catch((error: Error) =>
    assert.fail(`no answer from ${bridged.address}: ${String(error.cause)}`),
  );
  assert.equal(response.headers.get('server'), 'istio-envoy');
});

test('a connection that was there before the agent goes on', async () => {
  const [controller = ''] = await mesh.containers('lateen-controller');
  await docker(['stop', '-t', '5', controller]);
  await using early = await startOnBridge(`${mesh.project}-early`);
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ask = async () => {
    const outgoing = request({ host: early.address, port: 8080, agent }).end();
    const [incoming] = (await once(outgoing, 'response')) as [IncomingMessage];
    for await (const _ of incoming);
    return incoming.headers['server'] ?? 'the application itself';
  };
  const seen = new Set([await eventually('the application answers', ask)]);
  await docker(['start', controller]);
  // Never idle: the application closes what is.
  let isMeshed = false;
  const meshed = early.isMeshed().finally(() => {
    isMeshed = true;
  });
  while (!isMeshed) seen.add(await ask());
  await meshed;
  seen.add(await ask());
  assert.deepEqual([...seen], ['the application itself']);
  agent.destroy();
  assert.equal(await ask(), 'istio-envoy');
  agent.destroy();
});
