import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { assertAlike, difference } from '../vectors/assert-alike.ts';
import { loadScenarios } from '../vectors/load-scenarios.ts';
import { NOT_YET } from '../vectors/not-yet.ts';
import { compact, loadRandomScenarios, type RandomScenario } from '../vectors/random-scenarios.ts';
import type { Scenario } from '../vectors/scenario.ts';
import { withoutUncaptured } from '../vectors/uncaptured.ts';
import { hasPlaceFor } from './vectors/containers.ts';
import {
  expectedOnDocker,
  isOnDocker,
  isRace,
  needsFreshStart,
  seenOnDocker,
} from './vectors/docker-differences.ts';
import { writeDocuments } from './vectors/documents.ts';
import { EngineMesh } from './vectors/engine-mesh.ts';
import { makeCalls } from './vectors/make-calls.ts';

/** The recorded scenarios that these containers can be, through a controller, agents and a network that are real. */
const scenarios = loadScenarios()
  .map(withoutUncaptured)
  .filter(
    (scenario) =>
      !NOT_YET.has(scenario.name) &&
      hasPlaceFor(scenario) &&
      scenario.calls.every(({ request }) => request.url.startsWith('http:')),
  );

/** Generated ones: of those with a gateway, two Services would choose each other's workloads. */
const generated = loadRandomScenarios().filter(
  ({ name, refused, scenario }) => refused === '' && !NOT_YET.has(name) && hasPlaceFor(scenario),
);

let engine: EngineMesh;
let passed = 0;
const addressOf = (name: string) => engine.addressOf(name);

describe('answers recorded from real Istio, on an engine', () => {
  before(async () => {
    engine = await EngineMesh.start();
  });
  for (const scenario of scenarios) {
    test(scenario.name, async () => {
      await run(scenario);
      passed += 1;
    });
  }
  for (const random of generated) {
    test(random.name, async () => {
      await runGenerated(random);
      passed += 1;
    });
  }
  after(async () => {
    const count = scenarios.length + generated.length;
    console.log(`scenarios of real Istio on an engine: ${passed} of ${count} answered alike`);
    await engine?.[Symbol.asyncDispose]();
  });
});

/** Of a scenario that is a race. */
const MAX_TRIES = 3;

async function run(scenario: Scenario): Promise<void> {
  if (needsFreshStart(scenario)) await put({ ...scenario, config: '' });
  await put(scenario);
  for (let tries = isRace(scenario) ? MAX_TRIES : 1; ; tries--) {
    try {
      return await compare(scenario);
    } catch (error) {
      if (tries === 1) throw error;
      console.log(`${scenario.name}: the race was lost, tried again`);
    }
  }
}

function put(scenario: Scenario): Promise<void> {
  return engine.apply(writeDocuments(scenario, addressOf));
}

async function compare({ name, calls: all }: Scenario): Promise<void> {
  const calls = all.filter((call) => isOnDocker(name, call));
  const awaited = calls.map(({ request, answer: { hops = [], arrivals = [], counts } }) => {
    const isCounted = counts !== undefined;
    return { request, hops: isCounted ? 0 : hops.length, arrivals: isCounted ? 0 : arrivals.length };
  });
  const made = await makeCalls(engine, awaited);
  for (const [index, call] of calls.entries()) {
    const recorded = { ...call, answer: expectedOnDocker(call.answer) };
    assertAlike(name, recorded, seenOnDocker(made[index] ?? {}), addressOf);
  }
}

async function runGenerated({ scenario, calls }: RandomScenario): Promise<void> {
  await put(scenario);
  const made = await makeCalls(
    engine,
    calls.map(({ request, answer }) => ({ request, hops: 1, arrivals: answer.arrivals ?? 0 })),
  );
  for (const [index, { name, answer }] of calls.entries()) {
    const compacted = compact(seenOnDocker(made[index] ?? {}), answer);
    assert.deepEqual(compacted, answer, `${name}\n${difference(answer, compacted)}`);
  }
}
