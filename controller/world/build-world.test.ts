import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_MESH_CONFIG } from '../../istio/mesh-config.ts';
import { parseDocuments } from '../../istio/parse-documents.ts';
import { buildWorld } from './build-world.ts';
import type { ContainerFacts } from './container-facts.ts';

let sequence = 0;

function container(
  service: string,
  labels: Record<string, string> = {},
  more: Partial<ContainerFacts> = {},
): ContainerFacts {
  sequence += 1;
  return {
    id: `id-${sequence}`,
    name: `shop-${service}-${sequence}`,
    labels: { 'com.docker.compose.project': 'shop', 'com.docker.compose.service': service, ...labels },
    state: 'running',
    health: 'none',
    startedAt: '',
    networks: [{ id: 'net', name: 'shop_default', address: `172.20.0.${sequence}`, addressV6: '' }],
    exposedPorts: [{ port: 8080, protocol: 'tcp' }],
    publishedPorts: [],
    startError: '',
    stopSignal: '',
    image: '',
    networkMode: 'shop_default',
    hasTerminal: false,
    user: '',
    isDraining: false,
    ...more,
  };
}

function build(
  containers: ContainerFacts[],
  documents = '',
  openPorts: (facts: ContainerFacts) => readonly number[] | null = () => null,
) {
  return buildWorld({
    membership: { meshId: 'shop', project: 'shop' },
    mesh: DEFAULT_MESH_CONFIG,
    containers,
    openPorts,
    resources: parseDocuments(documents, 'services.yaml').resources,
  });
}

test('a compose service is a service, with its exposed ports to be detected', () => {
  const { world } = build([container('cart')]);
  const [cart] = world.services;
  assert.equal(cart?.hostname, 'cart.default.svc.cluster.local');
  assert.deepEqual(
    cart?.ports.map(({ number, protocol }) => [number, protocol]),
    [[8080, 'auto']],
  );
  assert.equal(cart?.isDockerName, true);
});

test('several compose services with one label app are one more service, with a virtual address', () => {
  const { world } = build([
    container('reviews-v1', { app: 'reviews' }),
    container('reviews-v2', { app: 'reviews' }),
  ]);
  const joined = world.services.find(({ name }) => name === 'reviews');
  assert.equal(joined?.members.length, 2);
  assert.equal(joined?.isDockerName, false);
  assert.match(joined?.vips[0] ?? '', /^240\.240\.\d+\.\d+$/);
  assert.equal(world.services.length, 3);
});

test('lateen.service beats app, lateen.namespace decides the hostname', () => {
  const { world } = build([container('a', { app: 'x', 'lateen.service': 'y', 'lateen.namespace': 'sea' })]);
  assert.deepEqual(
    world.services.map(({ hostname }) => hostname),
    ['a.sea.svc.cluster.local', 'y.sea.svc.cluster.local'],
  );
});

test('lateen.ports declares protocols and target ports; a bad entry is told with the remedy', () => {
  const { world, violations } = build([
    container('db', { 'lateen.ports': 'tcp:3306,http:80:8080,nonsense' }),
  ]);
  assert.deepEqual(
    world.services[0]?.ports.map(({ number, targetPort, protocol }) => [number, targetPort, protocol]),
    [
      [80, 8080, 'http'],
      [3306, 3306, 'tcp'],
    ],
  );
  assert.match(violations[0]?.message ?? '', /"nonsense"/);
  assert.match(violations[0]?.remedy ?? '', /PROTOCOL:PORT/);
});

test('a health check that cannot be read is told with its remedy', () => {
  const { violations } = build([
    container('a', { 'lateen.healthcheck': 'http:healthz' }),
    container('b', { 'lateen.healthcheck': 'http:/healthz,5s,3' }),
  ]);
  assert.deepEqual(
    violations.map(({ code, message }) => `${code} ${message}`),
    ['LAT0108 label lateen.healthcheck cannot be read: "http:healthz"; nothing is checked'],
  );
  assert.match(violations[0]?.remedy ?? '', /http:\/healthz,5s,3/);
});

test('labels under our prefix that are misspelled, and flags that are none, are told', () => {
  const { violations } = build([
    container('a', { 'lateen.injekt': 'true', 'lateen.inject': 'yes', 'lateen.colour': 'blue', lateen: 'x' }),
    container('b', { 'lateen.inject': 'true', 'lateen.headless': 'false', 'lateen.ports': 'http:80' }),
  ]);
  assert.deepEqual(
    violations.map(({ code, message, remedy }) => `${code} ${message}. ${remedy.split(',')[0]}`),
    [
      'LAT0105 unknown label lateen.injekt has no effect. Did you mean "lateen.inject"?',
      'LAT0105 label lateen.inject is "yes". Write "true" or "false".',
      'LAT0105 unknown label lateen.colour has no effect. Known: lateen.inject',
    ],
  );
});

test('health follows HEALTHCHECK, pause and the stop signal', () => {
  const { world } = build([
    container('a', {}, { health: 'starting' }),
    container('b', {}, { health: 'unhealthy' }),
    container('c', {}, { state: 'paused' }),
    container('d', {}, { isDraining: true }),
    container('e', {}, { health: 'healthy' }),
  ]);
  const health = Object.fromEntries(world.workloads.map(({ workload, health }) => [workload, health]));
  assert.deepEqual(health, { a: 'starting', b: 'unhealthy', c: 'unhealthy', d: 'draining', e: 'ready' });
});

test('a stopped container leaves its service known, without members', () => {
  const { world } = build([container('gone', {}, { state: 'stopped' })]);
  assert.deepEqual(
    world.services.map(({ name, members }) => [name, members.length]),
    [['gone', 0]],
  );
  assert.equal(world.workloads.length, 0);
});

test('strangers, one-offs, agents and apps in an agent’s namespace are no part', () => {
  const { world } = build([
    container('other', { 'com.docker.compose.project': 'elsewhere' }),
    container('visitor', { 'com.docker.compose.oneoff': 'True' }),
    container('a', { 'lateen.role': 'agent', 'lateen.agent-for': 'x', 'lateen.mesh': 'shop' }),
    container('inner', {}, { networkMode: 'container:abc' }),
    container('leaver', { 'lateen.mesh': 'another' }),
  ]);
  assert.deepEqual(world.services, []);
});

test('a container of another project joins by the label of the mesh', () => {
  const { world } = build([
    container('guest', { 'com.docker.compose.project': 'elsewhere', 'lateen.mesh': 'shop' }),
  ]);
  assert.deepEqual(
    world.services.map(({ name }) => name),
    ['guest'],
  );
});

test('a v1 Service replaces what Docker says of that name', () => {
  const document = `
apiVersion: v1
kind: Service
metadata: { name: cart }
spec:
  selector: { tier: front }
  ports: [{ name: grpc-api, port: 7000, targetPort: 7001 }]
`;
  const { world } = build([container('cart'), container('front', { tier: 'front' })], document);
  const cart = world.services.find(({ name }) => name === 'cart');
  assert.deepEqual(cart?.ports, [{ name: 'grpc-api', number: 7000, targetPort: 7001, protocol: 'grpc' }]);
  assert.equal(cart?.members.length, 1);
  assert.equal(cart?.isDockerName, false);
});

test('virtual addresses do not depend on the order or number of services', () => {
  const vip = (containers: ContainerFacts[]) =>
    build(containers).world.services.find(({ name }) => name === 'cart')?.vips[0];
  assert.equal(vip([container('cart')]), vip([container('zebra'), container('cart'), container('ant')]));
});

test('a namespace that no discoverySelector selects has neither services nor documents', () => {
  const input = {
    membership: { meshId: 'shop', project: 'shop' },
    mesh: {
      ...DEFAULT_MESH_CONFIG,
      discoverySelectors: [{ matchLabels: { 'kubernetes.io/metadata.name': 'default' } }],
    },
    containers: [container('web'), container('far', { 'lateen.namespace': 'sea' })],
    openPorts: () => null,
    resources: parseDocuments(
      ['default', 'sea']
        .map(
          (namespace) => `apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: a, namespace: ${namespace} }
spec: { egress: [{ hosts: ["./*"] }] }`,
        )
        .join('\n---\n'),
      'a.yaml',
    ).resources,
  };
  const { world } = buildWorld(input);
  assert.deepEqual(
    world.services.map(({ name }) => name),
    ['web'],
  );
  assert.deepEqual(
    world.resources.map(({ namespace }) => namespace),
    ['default'],
  );
});

test('a visitor has the identity and the labels of a service, and is behind none', () => {
  const labels = { app: 'shop', 'lateen.inject': 'true', 'lateen.service-account': 'shop' };
  const visitor = container(
    '',
    { ...labels, 'lateen.acts-as': 'shop', 'lateen.mesh': 'shop' },
    { name: 'visitor' },
  );
  const documents = `apiVersion: v1
kind: Service
metadata: { name: market }
spec: { selector: { app: shop }, ports: [{ name: http, port: 80 }] }
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: fair }
spec:
  hosts: [fair.example]
  ports: [{ number: 80, name: http, protocol: HTTP }]
  resolution: STATIC
  workloadSelector: { labels: { app: shop } }
`;
  const resident = container('shop', labels);
  const { world, violations } = build([resident, visitor], documents);
  assert.deepEqual(violations, []);
  const found = world.workloads.find(({ id }) => id === visitor.id);
  assert.deepEqual([found?.proxy, found?.serviceAccount], ['sidecar', 'shop']);
  for (const hostname of [
    'shop.default.svc.cluster.local',
    'market.default.svc.cluster.local',
    'fair.example',
  ]) {
    const service = world.services.find((each) => each.hostname === hostname);
    assert.deepEqual(service?.members, [resident.id], hostname);
  }
  assert.equal(
    world.services.some(({ name }) => name === 'visitor'),
    false,
  );
});

test('an application that runs as the agent’s own user is told that its calls go around the mesh', () => {
  const meshed = { 'lateen.inject': 'true' };
  const codes = (user: string, labels: Record<string, string> = meshed) =>
    build([container('shop', labels, { user })]).violations.map(({ code }) => code);
  for (const user of ['1337', '1337:1337', '1337:0']) assert.deepEqual(codes(user), ['LAT0112'], user);
  for (const user of ['', 'node', '13370', '0:1337']) assert.deepEqual(codes(user), [], user);
  assert.deepEqual(codes('1337', {}), [], 'it is not in the mesh');
  assert.deepEqual(codes('1337', { 'lateen.role': 'gateway' }), []);
});
