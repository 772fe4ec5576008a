import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createManualClock, type ManualClock } from '../../base/clock.ts';
import { MAX_WAITING_OBSERVATIONS, type ObservedRequest } from '../../model/observation.ts';
import { sendRequest } from '../exchange/memory-codec.ts';
import { openProxy } from '../exchange/pipeline.fixture.ts';
import type { ExchangeSample } from '../exchange/pipeline.ts';
import { routeSpec } from '../snapshot.fixture.ts';
import { Observer } from './observer.ts';

/** Samples of real exchanges, by a proxy that answers all with 200. */
function open(
  send: (requests: readonly ObservedRequest[]) => Promise<boolean>,
  clock: ManualClock = createManualClock(),
) {
  const observer = new Observer(clock, () => proxy.tables, send);
  const telemetry = {
    wantsRecords: false,
    record() {},
    count: (each: ExchangeSample) => observer.observe(each),
  };
  const proxy = openProxy([routeSpec(['north'], { rule: 'VirtualService/default/north#http[0]' })], {
    ...{ telemetry, clock },
  });
  const ask = () => sendRequest(proxy.pipeline, { path: '/a' });
  return { clock, observer, ask };
}

describe('in a mesh of tests', () => {
  test('every request is told of, with its rule', async () => {
    const told: ObservedRequest[] = [];
    const { observer, ask } = open(async (requests) => told.push(...requests) > 0);
    ask();
    ask();
    assert.equal(await observer.flush(), true);
    assert.deepEqual(
      told.map(({ reporter, path, status, attempts, rule }) => [reporter, path, status, attempts, rule]),
      Array(2).fill(['source', '/a', 200, 1, 'VirtualService/default/north#http[0]']),
    );
  });

  test('requests are told of soon without being asked for', async () => {
    const told: ObservedRequest[] = [];
    const { clock, ask } = open(async (requests) => told.push(...requests) > 0);
    ask();
    assert.equal(told.length, 0);
    clock.advance(20);
    assert.equal(told.length, 1);
  });

  test('what comes while some is being sent is told of too, before a flush is over', async () => {
    const told: ObservedRequest[] = [];
    let isFirst = true;
    const { observer, ask } = open(async (requests) => {
      if (isFirst) ask();
      isFirst = false;
      return told.push(...requests) > 0;
    });
    ask();
    assert.equal(await observer.flush(), true);
    assert.equal(told.length, 2);
  });

  test('what did not arrive is sent again', async () => {
    const told: ObservedRequest[] = [];
    let isAway = true;
    const { observer, ask } = open(async (requests) => !isAway && told.push(...requests) > 0);
    ask();
    assert.equal(await observer.flush(), false);
    isAway = false;
    assert.equal(await observer.flush(), true);
    assert.equal(told.length, 1);
  });

  test('two requests within one tick of the wall clock are told with times in their order', async () => {
    const told: ObservedRequest[] = [];
    const manual = createManualClock(1000.9);
    const clock = { ...manual, wall: () => Math.floor(manual.now()) };
    const { observer, ask } = open(async (requests) => told.push(...requests) > 0, clock);
    ask();
    manual.advance(0.05);
    ask();
    manual.advance(0.1);
    ask();
    await observer.flush();
    const times = told.map(({ startMs }) => startMs - 1000);
    assert.deepEqual(
      times.map((ms) => ms.toFixed(2)),
      ['0.00', '0.05', '0.15'],
    );
  });

  test('times follow the wall clock where it was set', async () => {
    const told: ObservedRequest[] = [];
    const manual = createManualClock();
    let aheadMs = 0;
    const clock = { ...manual, wall: () => manual.now() + aheadMs };
    const { observer, ask } = open(async (requests) => told.push(...requests) > 0, clock);
    ask();
    aheadMs = 60_000;
    ask();
    await observer.flush();
    assert.deepEqual(
      told.map(({ startMs }) => startMs),
      [0, 60_000],
    );
  });

  test('what there is no room for is counted', () => {
    const { observer, ask } = open(async () => false);
    for (let each = 0; each < MAX_WAITING_OBSERVATIONS + 3; each++) ask();
    assert.equal(observer.lost, 3);
  });
});
