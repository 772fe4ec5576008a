import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { docker } from './fixture/docker.ts';
import { type Mesh, startMesh } from './fixture/mesh.ts';
import { countVersions } from './fixture/outcomes.ts';
import { agentOf } from './fixture/proxies.ts';
import { CLIENT, SHOP } from './fixture/shop.ts';

const DATABASES = `
  database:
    image: app
    labels: { app: database, lateen.inject: "true", lateen.ports: "tcp:3306" }
    environment: { NAME: database, PORTS: "", TCP_PORTS: "3306" }
  undeclared:
    image: app
    labels: { app: undeclared, lateen.inject: "true" }
    environment: { NAME: undeclared, PORTS: "8080", TCP_PORTS: "4000" }
  outside:
    image: app
    labels: { app: outside, lateen.ports: "http:8080" }
    environment: { NAME: outside, VERSION: plain }
    networks: [default, inner, other]
  hidden:
    image: app
    labels: { app: hidden, lateen.inject: "true", lateen.ports: "http:8080" }
    environment: { NAME: hidden, VERSION: hidden }
    networks: [inner]
  amphibian:
    image: app
    labels: { app: amphibian, lateen.inject: "true", lateen.ports: "http:8080", traffic.sidecar.istio.io/excludeInboundPorts: "7070" }
    environment: { NAME: amphibian, VERSION: three-networks }
    networks: [default, inner, other]
`;

let mesh: Mesh;

before(async () => {
  mesh = await startMesh({
    name: 'names',
    services: CLIENT + SHOP + DATABASES,
    rest: 'networks: { inner: { internal: true }, other: {} }',
  });
});

after(async () => {
  await mesh?.[Symbol.asyncDispose]();
});

async function inContainer(id: string | undefined, script: string): Promise<string> {
  const [client = ''] = await mesh.containers('client');
  return docker(['exec', id ?? client, 'node', '--input-type=module', '-e', script]);
}

const resolve = (name: string, type: string, id?: string) =>
  inContainer(
    id,
    `import dns from 'node:dns/promises';
    const start = performance.now();
    try { console.log(JSON.stringify({ addresses: await dns.resolve('${name}', '${type}'), ms: performance.now() - start })); }
    catch (error) { console.log(JSON.stringify({ code: error.code, ms: performance.now() - start })); }`,
  ).then((text) => JSON.parse(text) as { addresses?: string[]; code?: string; ms: number });

/** Asks the container's name server for `shop` from a port of its own, and gives what kind of answer came. */
const askFrom = (port: number) => `
  import { createSocket } from 'node:dgram';
  const socket = createSocket('udp4');
  const question = Buffer.concat([Buffer.from([0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 4]), Buffer.from('shop'), Buffer.from([0, 0, 1, 0, 1])]);
  socket.on('message', (reply) => { console.log((reply[3] & 15) === 0 ? 'an address' : 'unknown'); socket.close(); });
  socket.bind(${port}, () => socket.send(question, 53, '127.0.0.11'));`;

test('a question from a port from which the agent has asked Docker still reaches the agent', async () => {
  const [client = ''] = await mesh.containers('client');
  const agent = await agentOf(mesh, 'client');
  const asAgent = ['exec', '-u', '1337', agent, 'node', '--input-type=module', '-e', askFrom(20053)];
  assert.equal(await docker(asAgent), 'unknown', 'Docker has no container of that name');
  assert.equal(await inContainer(client, askFrom(20053)), 'an address');
  assert.equal(await docker(asAgent), 'unknown', 'and the agent still reaches Docker');
});

test('a server that speaks first is heard at once on a port declared tcp', async () => {
  const outcomes = await mesh.call('client', { url: 'tcp://database:3306', until: 'greets', times: 10 });
  assert.equal(outcomes[0]?.body, '220 database greets\n');
  const fastestMs = Math.min(...outcomes.map(({ ms }) => ms));
  assert.ok(fastestMs < 250, `${fastestMs} ms: protocol detection, which waits 300 ms, had its hand in it`);
});

test('a WebSocket passes two agents, both ways', async () => {
  for (const word of ['hello', 'again']) {
    const errand = { url: 'ws://shop-v2:8080/chat', body: word, until: word };
    const [outcome] = await mesh.call('client', errand);
    assert.equal(outcome?.status, 101, JSON.stringify(outcome));
    assert.equal(outcome?.body, `shop v2: ${word}`);
  }
});

test('both directions of a TCP connection pass', async () => {
  const [outcome] = await mesh.call('client', {
    url: 'tcp://database:3306',
    body: 'select 1',
    until: 'select 1',
  });
  assert.equal(outcome?.error, '');
});

test('on a port that is not declared a server that speaks first is heard after detection gave up', async () => {
  const [outcome] = await mesh.call('client', { url: 'tcp://undeclared:4000', until: 'greets' });
  assert.equal(outcome?.body, '220 undeclared greets\n');
});

test('on a port that is not declared HTTP is recognised', async () => {
  const [outcome] = await mesh.call('client', { url: 'http://undeclared:8080/' });
  assert.equal(outcome?.status, 200);
  assert.equal(outcome?.headers['server'], 'envoy');
});

test('every form of a name leads to the service', async () => {
  for (const name of ['shop', 'shop.default', 'shop.default.svc', 'shop.default.svc.cluster.local']) {
    const [outcome] = await mesh.call('client', { url: `http://${name}:8080/` });
    assert.equal(outcome?.status, 200, name);
  }
});

test('a compose service of a joined one still answers alone', async () => {
  assert.deepEqual(countVersions(await mesh.call('client', { url: 'http://shop-v2:8080/', times: 10 })), {
    v2: 10,
  });
});

test("a name that is Docker's own gets Docker's answer, a joined one a virtual address", async () => {
  const [database = ''] = await mesh.containers('database');
  assert.deepEqual((await resolve('database', 'A')).addresses, [await mesh.address(database)]);
  assert.match((await resolve('shop', 'A')).addresses?.[0] ?? '', /^240\.240\./);
});

test('an IPv6 question about a service is answered empty and at once', async () => {
  const { code, ms } = await resolve('shop', 'AAAA');
  assert.equal(code, 'ENODATA');
  assert.ok(ms < 2000, `${ms} ms: a resolver that waits for its timeout takes 5 s`);
});

test('a name that the mesh does not know gets the answer that it gets without a mesh', async () => {
  const [outside = ''] = await mesh.containers('outside');
  const plain = await resolve('nobody.invalid', 'A', outside);
  const meshed = await resolve('nobody.invalid', 'A');
  assert.deepEqual([meshed.addresses, meshed.code], [undefined, plain.code]);
  // A question that comes back to the agent by way of Docker's name server ends by a time limit alone.
  assert.ok(meshed.ms < plain.ms + 2000, `${meshed.ms} ms, without a mesh ${plain.ms} ms`);
});

test('a container outside of the mesh is called in plaintext by its name', async () => {
  assert.deepEqual(countVersions(await mesh.call('client', { url: 'http://outside:8080/' })), { plain: 1 });
});

test('a container on three networks, one of them internal, calls and is called', async () => {
  assert.deepEqual(countVersions(await mesh.call('client', { url: 'http://amphibian:8080/' })), {
    'three-networks': 1,
  });
  assert.deepEqual(countVersions(await mesh.call('amphibian', { url: 'http://hidden:8080/' })), {
    hidden: 1,
  });
});

test('without a shared network a service has no endpoint: 503 UH', async () => {
  const [outcome] = await mesh.call('client', { url: 'http://hidden.default:8080/' });
  assert.equal(outcome?.status, 503);
  assert.equal(outcome?.body, 'no healthy upstream');
});

test('a container that calls its own service goes out and in again', async () => {
  const [outcome] = await mesh.call('client', { url: 'http://client:8080/self' });
  assert.equal(outcome?.status, 200);
});

test('a Host that nobody knows reaches the service whose name was called, however long the name', async () => {
  const headers = { host: 'shop.example' };
  const calls = await mesh.call('client', { url: 'http://shop:8080/', headers, times: 20 });
  assert.deepEqual(Object.keys(countVersions(calls)).sort(), ['v1', 'v2']);
  const [single] = await mesh.call('client', { url: 'http://shop-v1.default:8080/', headers });
  assert.deepEqual(countVersions(single === undefined ? [] : [single]), { v1: 1 });
});

test('PASSTHROUGH works by each form of a name', async () => {
  await mesh.apply(
    'passthrough.yaml',
    `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: shop-v1 }
spec: { host: shop-v1, trafficPolicy: { loadBalancer: { simple: PASSTHROUGH } } }
`,
  );
  for (const name of ['shop-v1', 'shop-v1.default', 'shop-v1.default.svc.cluster.local'])
    assert.deepEqual(countVersions(await mesh.call('client', { url: `http://${name}:8080/` })), { v1: 1 });
  await mesh.remove('passthrough.yaml');
});

test('loopback inside a container is not touched', async () => {
  const [outcome] = await mesh.call('client', { url: 'http://127.0.0.1:8080/' });
  assert.equal(outcome?.headers['server'], undefined);
});

test('a known service without containers fails with a flag instead of vanishing from DNS', async () => {
  await mesh.compose('stop', '-t', '2', 'database');
  await mesh.settled();
  const { addresses } = await resolve('database', 'A');
  assert.match(addresses?.[0] ?? '', /^240\.240\./);
  await mesh.compose('start', 'database');
  await mesh.settled();
});
