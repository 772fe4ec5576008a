import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { OutlierSpec } from '../../model/cluster.ts';
import { OutlierDetector, type OutlierMonitor } from './outlier.ts';

const SPEC: OutlierSpec = {
  ...{ consecutive5xx: 3, consecutiveGatewayErrors: 0, consecutiveLocalOriginFailures: 5 },
  ...{ splitLocalOrigin: false, intervalMs: 10_000, baseEjectionMs: 30_000, maxEjectionPercent: 100 },
  errorStatuses: [],
};

function open(change: Partial<OutlierSpec> = {}, hosts = ['a', 'b']) {
  const spec = { ...SPEC, ...change };
  const detector = new OutlierDetector(spec, 0);
  detector.configure(spec, hosts);
  const monitor = (host: string) => detector.monitorOf(host) as OutlierMonitor;
  return {
    detector,
    monitor,
    answer: (host: string, status: number, nowMs = 0) => detector.recordStatus(monitor(host), status, nowMs),
    fail: (host: string, isTimeout = false) => detector.recordFailure(monitor(host), isTimeout, 0),
    isOut: (host: string) => monitor(host).ejectedAtMs !== null,
  };
}

/** Runs the ticks that are due up to a moment, as the runtime does. */
function runTo(detector: OutlierDetector, fromMs: number, toMs: number): void {
  for (let at = detector.nextTickAtMs(fromMs); at !== null && at <= toMs; at = detector.nextTickAtMs(at)) {
    detector.tick(at);
  }
}

describe('failures in a row', () => {
  test('put a host out at the last of them; a success in between starts anew', () => {
    const { answer, isOut } = open();
    assert.deepEqual(
      [500, 503, 200, 500, 500].map((status) => answer('a', status)),
      [false, false, false, false, false],
    );
    assert.equal(answer('a', 500), true);
    assert.deepEqual([isOut('a'), isOut('b')], [true, false]);
    // Answers that were under way change nothing.
    assert.equal(answer('a', 500), false);
  });

  test('of the gateway kind are counted apart, and only if asked for', () => {
    const { answer } = open({ consecutive5xx: 0, consecutiveGatewayErrors: 2 });
    assert.deepEqual(
      [500, 500, 502, 500, 503].map((status) => answer('a', status)),
      [false, false, false, false, false],
    );
    assert.equal(answer('a', 504), true);
    const off = open({ consecutive5xx: 0 });
    for (let count = 0; count < 20; count++) assert.equal(off.answer('a', 503), false);
  });

  test('to connect or in time count as 503 and 504', () => {
    const { fail } = open({ consecutive5xx: 0, consecutiveGatewayErrors: 2 });
    assert.equal(fail('a'), false);
    assert.equal(fail('a', true), true);
  });

  test('to connect are counted apart with splitExternalLocalOriginErrors, and a connection forgives them', () => {
    const { fail, answer, detector, monitor } = open({
      ...{ splitLocalOrigin: true, consecutiveLocalOriginFailures: 2, consecutive5xx: 3 },
    });
    assert.equal(fail('a'), false);
    answer('a', 500);
    detector.recordConnected(monitor('a'), false);
    assert.equal(fail('a'), false);
    assert.equal(fail('a', true), true);
    assert.equal(answer('b', 500) || answer('b', 500), false);
    assert.equal(answer('b', 500), true);
  });

  test('of TCP are forgiven by a connection', () => {
    const { fail, detector, monitor } = open({ consecutive5xx: 2 });
    fail('a');
    detector.recordConnected(monitor('a'), true);
    assert.equal(fail('a'), false);
    assert.equal(fail('a'), true);
  });

  test('are what outlierDetectionHttpErrorCodes lists, and nothing else', () => {
    const { answer } = open({ consecutive5xx: 2, errorStatuses: [429, 503] });
    assert.deepEqual(
      [429, 500, 429].map((status) => answer('a', status)),
      [false, false, false],
    );
    assert.equal(answer('a', 503), true);
  });
});

describe('maxEjectionPercent', () => {
  test('of 10 lets nobody out of two, of 50 one of two', () => {
    const few = open({ consecutive5xx: 1, maxEjectionPercent: 10 });
    assert.equal(few.answer('a', 500), false);
    assert.equal(few.detector.counters.ejections_overflow, 1);
    const half = open({ consecutive5xx: 1, maxEjectionPercent: 50 });
    assert.deepEqual([half.answer('a', 500), half.answer('b', 500)], [true, false]);
    assert.equal(half.detector.ejected, 1);
  });

  test('of 10 lets one of ten out', () => {
    const hosts = Array.from({ length: 10 }, (_, index) => `h${index}`);
    const { answer } = open({ consecutive5xx: 1, maxEjectionPercent: 10 }, hosts);
    assert.deepEqual([answer('h1', 500), answer('h2', 500)], [true, false]);
  });
});

describe('time out of use', () => {
  test('is the base time at first, looked at on the grid of intervals, and starts the counts anew', () => {
    const { detector, answer, isOut } = open({ consecutive5xx: 2 });
    answer('a', 500, 3000);
    answer('a', 500, 3000);
    assert.equal(detector.nextTickAtMs(3000), 10_000);
    runTo(detector, 3000, 30_000);
    assert.equal(isOut('a'), true);
    runTo(detector, 30_000, 40_000);
    assert.equal(isOut('a'), false);
    assert.equal(answer('a', 500, 41_000), false);
  });

  test('grows with each ejection, and shrinks with each quiet interval', () => {
    const { detector, answer, isOut } = open({ consecutive5xx: 1 });
    answer('a', 500, 0);
    runTo(detector, 0, 30_000);
    assert.equal(isOut('a'), false);
    answer('a', 500, 30_001);
    runTo(detector, 30_001, 90_000);
    assert.equal(isOut('a'), true, 'twice the base time');
    runTo(detector, 90_000, 100_000);
    assert.equal(isOut('a'), false);
    runTo(detector, 100_000, 120_000);
    assert.equal(detector.nextTickAtMs(120_000), null, 'all forgotten');
    answer('a', 500, 121_000);
    runTo(detector, 121_000, 160_000);
    assert.equal(isOut('a'), false, 'the base time again');
  });

  test('is never more than 300 s, or the base time where that is more', () => {
    const outFor = (baseEjectionMs: number) => {
      const { detector, answer, isOut } = open({ consecutive5xx: 1, baseEjectionMs, intervalMs: 1000 });
      let nowMs = 0;
      let tookMs = 0;
      for (let round = 0; round < 20; round++) {
        answer('a', 500, nowMs);
        const startMs = nowMs;
        while (isOut('a')) {
          nowMs += 1000;
          detector.tick(nowMs);
        }
        tookMs = nowMs - startMs;
      }
      return tookMs;
    };
    assert.equal(outFor(30_000), 300_000);
    assert.equal(outFor(400_000), 400_000);
  });
});

test('a new snapshot keeps who is out, forgets who is gone, and counts by its own settings', () => {
  const { detector, answer, isOut } = open({ consecutive5xx: 1 });
  answer('a', 500);
  detector.configure({ ...SPEC, consecutive5xx: 2 }, ['a', 'c']);
  assert.equal(isOut('a'), true);
  assert.equal(detector.monitorOf('b'), null);
  assert.deepEqual([answer('c', 500), answer('c', 500)], [false, true]);
  detector.configure(SPEC, ['c']);
  assert.equal(detector.ejected, 1);
});
