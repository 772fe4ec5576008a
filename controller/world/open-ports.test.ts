import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ContainerFacts } from './container-facts.ts';
import { OpenPortsReports } from './open-ports.ts';

const START = Date.parse('2026-03-01T12:00:00.000Z');
const facts = (id: string, startedAtMs = START) =>
  ({ id, startedAt: new Date(startedAtMs).toISOString(), state: 'running' }) as ContainerFacts;

function reportsAt(clock: { ms: number }): OpenPortsReports {
  return new OpenPortsReports(() => clock.ms);
}

test('a container that just started counts as closed until its agent speaks', () => {
  const reports = reportsAt({ ms: START + 100 });
  assert.deepEqual(reports.of(facts('a')), []);
  assert.equal(reports.report(facts('a'), [9080]), true);
  assert.deepEqual(reports.of(facts('a')), [9080]);
});

test('the same word again is no news', () => {
  const reports = reportsAt({ ms: START });
  reports.report(facts('a'), [9080]);
  assert.equal(reports.report(facts('a'), [9080]), false);
  assert.equal(reports.report(facts('a'), [9080, 9090]), true);
});

test('a health check that fails is news, and forgotten with the container’s next start', () => {
  const reports = reportsAt({ ms: START });
  reports.report(facts('a'), [9080]);
  assert.equal(reports.isFailing(facts('a')), false);
  assert.equal(reports.report(facts('a'), [9080], true), true);
  assert.equal(reports.isFailing(facts('a')), true);
  assert.equal(reports.isFailing(facts('a', START + 1000)), false);
  assert.equal(reports.report(facts('a'), [9080]), true);
});

test('silence means nothing after a while: an old agent, or a controller that restarted', () => {
  const clock = { ms: START + 9_999 };
  const reports = reportsAt(clock);
  assert.equal(reports.silenceEndsInMs(facts('a')), 1);
  clock.ms += 1;
  assert.equal(reports.of(facts('a')), null);
  assert.equal(reports.silenceEndsInMs(facts('a')), 0);
});

test('what was said before a restart does not hold after it', () => {
  const clock = { ms: START };
  const reports = reportsAt(clock);
  reports.report(facts('a'), [9080]);
  clock.ms += 60_000;
  assert.deepEqual(reports.of(facts('a', START + 60_000)), []);
});

test('containers that are gone are forgotten', () => {
  const clock = { ms: START };
  const reports = reportsAt(clock);
  reports.report(facts('a'), [9080]);
  reports.keep(new Map());
  clock.ms += 60_000;
  assert.equal(reports.of(facts('a')), null);
});
