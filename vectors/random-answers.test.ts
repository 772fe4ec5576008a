import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { isDifference, NOT_YET } from './not-yet.ts';
import { loadRandomScenarios } from './random-scenarios.ts';
import { runRandomScenario } from './run-scenario.ts';
import { createWorld } from './scenario-world.ts';

const scenarios = loadRandomScenarios();

describe('answers of real Istio to generated scenarios', () => {
  for (const random of scenarios) {
    const { name, refused, scenario } = random;
    const reason = NOT_YET.get(name);
    if (refused !== '')
      test(`${name}: ${refused}`, () => assert.throws(() => createWorld(scenario), /refused/));
    else if (reason === undefined) test(name, () => runRandomScenario(random));
    else {
      test(`${name}: not yet (${reason})`, () => {
        assert.throws(
          () => runRandomScenario(random),
          isDifference,
          'it passes: take it off vectors/not-yet.ts',
        );
      });
    }
  }
  after(() => {
    const waiting = scenarios.filter(({ name }) => NOT_YET.has(name)).length;
    console.log(`generated scenarios: ${scenarios.length - waiting} answered alike, ${waiting} not yet`);
  });
});
