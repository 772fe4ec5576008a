import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { loadScenarios } from './load-scenarios.ts';
import { isDifference, NOT_YET } from './not-yet.ts';
import { runScenario } from './run-scenario.ts';

const scenarios = loadScenarios();

describe('answers recorded from real Istio', () => {
  for (const scenario of scenarios) {
    const reason = NOT_YET.get(scenario.name);
    if (reason === undefined) test(scenario.name, () => runScenario(scenario));
    else {
      test(`${scenario.name}: not yet (${reason})`, () => {
        assert.throws(() => runScenario(scenario), isDifference, 'it passes: take it off vectors/not-yet.ts');
      });
    }
  }
  after(() => {
    const names = new Set(scenarios.map(({ name }) => name));
    const waiting = [...NOT_YET.keys()].filter((name) => names.has(name)).length;
    console.log(`scenarios of real Istio: ${scenarios.length - waiting} answered alike, ${waiting} not yet`);
  });
});
