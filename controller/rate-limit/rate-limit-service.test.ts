import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { parse } from 'yaml';
import type { RateLimitConfig } from '../../istio/schema/config-map.ts';
import type { WindowSpec } from '../../model/rate-limit.ts';
import { RateLimitService } from './rate-limit-service.ts';
import { WindowCounts } from './window-counts.ts';

const MINUTE_MS = 60_000;

function open(text: string) {
  let now = 0;
  const service = new RateLimitService(() => now);
  service.configure([parse(text) as RateLimitConfig]);
  return {
    service,
    at(ms: number) {
      now = ms;
    },
    /** Statuses of one question with one descriptor for each list of entries. */
    ask: (...descriptors: [string, string][][]) =>
      service.answer({
        domain: 'shop',
        descriptors: descriptors.map((entries) => ({ entries, limit: null })),
        hits: 0,
      }),
  };
}

/** How many of `tries` questions are answered with yes. */
const passing = (mesh: ReturnType<typeof open>, tries: number, ...entries: [string, string][]) =>
  Array.from({ length: tries }, () => mesh.ask(entries)).filter(({ isOverLimit }) => !isOverLimit).length;

const TASK = `
domain: shop
descriptors:
  - { key: PATH, value: /productpage, rate_limit: { unit: minute, requests_per_unit: 1 } }
  - { key: PATH, value: /api*, rate_limit: { unit: minute, requests_per_unit: 2 } }
  - { key: PATH, rate_limit: { unit: minute, requests_per_unit: 3 } }
`;

describe('the limits of a ConfigMap', () => {
  test('hold for an exact value, then for a prefix, then for the key', () => {
    const mesh = open(TASK);
    assert.equal(passing(mesh, 5, ['PATH', '/productpage']), 1);
    assert.equal(passing(mesh, 5, ['PATH', '/api/a']), 2);
    assert.equal(passing(mesh, 5, ['PATH', '/other']), 3);
    assert.equal(passing(mesh, 5, ['METHOD', 'GET']), 5);
  });

  test('count each value of a key apart', () => {
    const mesh = open(TASK);
    assert.equal(passing(mesh, 5, ['PATH', '/a']) + passing(mesh, 5, ['PATH', '/b']), 6);
  });

  test('begin anew with each window of the clock', () => {
    const mesh = open(TASK);
    mesh.at(MINUTE_MS - 1);
    assert.equal(passing(mesh, 2, ['PATH', '/productpage']), 1);
    mesh.at(MINUTE_MS);
    assert.equal(passing(mesh, 2, ['PATH', '/productpage']), 1);
  });

  test('are told with what is left', () => {
    const mesh = open(TASK);
    mesh.at(20_500);
    const [first] = mesh.ask([['PATH', '/a']]).statuses;
    assert.deepEqual(first, {
      ...{ isOverLimit: false, remaining: 2, resetSeconds: 40 },
      limit: { requests: 3, unit: 'MINUTE', name: '' },
    });
  });

  test('lie deeper for several entries, and hold for all of them alone', () => {
    const mesh = open(`
domain: shop
descriptors:
  - key: tenant
    rate_limit: { unit: hour, requests_per_unit: 3 }
    descriptors:
      - { key: plan, value: free, rate_limit: { unit: hour, requests_per_unit: 1 } }
`);
    assert.equal(passing(mesh, 4, ['tenant', 'a'], ['plan', 'free']), 1);
    assert.equal(passing(mesh, 4, ['tenant', 'a'], ['plan', 'paid']), 4);
    assert.equal(passing(mesh, 4, ['tenant', 'a']), 3);
    assert.equal(passing(mesh, 4, ['plan', 'free']), 4);
  });

  test('refuse a question where one of its descriptors is over', () => {
    const mesh = open(TASK);
    const both = () => mesh.ask([['PATH', '/productpage']], [['PATH', '/a']]);
    assert.equal(both().isOverLimit, false);
    const second = both();
    assert.equal(second.isOverLimit, true);
    assert.deepEqual(
      second.statuses.map(({ isOverLimit }) => isOverLimit),
      [true, false],
    );
  });

  test('may be unlimited, only shadowed, or replaced', () => {
    const mesh = open(`
domain: shop
descriptors:
  - { key: a, rate_limit: { unlimited: true } }
  - { key: b, shadow_mode: true, rate_limit: { unit: day, requests_per_unit: 0 } }
  - { key: c, rate_limit: { unit: day, requests_per_unit: 0, name: c } }
  - { key: d, rate_limit: { unit: day, requests_per_unit: 5, replaces: [{ name: c }] } }
`);
    assert.equal(passing(mesh, 3, ['a', '1']), 3);
    assert.equal(passing(mesh, 3, ['b', '1']), 3);
    assert.equal(mesh.ask([['c', '1']]).isOverLimit, true);
    assert.equal(mesh.ask([['c', '1']], [['d', '1']]).isOverLimit, false);
  });

  test('go on counting over a new configuration', () => {
    const mesh = open(TASK);
    assert.equal(passing(mesh, 3, ['PATH', '/a']), 3);
    mesh.service.configure([
      parse(TASK.replace('requests_per_unit: 3', 'requests_per_unit: 5')) as RateLimitConfig,
    ]);
    assert.equal(passing(mesh, 5, ['PATH', '/a']), 2);
  });
});

test('a limit that comes with the question needs no configuration', () => {
  const service = new RateLimitService(() => 0);
  const limit: WindowSpec = { requests: 2, unit: 'DAY' };
  const ask = (who: string) =>
    service.answer({ domain: 'lateen', descriptors: [{ entries: [['who', who]], limit }], hits: 0 })
      .isOverLimit;
  assert.deepEqual([ask('a'), ask('a'), ask('a'), ask('b')], [false, false, true, false]);
});

test('windows that are over are let go, and there are never too many', () => {
  const counts = new WindowCounts(3);
  for (const key of ['a', 'b', 'c', 'd']) counts.add(key, 1, MINUTE_MS, 0);
  assert.equal(counts.size, 3);
  assert.equal(counts.add('d', 1, MINUTE_MS, 1).count, 2);
  assert.equal(counts.add('a', 1, MINUTE_MS, 1).count, 1);
  counts.add('e', 1, MINUTE_MS, 2 * MINUTE_MS);
  assert.equal(counts.size, 1);
});
