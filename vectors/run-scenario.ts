import assert from 'node:assert/strict';
import { createManualClock, type ManualClock } from '../base/clock.ts';
import { createSeededRandom } from '../base/random.ts';
import { INBOUND_PASSTHROUGH_CLUSTER } from '../model/names.ts';
import { assertAlike, difference } from './assert-alike.ts';
import { countCalls, makeCall } from './make-call.ts';
import { MemoryMesh, OUTSIDE_ADDRESS } from './memory-mesh.ts';
import { compact, type RandomScenario } from './random-scenarios.ts';
import type { Answer, Call, Scenario } from './scenario.ts';
import { isUncaptured } from './uncaptured.ts';

/** Tokens of the recordings had expired or not by then. */
const RECORDED_AT_MS = Date.UTC(2026, 6, 1);

/** Any will do: bands are 4.5 standard deviations wide. */
const SEED = 20;

/**
 * Makes a scenario's calls, in order, on one mesh.
 * @throws AssertionError for the first answer that differs from the recorded one
 */
export function runScenario(scenario: Scenario): void {
  const { mesh, clock } = open(scenario);
  const addressOf = (name: string) => (name === 'outside' ? OUTSIDE_ADDRESS : mesh.addressOf(name));
  for (const call of scenario.calls) {
    const { request } = call;
    const made =
      request.times === undefined ? makeCall(mesh, clock, request) : countCalls(mesh, clock, request);
    if (isUncaptured(scenario.name, call)) assertPassedThrough(call, made);
    else assertAlike(scenario.name, call, made, addressOf);
  }
}

function assertPassedThrough({ name, answer }: Call, { status, backend, hops = [] }: Answer): void {
  const cluster = hops.at(-1)?.cluster;
  assert.deepEqual(
    { status, workload: backend?.workload, port: backend?.port, cluster },
    {
      ...{ status: answer.status, workload: answer.backend?.workload, port: answer.backend?.port },
      cluster: INBOUND_PASSTHROUGH_CLUSTER,
    },
    name,
  );
}

export function runRandomScenario({ scenario, calls }: RandomScenario): void {
  const { mesh, clock } = open(scenario);
  for (const { name, request, answer } of calls) {
    const made = compact(makeCall(mesh, clock, request), answer);
    assert.deepEqual(made, answer, `${name}\n${difference(answer, made)}`);
  }
}

function open(scenario: Scenario): { mesh: MemoryMesh; clock: ManualClock } {
  const clock = createManualClock(RECORDED_AT_MS);
  return { clock, mesh: new MemoryMesh(scenario, { clock, random: createSeededRandom(SEED) }) };
}
