import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { createManualClock, createSystemClock } from '../../base/clock.ts';
import type { HealthCheckSpec } from '../../model/health-check.ts';
import { watchHealth } from './health-watch.ts';

const CHECK: HealthCheckSpec = { kind: 'http', port: 80, path: '/ok', intervalMs: 5000, failures: 3 };
const settled = () => new Promise((resolve) => setImmediate(resolve));

function open() {
  const clock = createManualClock();
  const told: boolean[] = [];
  let hasPassed = true;
  let probes = 0;
  const watch = watchHealth({
    clock,
    probe: async () => {
      probes += 1;
      return hasPassed;
    },
    onChange: (isFailing) => told.push(isFailing),
  });
  /** So many looks, all with this outcome. */
  const look = async (count: number, outcome: boolean) => {
    hasPassed = outcome;
    for (let done = 0; done < count; done++) {
      clock.advance(5000);
      await settled();
    }
  };
  return { clock, watch, told, look, probes: () => probes };
}

describe('an application that is checked', () => {
  test('is given up after so many failures in a row, and taken back after one success', async () => {
    const { watch, told, look } = open();
    watch.want(CHECK, '10.0.0.1');
    await settled();
    await look(2, false);
    await look(1, true);
    await look(2, false);
    assert.deepEqual(told, []);
    await look(1, false);
    assert.deepEqual(told, [true]);
    await look(5, false);
    await look(2, true);
    assert.deepEqual(told, [true, false]);
  });

  test('is not checked twice as often because a snapshot came, and no more without the label', async () => {
    const { watch, told, look, probes } = open();
    watch.want(CHECK, '10.0.0.1');
    watch.want({ ...CHECK }, '10.0.0.1');
    await settled();
    await look(3, false);
    assert.deepEqual([probes(), told], [4, [true]]);
    watch.want(undefined, '10.0.0.1');
    await look(3, false);
    assert.deepEqual([probes(), told], [4, [true, false]]);
  });
});

test('HTTP passes with 200 to 399, TCP with a connection', async () => {
  const statuses = [204, 302, 404, 500];
  const server = createServer((_request, response) => response.writeHead(statuses.shift() ?? 500).end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const outcome = async (change: Partial<HealthCheckSpec>) => {
    const { promise, resolve } = Promise.withResolvers<boolean>();
    const watch = watchHealth({ clock: createSystemClock(), onChange: resolve });
    watch.want({ ...CHECK, port, failures: 1, intervalMs: 60_000, ...change }, '127.0.0.1');
    return Promise.race([promise, new Promise<boolean>((done) => setTimeout(() => done(false), 150))]);
  };
  assert.deepEqual(
    [await outcome({}), await outcome({}), await outcome({}), await outcome({})],
    [false, false, true, true],
  );
  assert.equal(await outcome({ kind: 'tcp' }), false);
  server.close();
  await once(server, 'close');
  assert.equal(await outcome({ kind: 'tcp' }), true);
  assert.equal(await outcome({}), true);
});
