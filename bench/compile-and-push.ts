import { compileSnapshot } from '../controller/compile/compile-snapshot.ts';
import type { World } from '../controller/compile/world.ts';
import { indexWorld, type WorldIndex } from '../controller/compile/world-index.ts';
import { Differ, type HeldResources, nothingHeld } from '../controller/push/delta.ts';
import { PushHub } from '../controller/push/push-hub.ts';
import { Serialiser } from '../controller/push/serialised.ts';
import { PUSH_PROTOCOL } from '../model/push.ts';
import { createSampleWorld, withRoutedTo } from './sample-world.ts';
import { markdownTable, median } from './table.ts';

const ROUNDS = 15;

/** What an edit costs the controller: 100 services × 3 workloads, 300 proxies, compiled, compared and serialised. */
export function benchCompileAndPush() {
  const first = createSampleWorld(100);
  const differ = new Differ(new Serialiser());
  let held = new Map<string, HeldResources>();
  const full = time(() => {
    held = new Map();
    pushAll(indexWorld(first), held, differ);
  });
  let flip = 0;
  let index = indexWorld(first);
  const edit = (world: World) => {
    index = indexWorld(world, index);
    pushAll(index, held, differ);
  };
  const routeEdit = time(() => edit(withRoutedTo(first, `v${(flip++ % 2) + 1}`)));
  const endpointEdit = time(() => edit(withoutWorkload(first, flip++)));
  const endpointCompile = time(() => {
    index = indexWorld(withoutWorkload(first, flip++), index);
    for (const workload of index.world.workloads) compileSnapshot(index, workload);
  });
  const compileOnly = time(() => {
    const index = indexWorld(first);
    for (const workload of first.workloads) compileSnapshot(index, workload);
  });
  const rows = [
    { what: 'full compile for 300 proxies', ms: compileOnly },
    { what: 'full compile and serialisation, nothing held yet', ms: full },
    { what: 'one route changed: compile, compare, serialise for 300 proxies', ms: routeEdit },
    { what: 'one workload gone: compile for 300 proxies', ms: endpointCompile },
    { what: 'one workload gone: compile, compare, serialise for 300 proxies', ms: endpointEdit },
  ];
  rows.push(...largeMesh(), ...thousandAgents());
  const table = markdownTable([
    ['controller, 100 services × 3', 'ms (median)'],
    ...rows.map(({ what, ms }) => [what, ms.toFixed(1)]),
  ]);
  return { table, rows };
}

/** Far beyond a laptop, so that the shape of the cost shows. */
function largeMesh() {
  const large = createSampleWorld(1000, 5);
  const [one] = large.workloads;
  let index = indexWorld(large);
  const differ = new Differ(new Serialiser());
  let held = nothingHeld();
  const compileOne = () => {
    if (one !== undefined) held = differ.compare(held, compileSnapshot(index, one).resources).after;
  };
  const full = time(() => {
    index = indexWorld(structuredClone(large));
    held = nothingHeld();
    compileOne();
  });
  let flip = 0;
  let next = large;
  const endpoint = time(
    () => {
      index = indexWorld(next, index);
      compileOne();
    },
    4 * ROUNDS,
    () => {
      next = withoutWorkload(large, 1 + flip++);
    },
  );
  return [
    { what: '1,000 services × 5: full compile and serialisation for one proxy', ms: full },
    {
      what: '1,000 services × 5: one endpoint changed: compile, compare, serialise for one proxy',
      ms: endpoint,
    },
  ];
}

/** The hub with 1,000 streams, in memory: from a changed World to the last acknowledgement. */
function thousandAgents() {
  const world = createSampleWorld(250, 4);
  const hub = new PushHub({
    wall: Date.now,
    bootId: 'bench',
    findWorkload: (index, container) => index.workloadsById.get(container),
    onSettled: () => {},
  });
  const owed: { container: string; nonce: string }[] = [];
  let index = indexWorld(world);
  const settle = () => {
    for (const { container, nonce } of owed.splice(0))
      hub.acknowledge(container, { nonce, version: nonce, error: null });
  };
  hub.update(index);
  for (const { id } of world.workloads) {
    hub.connect(id, { protocol: PUSH_PROTOCOL, version: '', hashes: {}, agent: 'bench' }, (line) => {
      owed.push({ container: id, nonce: /"nonce":"([^"]*)"/.exec(line)?.[1] ?? '' });
    });
  }
  settle();
  let flip = 0;
  const ms = time(() => {
    index = indexWorld(withRoutedTo(world, `v${(flip++ % 2) + 1}`), index);
    hub.update(index);
    settle();
  });
  if (!hub.areAllSettled) throw new Error('the simulated agents did not acknowledge everything');
  return [{ what: '1,000 simulated agents: one route changed, until all acknowledged', ms }];
}

function pushAll(index: WorldIndex, held: Map<string, HeldResources>, differ: Differ): number {
  let bytes = 0;
  for (const workload of index.world.workloads) {
    const { resources } = compileSnapshot(index, workload);
    const delta = differ.compare(held.get(workload.id) ?? nothingHeld(), resources);
    held.set(workload.id, delta.after);
    bytes += delta.upsert.join(',').length;
  }
  return bytes;
}

function withoutWorkload(world: World, which: number): World {
  const gone = world.workloads[which % world.workloads.length]?.id;
  return {
    ...world,
    workloads: world.workloads.filter(({ id }) => id !== gone),
    services: world.services.map((service) => ({
      ...service,
      members: service.members.filter((id) => id !== gone),
    })),
  };
}

function time(task: () => void, rounds = ROUNDS, prepare: () => void = () => {}): number {
  const samples: number[] = [];
  for (let round = 0; round < rounds; round++) {
    prepare();
    const startMs = performance.now();
    task();
    samples.push(performance.now() - startMs);
  }
  return median(samples.slice(3));
}
