import assert from 'node:assert/strict';
import { test } from 'node:test';
import { edge, outcome, party, report } from './traffic.fixture.ts';
import { TrafficStore } from './traffic-store.ts';
import { workloadMetrics } from './workload-metrics.ts';

const NOW = 1_000_000;

test('a workload has the rates and durations of what comes to it, over all of its callers', () => {
  const store = new TrafficStore(0);
  const from = (caller: string, count: number, errors: number) =>
    store.add(
      { container: 'shop-1', self: party('shop') },
      report(
        edge({
          reporter: 'destination',
          peer: party(caller),
          outcomes: [outcome(200, count - errors), outcome(503, errors)],
          // Between 5 and 10 ms.
          durations: [[3, count]],
        }),
      ),
      NOW,
    );
  from('web', 60, 0);
  from('door', 60, 30);
  const asked = { nowMs: NOW + 1000, untilMs: NOW + 1000, seconds: 60 };
  assert.deepEqual(workloadMetrics(store, asked), [
    {
      ...{ node: 'workload/default/shop/v1', requestsPerSecond: 2, errorsPerSecond: 0.5 },
      ...{ p50: 7.5, p90: 9.5, p99: 9.95 },
    },
  ]);
});

test('connections, and what is outside of the mesh, are no workload’s requests', () => {
  const store = new TrafficStore(0);
  const reporter = { container: 'web-1', self: party('web') };
  const outside = { peer: null, service: 'api.example.com', outcomes: [outcome(200, 5)] };
  store.add(reporter, report(edge({ protocol: 'tcp', opened: 3 }), edge(outside)), NOW);
  const asked = { nowMs: NOW + 1000, untilMs: NOW + 1000, seconds: 60 };
  assert.deepEqual(workloadMetrics(store, asked), []);
});
