import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type {
  ConsoleStatus,
  GraphEdge,
  GraphView,
  ServiceView,
  TrafficView,
  WorkloadView,
} from '../model/console.ts';
import { type Console, consoleOf } from './fixture/console.ts';
import { eventually } from './fixture/eventually.ts';
import { type Mesh, startMesh } from './fixture/mesh.ts';
import { CLIENT, SHOP } from './fixture/shop.ts';

const DATABASE = `
  database:
    image: app
    labels: { app: database, lateen.inject: "true", lateen.ports: "tcp:3306" }
    environment: { NAME: database, PORTS: "", TCP_PORTS: "3306" }
`;
const WRITE_TOKEN = 'may write';

let mesh: Mesh;
let console: Console;

before(async () => {
  mesh = await startMesh({
    name: 'console',
    services: CLIENT + SHOP + DATABASE,
    env: { LATEEN_WRITE_TOKEN: WRITE_TOKEN, LATEEN_CONFIG_READ_ONLY: 'false' },
  });
  console = await consoleOf(mesh);
});

after(async () => {
  await mesh?.[Symbol.asyncDispose]();
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
