import { after, before, describe, test } from 'node:test';
import { assertAlike } from '../vectors/assert-alike.ts';
import { loadScenarios } from '../vectors/load-scenarios.ts';
import { NOT_YET } from '../vectors/not-yet.ts';
import type { Scenario } from '../vectors/scenario.ts';
import { hasPlaceFor } from './vectors/containers.ts';
import {
  expectedOnDocker,
  hangsOnTime,
  isOnDocker,
  isWaiting,
  needsFreshStart,
  seenOnDocker,
} from './vectors/docker-differences.ts';
import { writeDocuments } from './vectors/documents.ts';
import { EngineMesh } from './vectors/engine-mesh.ts';
import { makeCalls } from './vectors/make-calls.ts';

/** The recorded scenarios that these containers can be, through a controller, agents and a network that are real. */
const scenarios = loadScenarios().filter(
  (scenario) =>
    !NOT_YET.has(scenario.name) &&
    !isWaiting(scenario) &&
    hasPlaceFor(scenario) &&
    scenario.calls.every(({ request }) => request.url.startsWith('http:')),
);

let engine: EngineMesh;
let passed = 0;

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
  after(async () => {
    console.log(`scenarios of real Istio on an engine: ${passed} of ${scenarios.length} answered alike`);
    await engine?.[Symbol.asyncDispose]();
  });
});

/** Of a scenario that hangs on time. */
const MAX_TRIES = 3;

async function run(scenario: Scenario): Promise<void> {
  if (needsFreshStart(scenario)) await put({ ...scenario, config: '' });
  await put(scenario);
  for (let tries = hangsOnTime(scenario) ? MAX_TRIES : 1; ; tries--) {
    try {
      return await compare(scenario);
    } catch (error) {
      if (tries === 1) throw error;
    }
  }
}

function put(scenario: Scenario): Promise<void> {
  return engine.apply(writeDocuments(scenario, (name) => engine.addressOf(name)));
}

async function compare({ name, calls: all }: Scenario): Promise<void> {
  const calls = all.filter((call) => isOnDocker(name, call));
  const made = await makeCalls(engine, calls);
  for (const [index, call] of calls.entries()) {
    const recorded = { ...call, answer: expectedOnDocker(call.answer) };
    assertAlike(name, recorded, seenOnDocker(made[index] ?? {}), (each) => engine.addressOf(each));
  }
}
