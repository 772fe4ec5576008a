import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createManualClock } from '../../base/clock.ts';
import type { TrafficReport } from '../../model/traffic.ts';
import { reportTraffic } from './report-traffic.ts';

function start() {
  const clock = createManualClock();
  const client = {
    isConnected: true,
    streams: 1,
    sent: [] as boolean[],
    arrives: true,
    sendTraffic(report: TrafficReport) {
      client.sent.push(report.isFirst);
      return Promise.resolve(client.arrives);
    },
  };
  const dataplane = {
    hasNews: true,
    skipped: 0,
    reportTraffic: (isFirst: boolean) =>
      dataplane.hasNews || isFirst ? { isFirst, edges: [], clusters: [] } : null,
    skipTraffic: () => {
      dataplane.skipped += 1;
    },
  };
  reportTraffic(clock, client, dataplane);
  const second = async () => {
    clock.advance(1000);
    await Promise.resolve();
    await Promise.resolve();
  };
  return { client, dataplane, second };
}

test('once a second, and only if there is something to tell', async () => {
  const { client, dataplane, second } = start();
  await second();
  await second();
  dataplane.hasNews = false;
  await second();
  assert.deepEqual(client.sent, [true, false]);
});

test('a controller that begins anew is told that the proxy does so too', async () => {
  const { client, second } = start();
  await second();
  client.streams = 2;
  await second();
  await second();
  assert.deepEqual(client.sent, [true, true, false]);
});

test('what was counted while there was no controller is told to nobody', async () => {
  const { client, dataplane, second } = start();
  await second();
  client.isConnected = false;
  await second();
  client.isConnected = true;
  await second();
  assert.deepEqual([client.sent, dataplane.skipped], [[true, false], 1]);
});

test('gauges of a report that did not arrive are told again', async () => {
  const { client, second } = start();
  client.arrives = false;
  await second();
  client.arrives = true;
  await second();
  await second();
  assert.deepEqual(client.sent, [true, true, false]);
});
