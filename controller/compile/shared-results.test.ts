import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { documentOf, resourcesOf } from '../../istio/testing/read-text.ts';
import { compileSnapshot } from './compile-snapshot.ts';
import { OverlaidMap } from './overlaid-map.ts';
import { createWorld, service, workload } from './world.fixture.ts';
import type { World } from './world.ts';
import { indexWorld } from './world-index.ts';

const RULE = documentOf('VirtualService', {
  hosts: ['a'],
  http: [{ route: [{ destination: { host: 'b' } }] }],
});

const WORLD = createWorld(
  [service('a:http:80'), service('b:http:80'), service('d:tcp:90', { isDockerName: true })],
  [workload('a'), workload('b'), workload('d')],
  RULE,
);

const KINDS = ['listener', 'route', 'cluster', 'endpoint', 'workload', 'name', 'authorization'] as const;

/** Compiles for one proxy twice, the second time as the World that follows. */
function inTurn(first: World, second: World) {
  const before = indexWorld(first);
  const after = indexWorld(second, before);
  const resources = [before, after].map((index) => {
    const proxy = index.workloadsById.get('a');
    assert.ok(proxy !== undefined);
    return compileSnapshot(index, proxy).resources;
  });
  const [old, fresh] = resources;
  assert.ok(old !== undefined && fresh !== undefined);
  const changed = KINDS.flatMap((kind) => {
    const names = [...fresh[kind].keys()];
    return names
      .filter((name) => old[kind].get(name) !== fresh[kind].get(name))
      .map((name) => `${kind} ${name}`);
  });
  const scratch = indexWorld(second);
  const proxy = scratch.workloadsById.get('a');
  assert.ok(proxy !== undefined);
  const sorted = (map: ReadonlyMap<string, unknown>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
  const anew = compileSnapshot(scratch, proxy).resources;
  for (const kind of KINDS) assert.deepEqual(sorted(fresh[kind]), sorted(anew[kind]), kind);
  return changed;
}

/** The same World, as the sources would build it anew. */
const copy = (world: World): World => ({
  ...structuredClone({ ...world, resources: [] }),
  resources: world.resources,
});

describe('a World after another', () => {
  it('shares everything with it where nothing changed', () => {
    assert.deepEqual(inTurn(WORLD, copy(WORLD)), []);
  });

  it("shares everything with it where a file's lines only moved", () => {
    const policy = documentOf('AuthorizationPolicy', { rules: [{}] });
    const tcp = documentOf(
      'VirtualService',
      { hosts: ['d'], tcp: [{ route: [{ destination: { host: 'd' } }] }] },
      { name: 'tcp' },
    );
    const text = [RULE, policy, tcp].join('---\n');
    const world = (config: string) => ({ ...WORLD, resources: resourcesOf(config) });
    assert.deepEqual(inTurn(world(text), world(`# a remark\n\n${text}`)), []);
  });

  it('has new endpoints where a container went, nobody who may answer for it, and nothing else', () => {
    const gone = copy(WORLD);
    const services = gone.services.map((each) => (each.name === 'b' ? { ...each, members: [] } : each));
    const workloads = gone.workloads.filter(({ id }) => id !== 'b');
    assert.deepEqual(inTurn(WORLD, { ...gone, services, workloads }), [
      'cluster outbound|80||b.default.svc.cluster.local',
      'endpoint outbound|80||b.default.svc.cluster.local',
    ]);
  });

  it('has a new listener where a container that is called by its address got another one', () => {
    const moved = copy(WORLD);
    const workloads = moved.workloads.map((each) =>
      each.id === 'd' ? { ...each, addresses: [{ network: 'net', address: '10.0.0.9' }] } : each,
    );
    assert.deepEqual(inTurn(WORLD, { ...moved, workloads }), [
      'listener 240.240.0.100_90',
      'endpoint outbound|90||d.default.svc.cluster.local',
      'workload d',
    ]);
  });

  it('has new routes where a document changed', () => {
    assert.deepEqual(inTurn(WORLD, { ...copy(WORLD), resources: [] }), ['route 80']);
  });
});

describe('a map over a shared one', () => {
  it('is both', () => {
    const map = new OverlaidMap(new Map([['a', 1]]), new Map([['b', 2]]));
    assert.deepEqual(
      [...map],
      [
        ['a', 1],
        ['b', 2],
      ],
    );
    assert.deepEqual([[...map.keys()], [...map.values()], map.size], [['a', 'b'], [1, 2], 2]);
    assert.deepEqual([map.get('a'), map.get('b'), map.has('c')], [1, 2, false]);
  });
});
