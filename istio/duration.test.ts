import assert from 'node:assert/strict';
import { it } from 'node:test';
import { parseDurationMs } from './duration.ts';

it('reads the durations of Go', () => {
  const cases: readonly [string, number | null][] = [
    ['0', 0],
    ['0s', 0],
    ['5s', 5000],
    ['1.5s', 1500],
    ['250ms', 250],
    ['1m30s', 90_000],
    ['24h', 86_400_000],
    ['1h0m0.5s', 3_600_500],
    ['.5s', 500],
    ['1.s', 1000],
    ['10us', 0.01],
    ['10µs', 0.01],
    ['3ns', 0.000003],
    ['-1s', -1000],
    ['+1s', 1000],
  ];
  for (const [text, ms] of cases) assert.equal(parseDurationMs(text), ms, text);
});

it('refuses what Go refuses', () => {
  for (const text of [
    '',
    '5',
    '5 s',
    '5 seconds',
    '1d',
    's',
    '.s',
    '1s2',
    'soon',
    '1,5s',
    '5S',
    '--1s',
    ' 5s',
  ])
    assert.equal(parseDurationMs(text), null, JSON.stringify(text));
});
