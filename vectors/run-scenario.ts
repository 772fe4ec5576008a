import assert from 'node:assert/strict';
import { createManualClock, type ManualClock } from '../base/clock.ts';
import { createSeededRandom } from '../base/random.ts';
import { withoutChance } from './by-chance.ts';
import { comparable } from './compare.ts';
import { countCalls, makeCall } from './make-call.ts';
import { MemoryMesh, OUTSIDE_ADDRESS } from './memory-mesh.ts';
import { compact, type RandomScenario } from './random-scenarios.ts';
import type { Answer, Scenario } from './scenario.ts';

/** Any will do: bands are 4.5 standard deviations wide. */
const SEED = 20;

/**
 * Makes a scenario's calls, in order, on one mesh.
 * @throws AssertionError for the first answer that differs from the recorded one
 */
export function runScenario(scenario: Scenario): void {
  const { mesh, clock } = open(scenario);
  const addressOf = (name: string) => (name === 'outside' ? OUTSIDE_ADDRESS : mesh.addressOf(name));
  for (const { name, request, answer } of scenario.calls) {
    const made =
      request.times === undefined ? makeCall(mesh, clock, request) : countCalls(mesh, clock, request);
    const same = (each: Answer) => withoutChance(scenario.name, name, each);
    const { expected, actual } = comparable(same(answer), same(made), addressOf);
    assert.deepEqual(actual, expected, `${name}\n${difference(expected, actual)}`);
  }
}

export function runRandomScenario({ scenario, calls }: RandomScenario): void {
  const { mesh, clock } = open(scenario);
  for (const { name, request, answer } of calls) {
    const made = compact(makeCall(mesh, clock, request), answer);
    assert.deepEqual(made, answer, `${name}\n${difference(answer, made)}`);
  }
}

function open(scenario: Scenario): { mesh: MemoryMesh; clock: ManualClock } {
  const clock = createManualClock();
  return { clock, mesh: new MemoryMesh(scenario, { clock, random: createSeededRandom(SEED) }) };
}

/** One line for each place where the two differ. */
function difference(expected: unknown, actual: unknown, path = ''): string {
  if (isTree(expected) && isTree(actual)) {
    const keys = [...new Set([...Object.keys(expected), ...Object.keys(actual)])];
    return keys
      .map((key) => difference(expected[key], actual[key], `${path}.${key}`))
      .filter((line) => line !== '')
      .join('\n');
  }
  const [recorded, here] = [JSON.stringify(expected), JSON.stringify(actual)];
  return recorded === here ? '' : `  ${path.slice(1)}: recorded ${recorded}, here ${here}`;
}

const isTree = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
