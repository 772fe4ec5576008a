import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import type {
  ConfigFileView,
  ConsoleStatus,
  GraphView,
  HistoryDetail,
  HistoryEntry,
  LogView,
  PreviewView,
  RouteView,
  ServiceView,
  TraceSummary,
  WorkloadView,
} from '../../model/console.ts';
import type { Span } from '../../model/span.ts';
import { NOW, startConsole } from './console.fixture.ts';

const RULES = `# kept
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: shop }
spec:
  hosts: [shop]
  http:
    - match: [{ uri: { prefix: /api }, headers: { end-user: { exact: jason } } }]
      timeout: 2s
      fault: { abort: { percentage: { value: 10 }, httpStatus: 500 } }
      route:
        - { destination: { host: shop, subset: v1 }, weight: 90 }
        - { destination: { host: shop, subset: v2 }, weight: 10 }
    - route: [{ destination: { host: shop } }]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: shop }
spec:
  host: shop
  subsets: [{ name: v1, labels: { version: v1 } }, { name: v2, labels: { version: v2 } }]
`;
const POLICY = `apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: strict }
spec: { selector: { matchLabels: { app: shop } }, mtls: { mode: STRICT } }
`;
const HTTP = { 'lateen.ports': 'http:8080' };
const SHOP = {
  web: { app: 'web', ...HTTP },
  'shop-v1': { app: 'shop', version: 'v1', ...HTTP },
  'shop-v2': { app: 'shop', version: 'v2', ...HTTP },
};

const start = (texts: Readonly<Record<string, string>> = { 'shop.yaml': RULES, 'strict.yaml': POLICY }) =>
  startConsole(texts, SHOP);

describe('the console is told', () => {
  test('who is in the mesh, and that their proxies are not there', async () => {
    const { get } = await start();
    const status = await get<ConsoleStatus>('/api/status');
    assert.deepEqual([status.meshId, status.nowMs, status.isSettled, status.errors], ['shop', NOW, false, 0]);
    assert.equal(status.oldestTrafficMs, NOW - 15 * 60_000);
    const workloads = await get<WorkloadView[]>('/api/workloads');
    const shop = workloads.find(({ name }) => name === 'shop-v1');
    assert.deepEqual(
      [shop?.app, shop?.version, shop?.node, shop?.sync.state, shop?.certificate],
      ['shop', 'v1', 'workload/default/shop-v1/v1', 'NOT CONNECTED', null],
    );
    const { nodes, edges } = await get<GraphView>('/api/graph');
    assert.deepEqual(nodes.map(({ label, unsynced }) => `${label} ${unsynced}`).sort(), [
      'shop-v1 1',
      'shop-v2 1',
      'web 1',
    ]);
    assert.deepEqual(edges, []);
  });

  test('a service with its endpoints, its rules and what its callers must speak', async () => {
    const { get } = await start();
    const shop = (await get<ServiceView[]>('/api/services')).find(({ name }) => name === 'shop');
    assert.deepEqual(
      shop?.endpoints.map((each) => `${each.workload} ${each.version} ${each.port} ${each.health}`),
      ['shop-v1 v1 8080 ready', 'shop-v2 v2 8080 ready'],
    );
    assert.deepEqual(
      shop?.rules.map(({ kind, file, line }) => `${kind} ${file}:${line}`),
      ['VirtualService shop.yaml:2', 'DestinationRule shop.yaml:16', 'PeerAuthentication strict.yaml:1'],
    );
    assert.equal(shop?.mtls, 'STRICT');
  });

  test('what a proxy does with a request, in words', async () => {
    const { get, ask } = await start();
    const routes = await get<RouteView[]>('/api/routes?proxy=web');
    const ruled = routes.filter(({ rule }) => rule?.name === 'shop');
    assert.deepEqual(
      ruled.map(({ match, action, extras }) => [match, action, extras]),
      [
        [
          'prefix /api, header end-user = jason',
          '90 % shop v1, 10 % shop v2',
          ['timeout 2 s', ...retries, 'fault: 10 % abort 500'],
        ],
        ['any', 'shop', retries],
      ],
    );
    assert.equal(ruled[0]?.rule?.line, 8);
    assert.ok(
      routes.some(
        ({ direction, action }) => direction === 'inbound' && action === 'port 8080 of the application',
      ),
    );
    assert.equal((await ask('GET /api/routes?proxy=nobody')).status, 404);
  });

  test('each file, what is wrong in it and what is in force of it', async () => {
    const broken = RULES.replace('hosts:', 'host:');
    const { get } = await start({ 'shop.yaml': broken, 'strict.yaml': POLICY });
    const [shop, strict] = await get<ConfigFileView[]>('/api/config');
    assert.deepEqual([shop?.text, shop?.isInForce], [broken, false]);
    assert.deepEqual(
      shop?.documents.map(({ kind }) => kind),
      ['DestinationRule'],
    );
    assert.ok(shop?.violations.some(({ line, path }) => line === 6 && path === 'spec.host'));
    assert.deepEqual([strict?.isInForce, strict?.whyReadOnly], [true, '']);
  });

  test('what was seen of a file', async () => {
    const { get, ask } = await start();
    const entries = await get<HistoryEntry[]>('/api/history');
    assert.deepEqual(
      entries.map(({ file, change }) => `${file} ${change}`),
      ['strict.yaml added', 'shop.yaml added'],
    );
    const detail = await get<HistoryDetail>(`/api/history/entry?id=${entries[0]?.id}`);
    assert.deepEqual([detail.before, detail.after], [null, POLICY]);
    for (const id of ['99', '', 'x', '1e99', '-1'])
      assert.equal((await ask(`GET /api/history/entry?id=${id}`)).status, 404, id);
  });

  test('a schema for each kind', async () => {
    const { get } = await start();
    const schemas = await get<Record<string, { properties?: object }>>('/api/schemas');
    assert.ok('spec' in (schemas['VirtualService']?.properties ?? {}));
  });
});

const retries = [
  '2 retries on connect-failure, refused-stream, unavailable, cancelled, retriable-status-codes',
];

describe('a preview', () => {
  const preview = async (text: string | null, file = 'shop.yaml') => {
    const { ask } = await start();
    const { status, body } = await ask('POST /api/preview', { file, text, basedOn: '' });
    assert.equal(status, 200, JSON.stringify(body));
    return body as PreviewView;
  };

  test('names the proxies that would get something else, and what', async () => {
    const { proxies, violations } = await preview(
      RULES.replace('weight: 90', 'weight: 50').replace('weight: 10', 'weight: 50'),
    );
    assert.deepEqual(violations, []);
    assert.deepEqual(
      proxies.map(({ proxy }) => proxy),
      ['shop-v1', 'shop-v2', 'web'],
    );
    const [change, ...others] = proxies[0]?.changes ?? [];
    assert.deepEqual([change?.kind, change?.change, others.length], ['route', 'changed', 0]);
    assert.match(change?.name ?? '', /shop\.default\.svc\.cluster\.local:8080/);
    assert.match(change?.before ?? '', /weight: 90/);
    assert.match(change?.after ?? '', /weight: 50/);
  });

  test('of a comment, or of lines that only move, is empty', async () => {
    assert.deepEqual(await preview(`# more\n\n${RULES}`), { violations: [], proxies: [] });
  });

  test('of a file that goes, of one that comes and of one that is broken', async () => {
    const gone = await preview(null);
    assert.ok(
      gone.proxies.every(({ changes }) =>
        changes.some(({ change, kind }) => change === 'removed' && kind === 'cluster'),
      ),
    );
    const come = await preview(
      POLICY.replaceAll('STRICT', 'DISABLE').replace('strict', 'plain').replace('app: shop', 'app: web'),
      'plain.yaml',
    );
    assert.ok(come.proxies.length > 0);
    const broken = await preview('kind: {\n');
    assert.deepEqual(broken.proxies, []);
    assert.ok(broken.violations.length > 0);
  });

  test('tells what the change does to other files', async () => {
    const { ask } = await start();
    const { body } = await ask('POST /api/preview', { file: 'again.yaml', text: POLICY, basedOn: '' });
    const { violations, proxies } = body as PreviewView;
    assert.deepEqual(
      violations.map(({ code, file }) => `${code} ${file}`),
      ['LAT0006 strict.yaml'],
    );
    assert.deepEqual(proxies, []);
  });

  test('of what is no change is none', async () => {
    const { ask } = await start();
    for (const body of [
      null,
      1,
      [],
      {},
      { file: 'a.yaml' },
      { file: '../a.yaml', text: '# a', basedOn: '' },
      { file: 'a.yaml', text: '', basedOn: '' },
    ])
      assert.equal((await ask('POST /api/preview', body)).status, 400, JSON.stringify(body));
    const secret = 'kind: Secret\napiVersion: v1\nmetadata: { name: a }\nstringData: { a: b }\n';
    assert.equal((await ask('POST /api/preview', { file: 'a.yaml', text: secret, basedOn: '' })).status, 403);
  });
});

test('why nothing is saved is said with its remedy', async (context) => {
  const whyOf = async (more: { writeToken?: string; configDirectory?: string }) => {
    const { get, ask } = await startConsole({}, SHOP, more);
    const { canWrite, whyReadOnly } = await get<ConsoleStatus>('/api/status');
    const { status } = await ask('PUT /api/config', { file: 'a.yaml', text: '# a\n', basedOn: '' });
    assert.equal(canWrite, status === 200);
    return whyReadOnly;
  };
  assert.match(await whyOf({}), /LATEEN_WRITE_TOKEN/);
  assert.match(await whyOf({ writeToken: 'w' }), /LATEEN_CONFIG_READ_ONLY=false/);
  const configDirectory = mkdtempSync(join(tmpdir(), 'lateen-console-'));
  context.after(() => rmSync(configDirectory, { recursive: true }));
  assert.equal(await whyOf({ writeToken: 'w', configDirectory }), '');
});

test('logs that cannot be read say why, and so does a proxy that is not there', async () => {
  const readLog = () => Promise.reject(new Error('connect ENOENT /var/run/docker.sock'));
  const { get, ask } = await startConsole({}, SHOP, { readLog });
  const logs = await get<LogView>('/api/logs?workload=web');
  assert.deepEqual([logs.lines, /ENOENT/.test(logs.problem)], [[], true]);
  assert.match((await get<LogView>('/api/logs?workload=web&of=agent')).problem, /no proxy beside it/);
  assert.equal((await ask('GET /api/logs?workload=web&of=other')).status, 404);
});

test('traces are found by service, status, duration and header', async () => {
  const { traces, get, ask } = await start();
  const span = (given: Partial<Span>): Span => ({
    ...{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), parentId: '', kind: 'SERVER', name: 'shop:8080/*' },
    ...{ service: 'shop.default', startUs: (NOW - 5000) * 1000, durationUs: 20_000, isError: false },
    tags: { 'http.status_code': '200', team: 'blue' },
    ...given,
  });
  const failed = span({
    ...{ traceId: 'c'.repeat(32), durationUs: 500_000, isError: true },
    tags: { 'http.status_code': '503', team: 'red' },
  });
  traces.add([span({}), failed]);
  const ids = async (query: string) =>
    (await get<TraceSummary[]>(`/api/traces?${query}`)).map(({ traceId }) => traceId[0]).join('');
  assert.equal(await ids('service=shop.default'), 'ca');
  assert.equal(await ids('status=5xx'), 'c');
  assert.equal(await ids('status=503'), 'c');
  assert.equal(await ids('status=error'), 'c');
  assert.equal(await ids('status=200'), 'a');
  assert.equal(await ids('minMs=100'), 'c');
  assert.equal(await ids('maxMs=100'), 'a');
  assert.equal(await ids('tag=team%3Dblue'), 'a');
  assert.equal(await ids('tag=team%3Dblue&status=503'), '');
  assert.equal(await ids('seconds=1'), '');
  assert.equal((await ask('GET /api/traces?status=1%20OR%201')).status, 400);
  assert.equal((await ask('GET /api/trace?id=dead')).status, 404);
});
