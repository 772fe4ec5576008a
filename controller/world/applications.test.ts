import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DEFAULT_MESH_CONFIG } from '../../istio/mesh-config.ts';
import { containerFacts } from '../testing/container-facts.ts';
import { applicationContainer } from './applications.ts';
import { buildWorld } from './build-world.ts';
import type { ContainerFacts } from './container-facts.ts';

const AGENT_STARTED = '2026-01-01T10:00:00.5Z';
const APP_STARTED = '2026-01-01T10:00:02.51Z';

/** An agent that Compose started, as `lateen inject` writes it. */
function agent(more: Partial<ContainerFacts> = {}): ContainerFacts {
  const { labels, ...facts } = containerFacts('reviews-lateen', 1);
  const { 'lateen.inject': _, ...own } = labels;
  return {
    ...facts,
    labels: { ...own, 'lateen.role': 'agent', 'lateen.agent-of': 'reviews', app: 'reviews' },
    startedAt: AGENT_STARTED,
    ...more,
  };
}

function app(more: Partial<ContainerFacts> = {}, name = 'reviews'): ContainerFacts {
  const facts = containerFacts(name, 1, {
    app: 'reviews',
    'example.com/team': 'books',
    'com.docker.compose.service': 'reviews',
  });
  return {
    ...{ ...facts, networks: [], networkMode: 'container:reviews-lateen', startedAt: APP_STARTED },
    exposedPorts: [{ port: 9080, protocol: 'tcp' }],
    ...more,
  };
}

const build = (...containers: ContainerFacts[]) =>
  buildWorld({
    membership: { meshId: 'shop', project: 'shop' },
    mesh: DEFAULT_MESH_CONFIG,
    containers,
    openPorts: ({ id }) => (id === 'reviews-lateen' ? [9080] : null),
    resources: [],
  });
const workloadOf = (...containers: ContainerFacts[]) => build(...containers).world.workloads[0];
const codesOf = (...containers: ContainerFacts[]) => build(...containers).violations.map(({ code }) => code);

test('an injected service is one workload, as if its agent had been attached', () => {
  const { world, violations } = build(agent(), app());
  assert.deepEqual(violations, []);
  assert.equal(world.workloads.length, 1);
  const [workload] = world.workloads;
  assert.deepEqual(
    [workload?.name, workload?.workload, workload?.serviceAccount, workload?.startedAt],
    ['reviews', 'reviews', 'reviews', APP_STARTED],
  );
  assert.deepEqual(workload?.addresses, [{ network: 'net', address: '10.0.0.1' }]);
  assert.equal(workload?.labels['example.com/team'], 'books');
  assert.deepEqual([workload?.proxy, workload?.health, workload?.openPorts], ['sidecar', 'ready', [9080]]);
  const [service] = world.services;
  assert.equal(world.services.length, 1);
  assert.deepEqual(
    [service?.name, service?.isDockerName, service?.ports[0]?.number],
    ['reviews', true, 9080],
  );
});

test('its agent has its identity before the application is there, and gets no traffic yet', () => {
  const workload = workloadOf(agent());
  assert.deepEqual([workload?.workload, workload?.serviceAccount], ['reviews', 'reviews']);
  assert.equal(workload?.health, 'starting');
  assert.equal(workloadOf(agent(), app({ state: 'created', startedAt: '' }))?.health, 'starting');
});

test('readiness is the application’s own: its health check, its stop, its pause', () => {
  assert.equal(workloadOf(agent(), app({ health: 'starting' }))?.health, 'starting');
  assert.equal(workloadOf(agent({ health: 'healthy' }), app({ health: 'unhealthy' }))?.health, 'unhealthy');
  assert.equal(workloadOf(agent({ health: 'starting' }), app({ health: 'healthy' }))?.health, 'ready');
  assert.equal(workloadOf(agent(), app({ isDraining: true }))?.health, 'draining');
  assert.equal(workloadOf(agent(), app({ state: 'stopped' }))?.health, 'unhealthy');
  assert.equal(workloadOf(agent(), app({ state: 'paused' }))?.health, 'unhealthy');
});

test('an agent that was started again cut its application off: it gets no traffic, and the remedy is told', () => {
  const [violation] = build(agent({ startedAt: '2026-01-01T11:00:00Z' }), app()).violations;
  assert.deepEqual(
    [violation?.code, violation?.severity, violation?.resource],
    ['LAT0113', 'Error', 'Container reviews'],
  );
  assert.equal(violation?.remedy, 'docker compose restart reviews');
  assert.equal(workloadOf(agent({ startedAt: '2026-01-01T11:00:00Z' }), app())?.health, 'unhealthy');
});

test('an application whose agent is paused gets no traffic, and how to wake it is told', () => {
  const plain = containerFacts('web', 2);
  const attached = (state: ContainerFacts['state'], name = 'web-lateen-1'): ContainerFacts => ({
    ...containerFacts(name, 3, { 'lateen.role': 'agent', 'lateen.agent-for': 'web' }),
    state,
  });
  const [violation] = build(plain, attached('paused')).violations;
  assert.deepEqual([violation?.code, violation?.resource], ['LAT0115', 'Container web']);
  assert.equal(violation?.remedy, 'docker unpause web-lateen-1');
  assert.equal(workloadOf(plain, attached('paused'))?.health, 'unhealthy');
  assert.equal(workloadOf(plain, attached('running'))?.health, 'ready');
  // That of an earlier start may lie there for a moment.
  assert.equal(workloadOf(plain, attached('paused'), attached('running', 'web-lateen-2'))?.health, 'ready');
  assert.deepEqual(codesOf(plain, attached('stopped')), []);
  assert.deepEqual(codesOf({ ...plain, state: 'paused' }, attached('paused')), []);
  assert.deepEqual(codesOf(agent({ state: 'paused' }), app()), ['LAT0115']);
  assert.equal(workloadOf(agent({ state: 'paused' }), app())?.health, 'unhealthy');
});

test('an application whose agent was told to stop is left alone until it has another one', () => {
  const plain = containerFacts('web', 2);
  const attached = (isDraining: boolean, name = 'web-lateen-1'): ContainerFacts => ({
    ...containerFacts(name, 3, { 'lateen.role': 'agent', 'lateen.agent-for': 'web' }),
    isDraining,
  });
  assert.equal(workloadOf(plain, attached(true))?.health, 'draining');
  assert.equal(workloadOf(plain, attached(true), attached(false, 'web-lateen-2'))?.health, 'ready');
  assert.deepEqual(codesOf(plain, attached(true)), []);
});

test('a scaled application is told that its containers share one address', () => {
  const [violation] = build(agent(), app(), app({}, 'reviews-2')).violations;
  assert.equal(violation?.code, 'LAT0114');
  assert.match(violation?.message ?? '', /^reviews and reviews-2 share /);
  assert.deepEqual(codesOf(agent(), app(), app({ state: 'stopped' }, 'reviews-2')), []);
});

test('who else looks on in the namespace is no application of the service', () => {
  const onlooker = app({}, 'tcpdump');
  const labels = { ...onlooker.labels, 'com.docker.compose.service': 'tcpdump', app: 'tcpdump' };
  const oneOff = { ...app({}, 'reviews-run').labels, 'com.docker.compose.oneoff': 'True' };
  const all = [agent(), { ...onlooker, labels }, app({ labels: oneOff }, 'reviews-run'), app()];
  assert.equal(workloadOf(...all)?.name, 'reviews');
  assert.deepEqual(codesOf(...all), []);
});

test('an application that runs as the agent’s own user is told so here too', () => {
  assert.deepEqual(codesOf(agent(), app({ user: '1337' })), ['LAT0112']);
});

test('whoever asks for the container of an application is given that, and not its agent', () => {
  const containers = new Map(
    [agent(), app(), containerFacts('ratings', 2)].map((facts) => [facts.id, facts]),
  );
  assert.equal(applicationContainer(containers, 'reviews-lateen')?.id, 'reviews');
  assert.equal(applicationContainer(containers, 'ratings')?.id, 'ratings');
  assert.equal(applicationContainer(containers, 'gone'), undefined);
  containers.delete('reviews');
  assert.equal(applicationContainer(containers, 'reviews-lateen')?.id, 'reviews-lateen');
});
