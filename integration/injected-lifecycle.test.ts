import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { DaemonProxy } from './fixture/daemon-proxy.ts';
import { docker } from './fixture/docker.ts';
import { eventually } from './fixture/eventually.ts';
import { lateen } from './fixture/lateen.ts';
import { follow } from './fixture/markdown.ts';
import { createMesh, type Mesh } from './fixture/mesh.ts';
import { failures } from './fixture/outcomes.ts';
import { agentOf, proxyOf } from './fixture/proxies.ts';
import { CLIENT, SHOP } from './fixture/shop.ts';

const PROGRAM = join(import.meta.dirname, '..', 'bin', 'lateen');

let daemon: DaemonProxy;
let mesh: Mesh;
let original = '';

/** Its first call tells whether anything goes around the mesh, or fails, before the agent is there. */
const EAGER = `
  eager:
    image: app
    command: [node, -e, "fetch('http://shop:8080/').then(async (r) => console.log('first', r.status, r.headers.get('server')), (e) => console.log('first', e.cause.code))"]
    depends_on: { shop-v1: { condition: service_started } }
    labels: { app: eager, lateen.inject: "true" }
  bystander:
    image: app
    command: [sleep, infinity]
    network_mode: service:shop-v1
`;

before(async () => {
  daemon = await DaemonProxy.start();
  daemon.isReadOnly = true;
  mesh = await createMesh({
    name: 'lifecycle',
    services: CLIENT + SHOP + EAGER,
    env: { LATEEN_DOCKER_SOCKET: daemon.socketPath },
  });
  const file = join(mesh.folder, 'compose.yml');
  original = await readFile(file, 'utf8');
  const { status, stderr } = await lateen(['inject', '-f', file, '-o', file], mesh.env);
  assert.equal(status, 0, stderr);
  await mesh.compose('up', '-d', '--no-build');
  await mesh.settledWithAll();
});

after(async () => {
  await mesh?.[Symbol.asyncDispose]();
  await daemon?.[Symbol.asyncDispose]();
});

const callShop = (times = 20) => mesh.call('client', { url: 'http://shop:8080/', times });

async function shopAnswers(): Promise<void> {
  await eventually('both versions answer through their agents', async () => {
    const outcomes = await callShop(10);
    const versions = new Set(outcomes.map(({ body }) => (JSON.parse(body) as { version: string }).version));
    return failures(outcomes).length === 0 && versions.size === 2 ? true : undefined;
  });
}

test('nothing goes around the mesh: the first call of an application is served by its agent', async () => {
  const words = await eventually('the first call', async () => {
    const log = await mesh.logs('eager');
    return log.includes('first') ? log : undefined;
  });
  assert.match(words, /first 200 envoy/);
});

test('the controller has asked Docker for nothing but GETs, and serves all', async () => {
  await shopAnswers();
  const writes = [...daemon.requests].filter((request) => !request.startsWith('GET '));
  assert.deepEqual(writes, []);
  assert.doesNotMatch(await mesh.logs('lateen-controller'), /Docker refuses changes/);
});

test('callers have identities, and the workload is named by its application', async () => {
  const [outcome] = await callShop(1);
  const { headers } = JSON.parse(outcome?.body ?? '') as { headers: Record<string, string> };
  assert.match(
    headers['x-forwarded-client-cert'] ?? '',
    /URI=spiffe:\/\/cluster\.local\/ns\/default\/sa\/client/,
  );
  const { proxies } = await mesh.sync();
  const names = proxies.map(({ proxy }) => proxy);
  assert.ok(names.includes(`${mesh.project}-shop-v1-1.default`), names.join());
  const { status, stdout } = await lateen(['proxy-config', 'route', 'shop-v1', '--mesh', mesh.project]);
  assert.equal(status, 0, stdout);
});

test('the command line means the application by its name, and finds its agent', async () => {
  const ask = async (...args: string[]) => {
    const { status, stdout, stderr } = await lateen([...args, '--mesh', mesh.project]);
    assert.equal(status, 0, stderr);
    return stdout;
  };
  const name = `${mesh.project}-shop-v1`;
  assert.match(await ask('proxy-status'), new RegExp(`^${name}-1\\.default +.*SYNCED`, 'm'));
  assert.match(await ask('x', 'describe', 'shop-v1'), /shop-v1/);
  const lines = await ask('logs', 'shop-v1');
  assert.match(lines, new RegExp(`^${name}-lateen-1 \\| .*ready`, 'm'));
  assert.match(await ask('proxy-config', 'log', 'shop-v1'), /info/);
});

test('`run` of an injected service has its identity, and takes part in no traffic', async () => {
  const script = `fetch('http://shop:8080/').then(async (r) => console.log(await r.text()))`;
  const args = ['run', '--rm', '-T', '--no-deps', '--entrypoint', 'node', 'client', '-e', script];
  const { headers } = JSON.parse(await mesh.compose(...args)) as { headers: Record<string, string> };
  assert.match(headers['x-forwarded-client-cert'] ?? '', /ns\/default\/sa\/client/);
  assert.deepEqual(await mesh.violations(), []);
});

test('neither the proxy nor the health check of its container keeps a right', async () => {
  const agent = await agentOf(mesh, 'shop-v1');
  const script =
    'for p in /proc/[0-9]*; do grep -sE "^(Name|Uid|CapPrm|CapEff|CapBnd):" $p/status; echo; done';
  const processes = await eventually('the check waits', async () => {
    const all = (await docker(['exec', '-u', '1337', agent, 'sh', '-c', script])).split('\n\n');
    return all.some((each) => each.includes('sleep')) ? all : undefined;
  });
  const none = /CapPrm:\t0{16}\nCapEff:\t0{16}\nCapBnd:\t0{16}/;
  for (const each of processes.filter((text) => /Name:\t(node|entrypoint\.sh|sleep)/.test(text))) {
    assert.match(each, /Uid:\t1337\t1337\t1337\t1337/);
    assert.match(each, none);
  }
});

test('`restart` of the application alone costs nothing but the application', async () => {
  const before = await agentOf(mesh, 'shop-v1');
  await mesh.compose('restart', '-t', '3', 'shop-v1');
  await shopAnswers();
  assert.equal(await agentOf(mesh, 'shop-v1'), before);
  const [started] = (await docker(['inspect', '-f', '{{.State.StartedAt}}', before])).split('\n');
  await mesh.compose('restart', '-t', '3', 'shop-v1');
  await shopAnswers();
  assert.equal(await docker(['inspect', '-f', '{{.State.StartedAt}}', before]), started);
});

test('`restart` of the agent alone has Compose restart the application too', async () => {
  const [app = ''] = await mesh.containers('shop-v1');
  const started = () => docker(['inspect', '-f', '{{.State.StartedAt}}', app]);
  const before = await started();
  await mesh.compose('restart', '-t', '3', 'shop-v1-lateen');
  assert.notEqual(await started(), before);
  await shopAnswers();
});

test('a proxy that crashes is back in the same namespace', async () => {
  const agent = await agentOf(mesh, 'shop-v1');
  const started = await docker(['inspect', '-f', '{{.State.StartedAt}}', agent]);
  await docker(['exec', '-u', '1337', agent, 'sh', '-c', 'kill -9 $(cat /proc/1/task/1/children)']);
  await shopAnswers();
  assert.equal(await docker(['inspect', '-f', '{{.State.StartedAt}}', agent]), started);
});

test('an agent that Docker restarts behind Compose’s back is told with the remedy, which mends it', async () => {
  await docker(['restart', '-t', '3', await agentOf(mesh, 'shop-v1')]);
  const violation = await eventually('it is told', async () =>
    (await mesh.violations()).find(({ code }) => code === 'LAT0113'),
  );
  assert.match(violation.resource, /shop-v1-1$/);
  assert.equal(violation.remedy, 'docker compose restart shop-v1');
  // Nobody is sent to it in the meantime.
  await eventually('the other version alone answers', async () =>
    failures(await callShop()).length === 0 ? true : undefined,
  );
  await mesh.compose('restart', '-t', '3', 'shop-v1');
  await shopAnswers();
  assert.deepEqual(await mesh.violations(), []);
});

test('an agent that loses its network for a while keeps the namespace, and its application with it', async () => {
  const agent = await agentOf(mesh, 'shop-v1');
  const started = () => docker(['inspect', '-f', '{{.State.StartedAt}}', agent]);
  const before = await started();
  const network = `${mesh.project}_default`;
  await docker(['network', 'disconnect', network, agent]);
  await eventually('nobody is sent to it', async () => {
    const { proxies } = await mesh.sync();
    const outcomes = await callShop(10);
    return proxies.length > 0 && failures(outcomes).length === 0 ? true : undefined;
  });
  await docker(['network', 'connect', '--alias', 'shop-v1', network, agent]);
  await shopAnswers();
  assert.equal(await started(), before);
});

test('`up` again changes nothing; a recreated agent takes its application with it', async () => {
  const before = await mesh.containers('shop-v1');
  await mesh.compose('up', '-d', '--no-build');
  assert.deepEqual(await mesh.containers('shop-v1'), before);
  await mesh.compose('up', '-d', '--no-build', '-t', '1', '--force-recreate', '--no-deps', 'shop-v1-lateen');
  await mesh.compose('up', '-d', '--no-build', '-t', '1');
  assert.notDeepEqual(await mesh.containers('shop-v1'), before);
  await shopAnswers();
});

test('docs/inject.md: what it says is typed and seen', async () => {
  const before = await mesh.containers('shop-v1');
  await follow(join(import.meta.dirname, '..', 'docs', 'inject.md'), mesh.folder, {
    env: { ...mesh.env, COMPOSE_PROJECT_NAME: mesh.project },
    edit: (command) => command.replaceAll('npx lateen', `node ${PROGRAM}`),
  });
  assert.deepEqual(await mesh.containers('shop-v1'), before, 'the file is what runs already');
});

test('`--scale` of an injected service is refused, and of its agent changes nothing for callers', async () => {
  const { status, stderr } = await mesh.tryCompose('up', '-d', '--no-build', '--scale', 'shop-v1=2');
  assert.notEqual(status, 0);
  assert.match(stderr, /"shop-v1" service is using the custom container name/);
  await shopAnswers();
});

test('a crowd that was started all the same is told, with what to do', async () => {
  const [app = ''] = await mesh.containers('shop-v1');
  const agent = await proxyOf(mesh, app);
  const labels = [`com.docker.compose.project=${mesh.project}`, 'com.docker.compose.service=shop-v1'];
  const marks = labels.flatMap((label) => ['--label', label]);
  const args = ['run', '-d', '--rm', ...marks, '--network', `container:${agent}`, '--entrypoint', 'sleep'];
  const id = await docker([...args, 'lateen-integration-app', '60']);
  try {
    const violation = await eventually('it is told', async () =>
      (await mesh.violations()).find(({ code }) => code === 'LAT0114'),
    );
    assert.match(violation.remedy, /--scale shop-v1=1/);
  } finally {
    await docker(['rm', '-f', id]);
  }
});

test('`down` leaves nothing, and uninject gives the file back to the byte', async () => {
  const file = join(mesh.folder, 'compose.yml');
  const { status, stderr } = await mesh.tryCompose('down', '-v', '-t', '3');
  assert.equal(status, 0, stderr);
  assert.doesNotMatch(stderr, /orphan|in use/i);
  const label = `label=com.docker.compose.project=${mesh.project}`;
  assert.equal(await docker(['ps', '-aq', '--filter', label]), '');
  assert.equal(await docker(['volume', 'ls', '-q', '--filter', label]), '');
  const back = await lateen(['uninject', '-f', file, '-o', file]);
  assert.equal(back.status, 0, back.stderr);
  assert.equal(await readFile(file, 'utf8'), original);
});
