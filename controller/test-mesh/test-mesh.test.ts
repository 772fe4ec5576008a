import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { silentLogger } from '../../base/log.ts';
import { parseDocuments } from '../../istio/parse-documents.ts';
import type { ObservedRequest } from '../../model/observation.ts';
import { type Hello, PUSH_PROTOCOL, type Push } from '../../model/push.ts';
import { Controller } from '../controller.ts';
import type { FileState } from '../last-good/last-good.ts';
import type { ProxyStatus } from '../push/proxy-connection.ts';
import { PushHub } from '../push/push-hub.ts';
import { containerFacts } from '../testing/container-facts.ts';
import { Observations } from './observations.ts';
import { TestMesh } from './test-mesh.ts';
import { testProxies } from './test-proxies.ts';

const rule = (name: string, subset = '') => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: reviews }
spec:
  hosts: [reviews]
  http: [{ name: ${name}, route: [{ destination: { host: reviews, subset: "${subset}" } }] }]
`;
const HELLO: Hello = { protocol: PUSH_PROTOCOL, version: '', hashes: {}, agent: '9.9.9' };
const BASE = new Map<string, FileState>([
  [
    'reviews.yaml',
    { kind: 'parsed', parsed: parseDocuments(rule('first'), 'reviews.yaml'), contentHash: '', text: '' },
  ],
]);

/** A controller with two containers, whose proxies answer what `answer` says; null = they are silent. */
async function start(answer: () => string | null = () => '') {
  const containers = [
    containerFacts('web', 1, { app: 'web' }),
    containerFacts('reviews', 2, { 'lateen.ports': 'http:9080' }),
  ];
  const facts = new Map(containers.map((each) => [each.id, each]));
  const hub: PushHub = new PushHub({
    ...{ wall: () => 0, bootId: 'boot', onSettled: () => {}, onChange: () => mesh.onChange() },
    findWorkload: (index, container) => index.workloadsById.get(container),
  });
  const controller = new Controller({
    ...{
      onResources() {},
      jwks: () => new Map(),
      lastGood: {},
      saveLastGood() {},
      selfId: '',
      log: silentLogger,
    },
    membership: { meshId: 'shop', project: 'shop', isTest: true },
    onWorld(index) {
      hub.update(index);
      mesh.onChange();
    },
  });
  const mesh: TestMesh = new TestMesh({
    world: () => controller.world,
    isCurrent: () => controller.isCurrent,
    violations: () => controller.violationLog.violations,
    proxies: () => testProxies(controller.world, hub.statuses, facts),
    isConnected: (container) => hub.isConnected(container),
    broadcast: (message) => hub.broadcast(message),
    onFiles: () => controller.onFiles(mesh.over(BASE)),
  });
  controller.onContainers(facts);
  controller.onFiles(BASE);
  await new Promise(setImmediate);
  const pushes: string[] = [];
  const flushes: string[] = [];
  for (const { id } of containers) {
    hub.connect(id, HELLO, (line) => {
      const message = JSON.parse(line) as Push | { type: 'flush'; id: string };
      if (message.type === 'flush') flushes.push(message.id);
      else {
        pushes.push(line);
        const error = answer();
        const ack = { nonce: message.nonce, version: message.version, error: error || null };
        if (error !== null) setImmediate(() => hub.acknowledge(id, ack));
      }
    });
  }
  const routes = () => controller.world?.resources.map(({ position }) => position.file) ?? [];
  return { mesh, controller, containers, pushes, flushes, routes };
}

describe('apply', () => {
  test('answers when every proxy has acknowledged, over what the directory has, and is taken back', async () => {
    const { mesh, pushes, routes } = await start();
    await mesh.settled([], 1000);
    const before = pushes.length;
    const applied = await mesh.apply(rule('second'), 'a.yaml', 1000);
    assert.deepEqual(applied, { ok: true, value: { id: 1, file: 'applied-1/a.yaml', violations: [] } });
    assert.deepEqual(routes(), ['applied-1/a.yaml']);
    assert.ok(pushes.slice(before).every((line) => line.includes('"name":"second"')));
    assert.equal((await mesh.restore(1, 1000)).ok, true);
    assert.deepEqual(routes(), ['reviews.yaml']);
  });

  test('of what is wrong says where, and changes nothing', async () => {
    const { mesh, pushes } = await start();
    await mesh.settled([], 1000);
    const before = pushes.length;
    const answer = await mesh.apply(rule('second').replace('hosts', 'host'), 'a.yaml', 1000);
    assert.ok(!answer.ok);
    assert.deepEqual([answer.status, answer.refusal.violations[0]?.line], [422, 6]);
    assert.match(answer.refusal.violations[0]?.remedy ?? '', /hosts/);
    assert.equal(pushes.length, before);
  });

  test('that a proxy refuses is taken back', async () => {
    let says = '';
    const { mesh, routes } = await start(() => says);
    await mesh.settled([], 1000);
    says = 'no such cluster';
    const answering = mesh.apply(rule('second'), 'a.yaml', 1000);
    await new Promise(setImmediate);
    says = '';
    const answer = await answering;
    assert.ok(!answer.ok);
    assert.match(answer.refusal.error, /refused it: no such cluster; it was taken back/);
    assert.deepEqual(routes(), ['reviews.yaml']);
  });

  test('names who has not answered when patience ends', async () => {
    let says: string | null = '';
    const { mesh } = await start(() => says);
    await mesh.settled([], 1000);
    says = null;
    const answer = await mesh.apply(rule('second'), 'a.yaml', 20);
    assert.ok(!answer.ok);
    assert.match(answer.refusal.error, /not in force at every proxy: .*web\.default PENDING/);
  });
});

describe('requests', () => {
  const party = (app: string) => ({ app, workload: app, version: '', namespace: 'default' });
  const seen = (change: Partial<ObservedRequest>): ObservedRequest => ({
    ...{ reporter: 'source', startMs: 5, durationMs: 1, source: party('web'), destination: party('reviews') },
    ...{ service: 'reviews.default.svc.cluster.local', method: 'GET', path: '/', authority: 'reviews' },
    ...{ status: 200, grpcStatus: '', flags: [], attempts: 1, isMtls: true, route: 'first' },
    ...{ rule: 'VirtualService/default/reviews#http[0]', requestId: 'a' },
    ...change,
  });

  test('are told when every proxy has said all, each once, with the place of its rule', async () => {
    const { mesh, containers, flushes } = await start();
    await mesh.settled([], 1000);
    const asking = mesh.requests({ to: 'reviews' });
    mesh.onObservations([seen({ reporter: 'destination', rule: '' }), seen({ requestId: 'b' })]);
    mesh.onFlushed(containers[0]?.id ?? '', { id: flushes[0] ?? '', lost: 0 });
    mesh.onObservations([seen({})]);
    mesh.onFlushed(containers[1]?.id ?? '', { id: flushes[0] ?? '', lost: 0 });
    const { requests, mark, problem } = await asking;
    assert.deepEqual(
      requests.map(({ requestId, rule: place }) => [requestId, `${place?.file}:${place?.line}`]),
      [
        ['b', 'reviews.yaml:7'],
        ['a', 'reviews.yaml:7'],
      ],
    );
    assert.deepEqual([mark, problem], [3, '']);
  });

  test('of a caller without a proxy are told by the callee', async () => {
    const { mesh, containers, flushes } = await start();
    await mesh.settled([], 1000);
    mesh.onObservations([seen({ reporter: 'destination', source: party('') })]);
    const answerAll = (flush: number, lost: number) => {
      for (const { id } of containers) mesh.onFlushed(id, { id: flushes[flush] ?? '', lost });
    };
    const asking = mesh.requests({ to: 'reviews.default' });
    answerAll(0, 0);
    assert.equal((await asking).requests.length, 1);
    const again = mesh.requests({ after: 0 });
    answerAll(2, 7);
    assert.match(
      (await again).problem,
      /^requests are missing: of 15 that proxies saw 14 were more than is kept/,
    );
    // What came after the loss is complete.
    const later = mesh.requests({ after: 1 });
    answerAll(4, 7);
    assert.equal((await later).problem, '');
  });

  test('that are more than is kept make room, and whoever asks for those that went is told', () => {
    const observations = new Observations(100);
    const all = Array.from({ length: 120 }, (_, index) => seen({ requestId: String(index), startMs: index }));
    observations.add(all, () => null);
    assert.deepEqual([observations.mark, observations.dropped], [120, 30]);
    const kept = observations.find({});
    assert.deepEqual([kept.length, kept[0]?.requestId], [90, '30']);
  });
});

test('the agent that a restart left behind is no proxy of its container', async () => {
  const { controller } = await start();
  const app = { ...containerFacts('web', 1, { app: 'web' }), startedAt: '2026-01-02T00:00:00Z' };
  const agent = (id: string, startedAt: string) => ({
    ...containerFacts(id, 3, {
      ...{ 'lateen.role': 'agent', 'lateen.agent-for': app.id, 'lateen.app-started': startedAt },
    }),
    id,
  });
  const containers = new Map(
    [app, agent('old', '2026-01-01T00:00:00Z'), agent('new', app.startedAt)].map((each) => [each.id, each]),
  );
  const status = (container: string) => ({ container, state: 'SYNCED', lastError: '' }) as ProxyStatus;
  const stateOf = (...agents: string[]) => {
    const proxies = testProxies(controller.world, agents.map(status), containers);
    const { state, startedAt } = proxies.find(({ workload }) => workload.id === app.id) ?? assert.fail();
    return [state, startedAt];
  };
  assert.deepEqual(stateOf('old'), ['NOT CONNECTED', app.startedAt]);
  assert.deepEqual(stateOf('new', 'old'), ['SYNCED', app.startedAt]);
});
