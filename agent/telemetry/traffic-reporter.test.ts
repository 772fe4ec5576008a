import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Counter, formatLabels, Histogram } from '../../base/metrics.ts';
import type { DownstreamPeer } from '../exchange/streams.ts';
import { LiveTcp } from './live-tcp.ts';
import { MetricFamilies } from './metric-families.ts';
import { TrafficReporter } from './traffic-reporter.ts';

function labels(given: Readonly<Record<string, string>> = {}): () => string {
  const text = formatLabels(
    Object.entries({
      ...{ reporter: 'source', source_workload: 'web', source_workload_namespace: 'default' },
      ...{
        destination_workload: 'shop',
        destination_workload_namespace: 'default',
        destination_version: 'v1',
      },
      ...{
        destination_canonical_service: 'shop',
        destination_principal: 'spiffe://x',
        request_protocol: 'http',
      },
      ...{ destination_service: 'shop.default.svc.cluster.local', response_code: '200', response_flags: '-' },
      ...given,
    }),
  );
  return () => text;
}

function create() {
  const families = new MetricFamilies();
  const tcp = new LiveTcp();
  return { families, tcp, reporter: new TrafficReporter(families, tcp) };
}

function count(families: MetricFamilies, of: () => string, requests: number): void {
  const counter = families.counter('REQUEST_COUNT', of);
  if (counter !== null) counter.value += requests;
  for (let each = 0; each < requests; each++) {
    families.histogram('REQUEST_DURATION', of)?.observe(3);
    families.histogram('REQUEST_SIZE', of)?.observe(10);
    families.histogram('RESPONSE_SIZE', of)?.observe(1000);
  }
}

test('what was counted since the last report is told, once', () => {
  const { families, reporter } = create();
  assert.equal(reporter.take([], false), null);
  count(families, labels(), 3);
  count(families, labels({ response_code: '503', response_flags: 'UF' }), 1);
  const edge = {
    ...{ reporter: 'source', service: 'shop.default.svc.cluster.local', protocol: 'http', isMutualTls: true },
    peer: { workload: 'shop', namespace: 'default', version: 'v1', app: 'shop' },
    ...{ opened: 0 },
  };
  assert.deepEqual(reporter.take([], false)?.edges, [
    {
      ...edge,
      outcomes: [
        { code: 200, flags: '', grpcStatus: '', count: 3 },
        { code: 503, flags: 'UF', grpcStatus: '', count: 1 },
      ],
      ...{ durations: [[2, 4]], sentBytes: 40, receivedBytes: 4000 },
    },
  ]);
  assert.equal(reporter.take([], false), null);
  count(families, labels(), 1);
  const [again] = reporter.take([], false)?.edges ?? [];
  assert.deepEqual(again?.outcomes, [{ code: 200, flags: '', grpcStatus: '', count: 1 }]);
  assert.deepEqual([again?.durations, again?.sentBytes], [[[2, 1]], 10]);
});

test('what cannot be told in one report is told in the next, and nothing of it is lost', () => {
  const { families, reporter } = create();
  for (let host = 0; host < 450; host++)
    count(families, labels({ destination_workload: 'unknown', destination_service: `h${host}` }), 2);
  for (let code = 200; code < 270; code++) count(families, labels({ response_code: String(code) }), 1);
  let requests = 0;
  let reports = 0;
  for (let told = reporter.take([], false); told !== null; told = reporter.take([], false)) {
    reports += 1;
    assert.ok(told.edges.length <= 200);
    for (const { outcomes, peer, service } of told.edges) {
      assert.ok(outcomes.length <= 30);
      if (service.startsWith('h')) assert.equal(peer, null);
      for (const outcome of outcomes) requests += outcome.count;
    }
  }
  assert.equal(requests, 970);
  assert.ok(reports >= 3 && reports < 10, `${reports} reports`);
});

test('what was counted while nobody was there to be told is skipped', () => {
  const { families, reporter } = create();
  count(families, labels(), 500);
  reporter.skip();
  assert.equal(reporter.take([], false), null);
});

test('the series that counts what was too much tells of nobody; names may hold anything', () => {
  const { families, reporter } = create();
  count(families, () => 'overflow="true"', 1);
  count(families, labels({ destination_workload: 'unknown', destination_service: 'a"b\\c\nd="e"' }), 1);
  const { edges = [] } = reporter.take([], false) ?? {};
  assert.deepEqual(
    edges.map(({ service }) => service),
    ['a"b\\c\nd="e"'],
  );
});

test('a TCP connection is told of while it lasts: that it is open, and its bytes', () => {
  const { families, tcp, reporter } = create();
  const of = labels({ request_protocol: 'tcp' });
  const relayed = { sentBytes: 0, receivedBytes: 0 };
  const peer = {} as DownstreamPeer;
  const opened = families.counter('TCP_OPENED_CONNECTIONS', of);
  if (opened !== null) opened.value += 1;
  const bytes = {
    sent: families.counter('TCP_SENT_BYTES', of),
    received: families.counter('TCP_RECEIVED_BYTES', of),
  };
  tcp.add(peer, relayed, opened, bytes);
  relayed.sentBytes = 5;
  relayed.receivedBytes = 7;
  const [first] = reporter.take([], true)?.edges ?? [];
  assert.deepEqual([first?.opened, first?.open, first?.sentBytes, first?.receivedBytes], [1, 1, 5, 7]);
  relayed.receivedBytes = 8;
  const [second] = reporter.take([], false)?.edges ?? [];
  assert.deepEqual([second?.opened, second?.open, second?.receivedBytes], [0, undefined, 1]);
  const [anew] = reporter.take([], true)?.edges ?? [];
  assert.equal(anew?.open, 1, 'a controller that begins anew is told of it again');
  assert.deepEqual({ ...tcp.remove(peer) }.hostSent, 8);
  const [last] = reporter.take([], false)?.edges ?? [];
  assert.equal(last?.open, 0);
});

test('counters and histograms of other labels than Istio’s own are not taken for others', () => {
  const { families, reporter } = create();
  families.counter('REQUEST_COUNT', () => 'reporter="source",response_code="200"')?.constructor;
  const bare = families.counter('REQUEST_COUNT', () => 'reporter="source",response_code="200"');
  if (bare !== null) bare.value = 2;
  assert.ok(bare instanceof Counter);
  assert.ok(families.histogram('REQUEST_SIZE', () => 'x="y"') instanceof Histogram);
  const { edges = [] } = reporter.take([], false) ?? {};
  assert.deepEqual([edges[0]?.service, edges[0]?.peer, edges[0]?.outcomes[0]?.count], ['', null, 2]);
});
