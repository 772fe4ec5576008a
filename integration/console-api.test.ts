import assert from 'node:assert/strict';
import { chown, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type {
  ConfigChange,
  ConfigFileView,
  ConsoleStatus,
  GraphEdge,
  GraphView,
  HistoryDetail,
  HistoryEntry,
  LogView,
  PreviewView,
  RouteView,
  ServiceView,
  TraceSummary,
  TraceView,
  TrafficView,
  WorkloadView,
} from '../model/console.ts';
import { ADMIN_TOKEN } from './fixture/admin.ts';
import { type Console, consoleOf, open } from './fixture/console.ts';
import { DaemonProxy } from './fixture/daemon-proxy.ts';
import { docker } from './fixture/docker.ts';
import { eventually } from './fixture/eventually.ts';
import { type Mesh, startMesh } from './fixture/mesh.ts';
import { agentOf } from './fixture/proxies.ts';
import { CLIENT, SHOP, SUBSETS, toSubset } from './fixture/shop.ts';

const DATABASE = `
  database:
    image: app
    labels: { app: database, lateen.inject: "true", lateen.ports: "tcp:3306" }
    environment: { NAME: database, PORTS: "", TCP_PORTS: "3306" }
`;
const WRITE_TOKEN = 'may write';
const ALL_TRACES = `
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: { name: traces, namespace: istio-system }
spec:
  tracing:
    - randomSamplingPercentage: 100
      customTags: { team: { header: { name: x-team } } }
`;

let daemon: DaemonProxy;
let mesh: Mesh;
let console: Console;

before(async () => {
  daemon = await DaemonProxy.start();
  mesh = await startMesh({
    name: 'console',
    services: CLIENT + SHOP + DATABASE,
    env: {
      LATEEN_WRITE_TOKEN: WRITE_TOKEN,
      LATEEN_CONFIG_READ_ONLY: 'false',
      LATEEN_DOCKER_SOCKET: daemon.socketPath,
    },
  });
  console = await consoleOf(mesh);
});

after(async () => {
  await mesh?.[Symbol.asyncDispose]();
  await daemon?.[Symbol.asyncDispose]();
});

const graph = (seconds = 60) => console.get<GraphView>(`/api/graph?seconds=${seconds}`);

/** The edge between two workloads, or from one to a node. */
async function edgeTo(target: string, isEnough: (edge: GraphEdge) => boolean): Promise<GraphEdge> {
  return eventually(`an edge to ${target}`, async () => {
    const { edges } = await graph();
    const found = edges.find((edge) => edge.source.includes('/client/') && edge.target.includes(target));
    if (found === undefined || !isEnough(found))
      throw new Error(
        `there are ${JSON.stringify(edges.map(({ source, target: to, outcomes }) => [source, to, outcomes]))}`,
      );
    return found;
  });
}

const countOf = ({ outcomes }: GraphEdge, outcome: string) =>
  outcomes.find((each) => each.outcome === outcome)?.count ?? 0;

test('the page, and who is in the mesh', async () => {
  assert.match((await console.ask('GET', '/')).text, /<html/);
  const status = await eventually('a settled mesh', async () => {
    const now = await console.get<ConsoleStatus>('/api/status');
    return now.isSettled ? now : undefined;
  });
  assert.deepEqual([status.meshId, status.isDockerConnected, status.canWrite], [mesh.project, true, true]);
  const services = await console.get<ServiceView[]>('/api/services');
  const shop = services.find(({ name }) => name === 'shop');
  assert.deepEqual(shop?.endpoints.map(({ version, health }) => `${version} ${health}`).sort(), [
    'v1 ready',
    'v2 ready',
  ]);
  assert.equal(shop?.mtls, 'PERMISSIVE');
  const workloads = await console.get<WorkloadView[]>('/api/workloads');
  const client = workloads.find(({ workload }) => workload === 'client');
  assert.equal(client?.identity, 'spiffe://cluster.local/ns/default/sa/client');
  assert.equal(client?.sync.state, 'SYNCED');
  assert.ok((client?.certificate?.notAfterMs ?? 0) > Date.now());
});

test('the graph names who calls whom, how often, how it went and by which means', async () => {
  await mesh.call('client', { url: 'http://shop:8080/', times: 40 });
  const edges = await Promise.all(
    ['/shop-v1/v1', '/shop-v2/v2'].map((target) => edgeTo(target, (edge) => countOf(edge, '200') > 0)),
  );
  const all = await eventually('all forty', async () => {
    const found = (await graph()).edges.filter(({ target }) => target.includes('/shop-'));
    const sum = found.reduce((count, edge) => count + countOf(edge, '200'), 0);
    return sum === 40 ? found : undefined;
  });
  assert.equal(all.length, 2);
  for (const { mtls, protocol, figures } of edges) {
    assert.deepEqual([mtls, protocol, figures.errorShare], ['all', 'http', 0]);
    assert.ok((figures.p50 ?? 0) > 0 && (figures.p99 ?? 0) >= (figures.p50 ?? 0));
    assert.ok(figures.bytesOutPerSecond > 0);
  }
  const { nodes } = await graph();
  const kinds = Object.fromEntries(nodes.map(({ label, kind }) => [label, kind]));
  assert.equal(kinds['istio-ingressgateway'], 'gateway');
  assert.equal(kinds['shop-v1'], 'workload');
});

test('failures are told by the side that saw them', async () => {
  await mesh.call('client', { url: 'http://shop:8080/?status=503', times: 5 });
  await mesh.call('client', { url: 'http://shop:8080/close', times: 2, method: 'POST' });
  await eventually('503s in the graph', async () => {
    const { edges } = await graph();
    const outcomes = edges.filter(({ target }) => target.includes('/shop-')).flatMap((edge) => edge.outcomes);
    const sum = (name: string) =>
      outcomes.filter(({ outcome }) => outcome === name).reduce((total, { count }) => total + count, 0);
    assert.equal(sum('503'), 5);
    assert.equal(sum('503 UC'), 2);
    return true;
  });
});

test('TCP has connections and bytes while it lasts', async () => {
  await mesh.call('client', { url: 'tcp://database:3306', body: 'hello', until: 'hello' });
  const edge = await edgeTo('/database/', ({ figures }) => figures.bytesOutPerSecond > 0);
  assert.deepEqual([edge.protocol, edge.mtls], ['tcp', 'all']);
  assert.ok(edge.figures.requestsPerSecond > 0);
});

test('a chart of a workload shows the same', async () => {
  const node = (await graph()).nodes.find(({ label }) => label === 'client')?.id ?? '';
  const { outbound } = await console.get<TrafficView>(
    `/api/traffic?node=${encodeURIComponent(node)}&seconds=60`,
  );
  assert.ok(outbound.some(({ requestsPerSecond }) => requestsPerSecond > 0));
  assert.ok(outbound.some(({ errorShare }) => errorShare > 0));
});

const WRITE = { authorization: `Bearer ${WRITE_TOKEN}` };
const config = async (file: string) =>
  (await console.get<ConfigFileView[]>('/api/config')).find((each) => each.file === file);
const put = (change: ConfigChange, headers: Readonly<Record<string, string>> = WRITE) =>
  console.ask('PUT', '/api/config', change, headers);

test('a change is looked at before it is saved, then saved, seen in the history, and taken back', async () => {
  await mesh.apply('shop.yaml', `# kept\n${SUBSETS}---${toSubset('v1')}`);
  const before = await config('shop.yaml');
  assert.deepEqual(
    before?.documents.map(({ kind, name }) => `${kind} ${name}`),
    ['DestinationRule shop', 'VirtualService shop'],
  );
  assert.deepEqual([before?.isInForce, before?.violations], [true, []]);
  const text = (before?.text ?? '').replace('subset: v1 }', 'subset: v2 }');
  const change = { file: 'shop.yaml', text, basedOn: before?.hash ?? '' };

  const previewed = JSON.parse((await console.ask('POST', '/api/preview', change)).text) as PreviewView;
  assert.ok(
    previewed.proxies.some(({ proxy }) => proxy.includes('client')),
    'the caller would get something else',
  );
  const changes = previewed.proxies.flatMap((each) => each.changes);
  assert.ok(changes.every(({ kind }) => kind === 'route'));
  assert.match(changes[0]?.before ?? '', /outbound\|8080\|v1\|shop/);
  assert.match(changes[0]?.after ?? '', /outbound\|8080\|v2\|shop/);
  assert.equal((await config('shop.yaml'))?.hash, before?.hash, 'nothing is saved yet');

  const saved = await put(change);
  assert.equal(saved.status, 200, saved.text);
  const view = JSON.parse(saved.text) as ConfigFileView;
  assert.deepEqual([view.text, view.isInForce], [text, true]);
  await mesh.settled();
  const outcomes = await mesh.call('client', { url: 'http://shop:8080/', times: 5 });
  assert.ok(outcomes.every(({ body }) => body.includes('"version":"v2"')));

  const [newest] = await console.get<HistoryEntry[]>('/api/history');
  assert.deepEqual(
    [newest?.file, newest?.change, newest?.addedLines, newest?.removedLines],
    ['shop.yaml', 'changed', 1, 1],
  );
  const detail = await console.get<HistoryDetail>(`/api/history/entry?id=${newest?.id}`);
  assert.equal(detail.after, text);
  const back = await put({ file: 'shop.yaml', text: detail.before, basedOn: view.hash });
  assert.equal(back.status, 200, back.text);
  assert.equal(await readFile(join(mesh.folder, 'mesh/shop.yaml'), 'utf8'), before?.text);
});

test('who saves over what another has written meanwhile is told so, and nothing is lost', async () => {
  const seen = await config('shop.yaml');
  await mesh.apply('shop.yaml', `${seen?.text}# by hand\n`);
  const change = { file: 'shop.yaml', text: '# mine\n', basedOn: seen?.hash ?? '' };
  assert.equal((await put(change)).status, 409);
  assert.match((await config('shop.yaml'))?.text ?? '', /# by hand/);
});

test('a file keeps its owner', async () => {
  const owner = async () => {
    const { uid, gid } = await stat(join(mesh.folder, 'mesh/shop.yaml'));
    return [uid, gid];
  };
  await chown(join(mesh.folder, 'mesh/shop.yaml'), 1234, 2345);
  const seen = await config('shop.yaml');
  const saved = await put({ file: 'shop.yaml', text: `${seen?.text}# again\n`, basedOn: seen?.hash ?? '' });
  assert.equal(saved.status, 200, saved.text);
  assert.deepEqual(await owner(), [1234, 2345]);
});

test('a broken file is told by line, and what was good stays in force', async () => {
  const text =
    'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: { name: odd }\nspec: { hosts: [odd], htp: [] }\n';
  const asked = await console.ask('POST', '/api/preview', { file: 'odd.yaml', text, basedOn: '' });
  const { violations, proxies } = JSON.parse(asked.text) as PreviewView;
  assert.deepEqual(proxies, []);
  assert.ok(
    violations.some(({ line, severity, path }) => line === 4 && severity === 'Error' && path === 'spec.htp'),
  );
  const saved = await put({ file: 'odd.yaml', text, basedOn: '' });
  assert.equal(saved.status, 200, saved.text);
  const view = JSON.parse(saved.text) as ConfigFileView;
  assert.equal(view.isInForce, false);
  assert.ok(view.violations.some(({ line }) => line === 4));
  assert.equal((await put({ file: 'odd.yaml', text: null, basedOn: view.hash })).status, 200);
  assert.equal(await config('odd.yaml'), undefined);
});

test('whoever may not, and whatever is none, changes nothing', async () => {
  const good = { file: 'new.yaml', text: '# new\n', basedOn: '' };
  const readOnly = { authorization: `Bearer ${ADMIN_TOKEN}` };
  assert.equal((await put(good, readOnly)).status, 401);
  assert.equal((await put(good, { ...WRITE, origin: 'http://evil.example' })).status, 403);
  assert.equal((await put(good, { ...WRITE, 'sec-fetch-site': 'cross-site' })).status, 403);
  assert.equal((await put(good, { ...WRITE, 'content-type': 'text/plain' })).status, 415);
  for (const file of ['../out.yaml', '/etc/lateen/mesh/a.yaml', 'a/../../b.yaml', '.a.yaml', 'a.txt', ''])
    assert.equal((await put({ ...good, file })).status, 400, file);
  const secret = 'apiVersion: v1\nkind: Secret\nmetadata: { name: s }\nstringData: { a: b }\n';
  assert.equal((await put({ ...good, text: secret })).status, 403);
  for (const body of ['{', '[]', '"x"', '{"file":1}'])
    assert.equal(
      (await console.ask('PUT', '/api/config', body, { ...WRITE, 'content-type': 'application/json' }))
        .status,
      400,
      body,
    );
  assert.deepEqual((await readdir(join(mesh.folder, 'mesh'))).sort(), ['shop.yaml']);
  const stranger = { authorization: 'Bearer nobody' };
  assert.equal((await console.ask('GET', '/api/config', undefined, stranger)).status, 403);
});

test('a Secret is shown without its values, and kept nowhere', async () => {
  await mesh.apply(
    'secret.yaml',
    'apiVersion: v1\nkind: Secret\nmetadata: { name: s }\ndata: { token: aHVzaGh1c2g= }\n',
  );
  const view = await config('secret.yaml');
  assert.match(view?.text ?? '', /token: \[redacted\]/);
  assert.match(view?.whyReadOnly ?? '', /Secret/);
  const entries = await console.get<HistoryEntry[]>('/api/history');
  const detail = await console.ask('GET', `/api/history/entry?id=${entries[0]?.id}`);
  assert.ok(detail.text.includes('[redacted]') && !detail.text.includes('aHVzaGh1c2g='));
  await mesh.remove('secret.yaml');
});

test('routes are told in words, with the rule that made each', async () => {
  const workloads = await console.get<WorkloadView[]>('/api/workloads');
  const client = workloads.find(({ workload }) => workload === 'client');
  const routes = await console.get<RouteView[]>(`/api/routes?proxy=${client?.name}`);
  const ruled = routes.find(({ rule }) => rule?.name === 'shop');
  assert.deepEqual([ruled?.direction, ruled?.match, ruled?.action], ['outbound', 'any', 'shop v1']);
  assert.equal(ruled?.rule?.file, 'shop.yaml');
  assert.ok((ruled?.rule?.line ?? 0) > 1);
  assert.ok(ruled?.domains.includes('shop'));
});

test('logs of an application and of its proxy', async () => {
  const workloads = await console.get<WorkloadView[]>('/api/workloads');
  const client = workloads.find(({ workload }) => workload === 'client');
  const logs = (of: string) => console.get<LogView>(`/api/logs?workload=${client?.name}&of=${of}&tail=50`);
  const agent = await logs('agent');
  assert.equal(agent.problem, '');
  assert.ok(agent.lines.some(({ text, atMs }) => text.includes('ready') && atMs > 0));
  assert.equal((await logs('app')).problem, '');
  assert.equal((await console.ask('GET', '/api/logs?workload=nobody')).status, 404);
});

test('traces are searched by service, status and header', async () => {
  await mesh.apply('telemetry.yaml', ALL_TRACES);
  const headers = { 'x-team': 'blue' };
  await mesh.call('client', { url: 'http://shop:8080/?status=500', headers });
  const find = (query: string) => console.get<TraceSummary[]>(`/api/traces?${query}`);
  const [found] = await eventually('the trace', async () => {
    const traces = await find('service=client.default&status=5xx&tag=team%3Dblue');
    return (traces[0]?.spans ?? 0) >= 2 ? traces : undefined;
  });
  assert.deepEqual([found?.service, found?.status, found?.isError], ['client.default', 500, true]);
  assert.deepEqual(await find('status=404'), []);
  const { spans } = await console.get<TraceView>(`/api/trace?id=${found?.traceId}`);
  assert.ok(
    spans.some(({ rule }) => rule?.file === 'shop.yaml'),
    'a span leads to the rule that routed it',
  );
  assert.equal((await console.ask('GET', '/api/trace?id=12')).status, 404);
  await mesh.remove('telemetry.yaml');
});

test('pages are told when something changes', async () => {
  const incoming = await open(console, '/api/events');
  const changed = eventually('an event of a file', () =>
    incoming.text.includes('"config"') ? true : undefined,
  );
  await mesh.apply('other.yaml', '# nothing\n');
  await changed;
  incoming.close();
  await mesh.remove('other.yaml');
});

test('a host that a caller has ejected is told with who did', async () => {
  const outlier =
    '{ consecutive5xxErrors: 1, interval: 60s, baseEjectionTime: 60s, maxEjectionPercent: 100 }';
  const rule = SUBSETS.replace('host: shop', `host: shop\n  trafficPolicy: { outlierDetection: ${outlier} }`);
  await mesh.apply('shop.yaml', `${rule}---${toSubset('v1')}`);
  await mesh.call('client', { url: 'http://shop:8080/?status=500', times: 2 });
  const ejectedBy = await eventually('the ejection', async () => {
    const services = await console.get<ServiceView[]>('/api/services');
    const endpoints = services.find(({ name }) => name === 'shop')?.endpoints ?? [];
    const found = endpoints.find((each) => each.version === 'v1')?.ejectedBy ?? [];
    return found.length > 0 ? found : undefined;
  });
  const workloads = await console.get<WorkloadView[]>('/api/workloads');
  const client = workloads.find(({ workload }) => workload === 'client');
  assert.deepEqual(ejectedBy, [client?.name]);
  assert.ok(
    client?.clusters.some(({ cluster, ejectedHosts }) => cluster.includes('|v1|shop') && ejectedHosts === 1),
  );
});

/** Stops or continues the proxy itself; its container runs on. */
function signalProxy(agent: string, signal: 'STOP' | 'CONT'): Promise<string> {
  const script = `for p in /proc/[0-9]*; do if grep -q '^Name:.node' $p/status; then kill -${signal} ${'$'}{p#/proc/}; fi; done`;
  return docker(['exec', '-u', '1337', agent, 'sh', '-c', script]);
}

test('a proxy that hangs is told of, and the rest is shown', async () => {
  const agent = await agentOf(mesh, 'shop-v1');
  await signalProxy(agent, 'STOP');
  try {
    const away = await eventually('the proxy is not in sync', async () => {
      const workloads = await console.get<WorkloadView[]>('/api/workloads');
      await mesh.write('shop.yaml', `${SUBSETS}---${toSubset('v2')}# ${Date.now()}\n`);
      const found = workloads.find(({ workload }) => workload === 'shop-v1');
      return found?.sync.state === 'SYNCED' ? undefined : found;
    });
    assert.ok(['PENDING', 'NOT CONNECTED'].includes(away.sync.state), away.sync.state);
    const { isSettled } = await console.get<ConsoleStatus>('/api/status');
    assert.equal(isSettled, false);
    assert.equal((await graph()).nodes.find(({ label }) => label === 'shop-v1')?.unsynced, 1);
  } finally {
    await signalProxy(agent, 'CONT');
  }
  await mesh.settled();
});

test('while Docker is away the console says so, and shows the rest', async () => {
  const status = () => console.get<ConsoleStatus>('/api/status');
  const [workload] = await console.get<WorkloadView[]>('/api/workloads');
  daemon.isAway = true;
  daemon.cut();
  try {
    await eventually('Docker is missed', async () => ((await status()).isDockerConnected ? undefined : true));
    const logs = await console.get<LogView>(`/api/logs?workload=${workload?.name}`);
    assert.match(logs.problem, /Docker does not give the log/);
    await mesh.call('client', { url: 'http://shop:8080/away' });
    assert.ok((await graph()).nodes.length > 0);
    assert.ok((await console.get<WorkloadView[]>('/api/workloads')).length > 0);
  } finally {
    daemon.isAway = false;
  }
  await eventually('Docker is back', async () => ((await status()).isDockerConnected ? true : undefined));
});
