import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GraphView } from '../../model/console.ts';
import type { EdgeReport } from '../../model/traffic.ts';
import { graphView } from './graph-view.ts';
import { edge, outcome, party, report } from './traffic.fixture.ts';
import { TrafficStore } from './traffic-store.ts';
import { trafficView } from './traffic-view.ts';

const START = 1_000_000_000_000;
const isOfMesh = (host: string) => host.endsWith('.cluster.local');
const web = { container: 'w', self: party('web', '') };
const shop = { container: 's', self: party('shop') };
const fromWeb = (given: Partial<EdgeReport>) =>
  edge({ reporter: 'destination', peer: party('web', ''), ...given });

function look(store: TrafficStore, nowMs = START + 10_000, seconds = 10): GraphView {
  return graphView(store, new Map(), { nowMs, seconds, untilMs: nowMs }, isOfMesh);
}

test('of a request that both sides tell of, the side that was called is believed', () => {
  const store = new TrafficStore(START);
  const ten = [outcome(200, 10)];
  store.add(web, report(edge({ outcomes: ten, isMutualTls: false })), START + 1500);
  store.add(shop, report(fromWeb({ outcomes: ten, durations: [[3, 10]], sentBytes: 100 })), START + 1600);
  const { edges, nodes } = look(store);
  assert.equal(edges.length, 1);
  const [{ source, target, figures, mtls, outcomes } = assert.fail()] = edges;
  assert.deepEqual([source, target], ['workload/default/web/', 'workload/default/shop/v1']);
  assert.equal(figures.requestsPerSecond, 1);
  assert.equal(figures.bytesInPerSecond, 10);
  assert.deepEqual([figures.errorShare, figures.p50, mtls], [0, 7.5, 'all']);
  assert.deepEqual(outcomes, [{ outcome: '200', count: 10 }]);
  assert.deepEqual(nodes.map(({ label }) => label).sort(), ['shop', 'web']);
});

test('what never got there is told by the caller, beside what did', () => {
  const store = new TrafficStore(START);
  store.add(web, report(edge({ outcomes: [outcome(200, 5), outcome(503, 5, 'UF')] })), START + 1000);
  store.add(shop, report(fromWeb({ outcomes: [outcome(200, 5)] })), START + 1000);
  const [found = assert.fail()] = look(store).edges;
  assert.deepEqual(found.outcomes, [
    { outcome: '200', count: 5 },
    { outcome: '503 UF', count: 5 },
  ]);
  assert.equal(found.figures.errorShare, 0.5);
});

test('where nobody answered the edge leads to the service, and to hosts outside by their names', () => {
  const store = new TrafficStore(START);
  store.add(
    web,
    report(
      edge({ peer: null, outcomes: [outcome(503, 1, 'UH')] }),
      edge({ peer: null, service: 'api.example', outcomes: [outcome(200, 1)] }),
      fromWeb({ peer: null, outcomes: [outcome(200, 1)] }),
    ),
    START + 1000,
  );
  const { edges, nodes } = look(store);
  assert.deepEqual(edges.map(({ target }) => target).sort(), [
    'external/api.example',
    'service/shop.default.svc.cluster.local',
    'workload/default/web/',
  ]);
  assert.deepEqual(nodes.map(({ kind }) => kind).sort(), ['external', 'service', 'unknown', 'workload']);
});

test('gRPC fails by its own statuses, where they are the fault of who was called; TCP by its flags', () => {
  const store = new TrafficStore(START);
  store.add(
    web,
    report(
      edge({
        protocol: 'grpc',
        outcomes: [outcome(200, 2, '', '0'), outcome(200, 1, '', '5'), outcome(200, 1, '', '14')],
      }),
      edge({
        protocol: 'tcp',
        service: 'db',
        outcomes: [outcome(0, 1), outcome(0, 1, 'UF')],
        opened: 3,
        open: 2,
      }),
    ),
    START + 1000,
  );
  const { edges } = look(store);
  const grpc = edges.find(({ protocol }) => protocol === 'grpc');
  const tcp = edges.find(({ protocol }) => protocol === 'tcp');
  assert.equal(grpc?.figures.errorShare, 0.25);
  assert.deepEqual(
    grpc?.outcomes.map((each) => each.outcome),
    ['gRPC 0', 'gRPC 5', 'gRPC 14'],
  );
  assert.equal(tcp?.figures.errorShare, 0.25);
  assert.equal(tcp?.figures.openConnections, 2);
  assert.deepEqual(tcp?.outcomes, [{ outcome: 'UF', count: 1 }]);
});

test('a connection that stays open is seen for as long as it is, though nothing is told of it', () => {
  const store = new TrafficStore(START);
  store.add(web, report(edge({ protocol: 'tcp', opened: 1, open: 1 })), START + 1000);
  for (let second = 2; second < 300; second++) store.tick(START + second * 1000);
  assert.equal(look(store, START + 300_000).edges[0]?.figures.openConnections, 1);
  store.forget('w');
  for (let second = 300; second < 320; second++) store.tick(START + second * 1000);
  assert.deepEqual(look(store, START + 320_000).edges, []);
});

test('the past can be looked at again, and is forgotten after fifteen minutes', () => {
  const store = new TrafficStore(START);
  store.add(web, report(edge({ outcomes: [outcome(200, 30)] })), START + 1000);
  const later = START + 10 * 60_000;
  store.tick(later);
  assert.deepEqual(look(store, later).edges, []);
  const past = graphView(store, new Map(), { nowMs: later, seconds: 30, untilMs: START + 30_000 }, isOfMesh);
  assert.equal(past.edges[0]?.figures.requestsPerSecond, 1);
  store.tick(START + 16 * 60_000);
  assert.equal(store.oldestMs(START + 16 * 60_000), START + 60_000);
  store.tick(START + 16 * 60_000 + 5000);
  assert.equal(store.size.cells, 0);
});

test('a chart has a point for each step, in both directions', () => {
  const store = new TrafficStore(START);
  store.add(
    web,
    report(edge({ outcomes: [outcome(200, 4), outcome(500, 4)], durations: [[2, 8]] })),
    START + 2500,
  );
  store.add(web, report(edge({ protocol: 'tcp', service: 'db', peer: null, opened: 2 })), START + 2600);
  const asked = { nowMs: START + 10_000, seconds: 10, untilMs: START + 10_000 };
  const { stepMs, inbound, outbound } = trafficView(store, 'workload/default/web/', asked, isOfMesh);
  assert.deepEqual([stepMs, inbound.length, outbound.length], [1000, 10, 10]);
  assert.ok(inbound.every(({ requestsPerSecond }) => requestsPerSecond === 0));
  assert.deepEqual(
    outbound
      .filter(({ requestsPerSecond }) => requestsPerSecond > 0)
      .map((point) => [point.atMs, point.requestsPerSecond, point.errorShare, point.p50]),
    [[START + 2000, 10, 0.4, 3]],
  );
});

test('whatever a proxy invents, what is kept of it is bounded', () => {
  const store = new TrafficStore(START);
  for (let second = 0; second < 40; second++) {
    const invented = Array.from({ length: 200 }, (_, index) =>
      edge({ peer: party(`x${second}-${index}`), outcomes: [outcome(200, 1)] }),
    );
    store.add(web, report(...invented), START + second * 1000);
  }
  assert.ok(store.size.series <= 500, `${store.size.series}`);
  store.add(shop, report(fromWeb({ outcomes: [outcome(200, 1)] })), START + 40_000);
  assert.ok(look(store, START + 41_000, 5).edges.some(({ target }) => target === 'workload/default/shop/v1'));
});
