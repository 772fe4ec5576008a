import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { silentLogger } from '../../base/log.ts';
import { LABEL } from '../../model/labels.ts';
import type { DockerWriter } from '../docker/docker-writer.ts';
import { containerFacts } from '../testing/container-facts.ts';
import type { ContainerFacts } from '../world/container-facts.ts';
import { Attacher } from './attacher.ts';
import { HeldApps } from './held-apps.ts';

const APP = containerFacts('web', 1);

/** A daemon that does what it is told and writes it down; agents are `agent-1`, `agent-2`, …. */
function playAttacher(context: TestContext, overrides: Partial<DockerWriter> = {}) {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const done: string[] = [];
  const note = (what: string) => async (id: string) => void done.push(`${what} ${id}`);
  let agents = 0;
  const docker: DockerWriter = {
    createContainer: async () => `agent-${++agents}`,
    startContainer: note('start'),
    removeContainer: note('remove'),
    pauseContainer: note('pause'),
    unpauseContainer: note('unpause'),
    connectNetwork: async () => {},
    ...overrides,
  };
  const attacher = new Attacher({
    docker,
    membership: { meshId: 'shop', project: 'shop' },
    held: new HeldApps([], async () => {}),
    ...{ image: 'lateen', controlVolume: 'control', session: '', logLevel: 'info', log: silentLogger },
    findNamespace: async () => null,
    mustHold: () => true,
  });
  /** What Docker lists, and all that follows from it at once. */
  const see = async (...containers: readonly ContainerFacts[]) => {
    attacher.reconcile(new Map(containers.map((each) => [each.id, each])));
    await settle();
  };
  const wait = async (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      context.mock.timers.tick(1000);
      await settle();
    }
  };
  return { attacher, done, see, wait };
}

const settle = () => new Promise(setImmediate);

function agentOf(app: ContainerFacts, number: number): ContainerFacts {
  const labels = { [LABEL.role]: 'agent', [LABEL.agentFor]: app.id, [LABEL.appStarted]: app.startedAt };
  return { ...containerFacts(`agent-${number}`, 9, labels), networkMode: `container:${app.id}` };
}

test('an application is held until its agent is ready', async (context) => {
  const { attacher, done, see } = playAttacher(context);
  await see(APP);
  await see({ ...APP, state: 'paused' }, agentOf(APP, 1));
  attacher.onReady('web', 'agent-1');
  await settle();
  assert.deepEqual(done, ['pause web', 'start agent-1', 'unpause web']);
});

test('a daemon that is slow to list an agent makes no second one, and no second pause', async (context) => {
  const { done, see, wait } = playAttacher(context);
  await see(APP);
  await wait(8);
  await see(APP);
  assert.deepEqual(done, ['pause web', 'start agent-1']);
});

test('an agent that is never listed ended before that: another one is made', async (context) => {
  const { done, see, wait } = playAttacher(context);
  await see(APP);
  await wait(40);
  assert.deepEqual(done.slice(0, 3), ['pause web', 'start agent-1', 'start agent-2']);
});

test('an application that runs is not held again when its agent is lost', async (context) => {
  const { attacher, done, see, wait } = playAttacher(context);
  await see(APP);
  await see({ ...APP, state: 'paused' }, agentOf(APP, 1));
  attacher.onReady('web', 'agent-1');
  await see(APP, agentOf(APP, 1));
  await wait(3);
  await see(APP);
  assert.deepEqual(done, ['pause web', 'start agent-1', 'unpause web', 'start agent-2']);
});

test('an agent that somebody paused is not joined by a second one', async (context) => {
  const { done, see, wait } = playAttacher(context);
  await see(APP);
  await see(APP, agentOf(APP, 1));
  await wait(3);
  await see(APP, { ...agentOf(APP, 1), state: 'paused' });
  await wait(20);
  assert.deepEqual(done, ['pause web', 'start agent-1']);
});

test('each start of an application is held anew', async (context) => {
  const { attacher, done, see } = playAttacher(context);
  await see(APP);
  await see({ ...APP, state: 'paused' }, agentOf(APP, 1));
  attacher.onReady('web', 'agent-1');
  await see({ ...APP, state: 'stopped' });
  const again = { ...APP, startedAt: '2020-01-01T00:01:00Z' };
  await see(again);
  assert.deepEqual(done.slice(3), ['pause web', 'start agent-2']);
});

test('an application whose agent cannot be made runs, and is not paused by each new try', async (context) => {
  const { done, see, wait } = playAttacher(context, {
    createContainer: () => Promise.reject(new Error('no such image')),
  });
  await see(APP);
  await wait(60);
  assert.deepEqual(done, ['pause web', 'unpause web']);
});

test('the command of a person whose program was killed goes with its visitor, and no other container does', async (context) => {
  const { done, see } = playAttacher(context);
  const visitor = containerFacts('visitor', 1, { [LABEL.actsAs]: 'web', [LABEL.role]: 'gateway' });
  const within = { networkMode: `container:${visitor.id}` };
  const command = {
    ...containerFacts('command', 2, { [LABEL.actsAs]: 'web', [LABEL.inject]: 'false' }),
    ...within,
  };
  const sidecar = { ...containerFacts('sidecar', 3, { [LABEL.inject]: 'false' }), ...within };
  await see(visitor, command, sidecar);
  assert.deepEqual(done, []);
  await see({ ...visitor, state: 'stopped' }, command, sidecar);
  await see(command, sidecar);
  assert.deepEqual(done, ['remove command', 'remove command']);
});
