import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readReport } from './read-report.ts';
import { edge, outcome, report } from './traffic.fixture.ts';

test('a report is taken as it is told', () => {
  const told = report(edge({ outcomes: [outcome(200, 1)], durations: [[19, 1]], open: 0 }));
  assert.deepEqual(readReport(JSON.stringify(told)), told);
});

test('whatever else is posted is none', () => {
  const good = edge({ outcomes: [outcome(200, 1)] });
  const bad = [
    ...['', '{', 'null', '[]', '"x"', '{"isFirst":true}', `${'['.repeat(100_000)}`],
    ...[
      { ...good, peer: { workload: 1 } },
      { ...good, service: 'x'.repeat(301) },
      { ...good, outcomes: Array.from({ length: 31 }, () => outcome(200, 1)) },
      { ...good, outcomes: [outcome(200, -1)] },
      { ...good, outcomes: [outcome(1e9, 1)] },
      { ...good, outcomes: [{ ...outcome(200, 1), flags: 7 }] },
      { ...good, durations: [[20, 1]] },
      { ...good, durations: [[0.5, 1]] },
      { ...good, sentBytes: 1e300 },
      { ...good, protocol: 'udp' },
      { ...good, reporter: 'controller' },
    ].map((each) => JSON.stringify({ isFirst: false, edges: [each], clusters: [] })),
    JSON.stringify(report(...Array.from({ length: 201 }, () => good))),
    JSON.stringify({ isFirst: false, edges: [], clusters: [{ cluster: 'a', ejected: [1] }] }),
    `{"isFirst":false,"edges":[],"clusters":[],"more":"${'x'.repeat(1024 * 1024)}"}`,
  ];
  for (const body of bad) assert.equal(readReport(body), null, body.slice(0, 200));
});

test('names of objects own properties are only names', () => {
  const told = report(edge({ service: '__proto__', outcomes: [] }));
  assert.equal(readReport(JSON.stringify(told))?.edges[0]?.service, '__proto__');
});
