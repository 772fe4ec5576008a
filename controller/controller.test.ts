import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { silentLogger } from '../base/log.ts';
import { LABEL } from '../model/labels.ts';
import { Controller } from './controller.ts';
import { containerFacts } from './testing/container-facts.ts';
import type { ContainerFacts } from './world/container-facts.ts';

/** A controller of the project `shop`, which counts the Worlds that it makes. */
function start(...containers: readonly ContainerFacts[]) {
  const seen = { worlds: 0, workloads: [] as string[] };
  const controller = new Controller({
    onResources() {},
    jwks: () => new Map(),
    membership: { meshId: 'shop', project: 'shop' },
    selfId: '',
    log: silentLogger,
    lastGood: {},
    saveLastGood() {},
    onWorld({ world }) {
      seen.worlds += 1;
      seen.workloads = world.workloads.map(({ name, health }) => `${name} ${health}`);
    },
  });
  const all = new Map(containers.map((facts) => [facts.id, facts]));
  const tell = async (...changed: readonly ContainerFacts[]) => {
    for (const facts of changed) all.set(facts.id, facts);
    controller.onContainers(all);
    await nextTurn();
    return seen;
  };
  controller.onFiles(new Map());
  return { tell, all };
}

const stranger = (name: string) => containerFacts(name, 9, { [LABEL.composeProject]: 'another' });
const joining = (name: string, owner: string) => ({
  ...stranger(name),
  networkMode: `container:${owner}`,
});

test('what containers do that have nothing to do with the mesh makes no work', async () => {
  const { tell, all } = start(containerFacts('web', 1));
  await tell();
  await tell(stranger('db'));
  await tell({ ...stranger('db'), health: 'unhealthy' });
  await tell(joining('looks-on', 'db'));
  all.delete('db');
  assert.deepEqual(await tell(), { worlds: 1, workloads: ['web ready'] });
});

test('a container of the mesh that comes, changes or goes makes a new World at once', async () => {
  const { tell, all } = start(containerFacts('web', 1));
  await tell();
  const api = containerFacts('api', 2);
  assert.deepEqual(await tell(api), { worlds: 2, workloads: ['api ready', 'web ready'] });
  const changed = await tell({ ...api, health: 'starting' });
  assert.deepEqual(changed, { worlds: 3, workloads: ['api starting', 'web ready'] });
  all.delete('api');
  assert.deepEqual(await tell(), { worlds: 4, workloads: ['web ready'] });
});

test('who joins the network namespace of a member counts, whatever its labels say', async () => {
  const agent = containerFacts('agent', 1, { [LABEL.role]: 'agent', [LABEL.agentOf]: 'web' });
  const { tell } = start(agent);
  assert.deepEqual((await tell()).workloads, ['agent starting']);
  const web = containerFacts('web', 0, { [LABEL.composeProject]: '' });
  assert.deepEqual(await tell({ ...web, networkMode: 'container:agent' }), {
    worlds: 2,
    workloads: ['web ready'],
  });
});
