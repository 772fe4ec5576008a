import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Metadata } from '@grpc/grpc-js';
import { docker } from './fixture/docker.ts';
import { createEchoClient, type EchoClient } from './fixture/echo-client.ts';
import { echoServer } from './fixture/echo-service.ts';
import { eventually } from './fixture/eventually.ts';
import { lateen } from './fixture/lateen.ts';
import { type Mesh, startMesh } from './fixture/mesh.ts';
import {
  getJson,
  PROMETHEUS,
  prepareObservers,
  queryPrometheus,
  type Sample,
  ZIPKIN,
} from './fixture/observers.ts';
import { CLIENT, SHOP, SUBSETS } from './fixture/shop.ts';
import { tunnels } from './fixture/streams.ts';
import { askedByIstio, forcedRemark } from './observers/expectations.ts';

/** A real Prometheus and a real Zipkin look at a mesh under traffic. */

const DOOR = 7071;

const SERVICES = `
${CLIENT}
${SHOP}
  store:
    image: app
    labels: { app: store, lateen.inject: "true", lateen.ports: "tcp:3306" }
    environment: { NAME: store, PORTS: "", TCP_PORTS: "3306" }
${echoServer('v1')}
${tunnels({ [DOOR]: 'echo:9090' })}
${PROMETHEUS}
${ZIPKIN}
`;

const RULES = `${SUBSETS.trim()}
  trafficPolicy: { outlierDetection: { consecutive5xxErrors: 100000 } }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: shop }
spec:
  hosts: [shop]
  http:
    - match: [{ uri: { prefix: /broken } }]
      fault: { abort: { httpStatus: 500, percentage: { value: 100 } } }
      route: [{ destination: { host: shop } }]
    - match: [{ uri: { prefix: /again } }]
      retries: { attempts: 2, retryOn: 5xx }
      route: [{ destination: { host: shop } }]
    - route:
        - { destination: { host: shop, subset: v1 }, weight: 50 }
        - { destination: { host: shop, subset: v2 }, weight: 50 }
`;

const storeLimit = (maxConnections: number) => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: store }
spec: { host: store, trafficPolicy: { connectionPool: { tcp: { maxConnections: ${maxConnections} } } } }
`;

const OBSERVED = `
apiVersion: mesh.istio.io/v1alpha1
kind: MeshConfig
metadata: { name: mesh }
extensionProviders:
  - name: zipkin
    zipkin: { service: zipkin.default.svc.cluster.local, port: 9411 }
---
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: { name: all, namespace: istio-system }
spec:
  tracing: [{ providers: [{ name: zipkin }], randomSamplingPercentage: 100 }]
`;

let mesh: Mesh;
let prometheus: string;
let zipkin: string;
let echo: EchoClient;
const load = { isOver: false, done: Promise.resolve() };

before(async () => {
  await prepareObservers();
  mesh = await startMesh({
    name: 'observed',
    services: SERVICES,
    config: { 'rules.yaml': RULES, 'observed.yaml': OBSERVED },
  });
  const addressOf = async (service: string) => mesh.address((await mesh.containers(service))[0] ?? '');
  [prometheus, zipkin] = [await addressOf('prometheus'), await addressOf('zipkin')];
  echo = createEchoClient(`${await addressOf('caller')}:${DOOR}`, { 'grpc.default_authority': 'echo:9090' });
  load.done = keepCalling();
  await eventually('Zipkin is there', () => getJson(zipkin, 9411, '/health'), 180_000);
});

after(async () => {
  load.isOver = true;
  await load.done;
  echo?.close();
  await mesh?.[Symbol.asyncDispose]();
});

/** Of every kind that a dashboard shows, a few each second. */
async function keepCalling(): Promise<void> {
  const urls = ['shop:8080/', 'shop:8080/?status=404', 'shop:8080/?status=503', 'shop:8080/broken'];
  while (!load.isOver) {
    for (const url of urls) await mesh.call('client', { url: `http://${url}` });
    await mesh.call('client', { url: 'tcp://store:3306', body: 'hello', until: 'hello' });
    const deadline = Date.now() + 5000;
    await new Promise((resolve) => echo.say({ text: 'hi' }, new Metadata(), { deadline }, resolve));
    await sleep(100);
  }
}

/** How long a push takes is told of the last minute: there is to be one. */
const push = (times: number) => mesh.apply('store.yaml', storeLimit(100 + times));

/** What Prometheus has to say, when it has something that is a number. */
function answerTo(expression: string): Promise<Sample[]> {
  return eventually(`an answer to ${expression}`, async () => {
    const samples = await queryPrometheus(prometheus, expression);
    return samples.some(({ value }) => Number.isFinite(value)) ? samples : undefined;
  });
}

describe('Prometheus', () => {
  test('finds everything by one job, and can read it', async () => {
    interface Targets {
      readonly data: { readonly activeTargets: readonly Target[] };
    }
    interface Target {
      readonly labels: Readonly<Record<string, string>>;
      readonly health: string;
      readonly lastError: string;
    }
    const wanted = ['client', 'shop', 'store', 'echo', 'caller', 'zipkin', 'istio-ingressgateway', 'istiod'];
    await eventually('all targets are up', async () => {
      const { data } = await getJson<Targets>(prometheus, 9090, '/api/v1/targets?state=active');
      const up = new Set(
        data.activeTargets.filter(({ health }) => health === 'up').map(({ labels }) => labels.app),
      );
      const broken = data.activeTargets.filter(({ health }) => health === 'down');
      if (broken.length > 0) throw new Error(broken.map(({ lastError }) => lastError).join('; '));
      return wanted.every((app) => up.has(app)) ? true : undefined;
    });
  });

  test('answers what Istio’s dashboards ask', async () => {
    await push(1);
    for (const expression of askedByIstio()) await answerTo(expression);
  });

  test('names both sides of a call alike, whoever reports it', async () => {
    const by = 'source_workload, destination_workload, destination_service, request_protocol';
    for (const reporter of ['source', 'destination']) {
      const labels = `reporter="${reporter}", source_workload="client", response_code="200"`;
      const samples = await answerTo(
        `sum by (${by}, connection_security_policy) (istio_requests_total{${labels}})`,
      );
      const shop = samples.filter(({ labels }) => labels.destination_workload?.startsWith('shop-v'));
      assert.deepEqual(
        [...new Set(shop.map(({ labels }) => labels.destination_service))],
        ['shop.default.svc.cluster.local'],
      );
      const policies = new Set(shop.map(({ labels }) => labels.connection_security_policy));
      assert.deepEqual([...policies], [reporter === 'source' ? 'unknown' : 'mutual_tls']);
    }
  });

  test('has data for each panel of the dashboards', async () => {
    await push(2);
    const folder = join(import.meta.dirname, '..', 'compose', 'observability', 'dashboards');
    const values = { service: 'shop.default.svc.cluster.local', namespace: 'default', workload: 'shop-v1' };
    for (const file of readdirSync(folder)) {
      const text = readFileSync(join(folder, file), 'utf8');
      const { panels } = JSON.parse(text) as { panels: { targets: { expr: string }[] }[] };
      for (const { expr } of panels.flatMap(({ targets }) => targets)) {
        const asked = Object.entries({ ...values, __rate_interval: '1m' }).reduce(
          (query, [name, value]) => query.replaceAll(`$${name}`, value),
          expr,
        );
        await answerTo(asked);
      }
    }
  });

  test('shows the application’s own metrics, and a trace for a bucket of durations', async () => {
    await answerTo('sum(jvm_memory_used_bytes{app="zipkin"})');
    const query = 'istio_request_duration_milliseconds_bucket{reporter="source"}';
    const exemplar = await eventually('an exemplar', async () => {
      const path = `/api/v1/query_exemplars?query=${encodeURIComponent(query)}&start=0&end=9999999999`;
      interface Exemplars {
        readonly data: readonly {
          readonly exemplars: readonly { readonly labels: { trace_id: string } }[];
        }[];
      }
      const { data } = await getJson<Exemplars>(prometheus, 9090, path);
      return data[0]?.exemplars[0]?.labels.trace_id;
    });
    assert.match(exemplar, /^[0-9a-f]{32}$/);
  });

  test('promtool has nothing to say but of names that are Istio’s and Envoy’s', async () => {
    const targets = await getJson<{ targets: string[]; labels: Record<string, string> }[]>(
      await mesh.address((await mesh.containers('lateen-controller'))[0] ?? ''),
      15014,
      '/http_sd',
    );
    const [container = ''] = await mesh.containers('prometheus');
    const script = 'process.stdout.write(await (await fetch(process.argv[1])).text())';
    for (const {
      targets: [target],
      labels,
    } of targets) {
      // The application's own are its own affair.
      if (labels.app === 'zipkin') continue;
      const url = `http://${target}${labels.__metrics_path__}`;
      const check = `node --input-type=module -e '${script}' ${url} | promtool check metrics 2>&1; true`;
      const remarks = (await docker(['exec', container, 'sh', '-c', check])).split('\n').filter(Boolean);
      assert.deepEqual(
        remarks.filter((remark) => !forcedRemark(remark)),
        [],
        url,
      );
    }
  });
});

describe('who has no Prometheus', () => {
  test('asks for rates and durations on the command line', async () => {
    const { status, stdout, stderr } = await lateen(['--mesh', mesh.project, 'x', 'metrics', 'shop']);
    assert.equal(status, 0, stderr);
    const [head, ...rows] = stdout.trim().split('\n');
    assert.match(head ?? '', /^WORKLOAD +TOTAL RPS +ERROR RPS +P50 LATENCY +P90 LATENCY +P99 LATENCY$/);
    assert.equal(rows.length, 2, stdout);
    for (const row of rows) assert.match(row, /^shop-v[12] +0*[1-9.][0-9.]* +[0-9.]+ +[0-9.]+ms/);
  });

  test('includes compose/observability.yml for it, where a registry can be reached', async () => {
    const home = join(import.meta.dirname, '..');
    const include = ['mesh.yml', 'observability.yml'].map((file) => ({
      ...{ path: join(home, 'compose', file), project_directory: '.' },
    }));
    const file = join(mesh.folder, 'with-grafana.yml');
    await writeFile(file, JSON.stringify({ include, services: {} }));
    const text = await docker(['compose', '-f', file, 'config', '--format', 'json'], mesh.env);
    interface Composed {
      readonly services: Record<
        string,
        { volumes?: { type: string; source: string }[]; ports?: { host_ip: string }[] }
      >;
    }
    const { services } = JSON.parse(text) as Composed;
    for (const name of ['lateen-prometheus', 'lateen-grafana']) {
      const { volumes = [], ports = [] } = services[name] ?? assert.fail(name);
      for (const { type, source } of volumes) if (type === 'bind') assert.ok(existsSync(source), source);
      assert.deepEqual(
        ports.map(({ host_ip }) => host_ip),
        ['127.0.0.1'],
      );
    }
  });
});

interface ZipkinSpan {
  readonly traceId: string;
  readonly id: string;
  readonly parentId?: string;
  readonly kind: string;
  readonly name: string;
  readonly localEndpoint: { readonly serviceName: string };
  readonly tags: Readonly<Record<string, string>>;
}

describe('Zipkin', () => {
  const CALLER = 'b7ad6b7169203331';
  /** Makes one call that continues a trace, and gives its spans when there are so many. */
  async function traceOf(traceId: string, path: string, count: number): Promise<ZipkinSpan[]> {
    const headers = { 'x-b3-traceid': traceId, 'x-b3-spanid': CALLER, 'x-b3-sampled': '1' };
    await mesh.call('client', { url: `http://shop:8080${path}`, headers });
    return eventually(`${count} spans of ${path}`, async () => {
      const spans = await getJson<ZipkinSpan[]>(zipkin, 9411, `/zipkin/api/v2/trace/${traceId}`);
      return spans.length >= count ? spans : undefined;
    });
  }

  test('has both sides of a call, one the child of the other, with names and tags of Istio', async () => {
    const spans = await traceOf('0af7651916cd43dd8448eb211c80319c', '/traced', 2);
    const client = spans.find(({ kind }) => kind === 'CLIENT') ?? assert.fail(JSON.stringify(spans));
    const server = spans.find(({ kind }) => kind === 'SERVER') ?? assert.fail(JSON.stringify(spans));
    assert.deepEqual([client.parentId, server.parentId], [CALLER, client.id]);
    assert.deepEqual(
      [client, server].map(({ localEndpoint }) => localEndpoint.serviceName),
      ['client.default', 'shop.default'],
    );
    for (const { name, tags } of [client, server]) {
      assert.equal(name, 'shop:8080/*');
      assert.partialDeepStrictEqual(tags, {
        component: 'proxy',
        'http.method': 'GET',
        'http.status_code': '200',
        'http.url': 'http://shop:8080/traced',
        'istio.namespace': 'default',
        'peer.address': tags['peer.address'] ?? assert.fail('no peer'),
      });
    }
    assert.match(client.tags.upstream_cluster ?? '', /^outbound\|8080\|v[12]\|shop\.default/);
    assert.equal(client.tags['lateen.rule'], 'VirtualService/default/shop#http[2]');
  });

  test('finds a request by the id that the application knows it by, which tells that it is sampled', async () => {
    const [answer] = await mesh.call('client', { url: 'http://shop:8080/named' });
    const { headers } = JSON.parse(answer?.body ?? '') as { headers: Record<string, string> };
    const { 'x-request-id': requestId = '', 'x-b3-traceid': traceId } = headers;
    assert.equal(requestId[14], '9', requestId);
    const query = encodeURIComponent(`guid:x-request-id=${requestId}`);
    const trace = await eventually('both spans of it', async () => {
      const [found] = await getJson<ZipkinSpan[][]>(
        zipkin,
        9411,
        `/zipkin/api/v2/traces?annotationQuery=${query}`,
      );
      return found?.length === 2 ? found : undefined;
    });
    assert.deepEqual(new Set(trace.map((span) => span.traceId)), new Set([traceId]));
  });

  test('is told of faults, of retries and of the rule behind them', async () => {
    const [broken] = await traceOf('1af7651916cd43dd8448eb211c80319c', '/broken', 1);
    assert.partialDeepStrictEqual(broken?.tags, {
      ...{ response_flags: 'FI', error: 'true', response_code_details: 'fault_filter_abort' },
      'lateen.rule': 'VirtualService/default/shop#http[0]',
    });
    const again = await traceOf('2af7651916cd43dd8448eb211c80319c', '/again?status=503', 4);
    const client = again.find(({ kind }) => kind === 'CLIENT');
    assert.partialDeepStrictEqual(client?.tags, { 'retry.count': '2', response_flags: 'URX' });
    assert.ok(again.filter(({ kind }) => kind === 'SERVER').every(({ parentId }) => parentId === client?.id));
  });

  test('lists the services of the mesh, and is not told of what it is told', async () => {
    const services = await eventually('all services', async () => {
      const all = await getJson<string[]>(zipkin, 9411, '/zipkin/api/v2/services');
      return ['client.default', 'shop.default', 'echo.default'].every((name) => all.includes(name))
        ? all
        : undefined;
    });
    assert.ok(!services.includes(''), services.join());
    // Its proxy traces who asks Zipkin, but not who tells it: that would never end.
    const traces = await getJson<ZipkinSpan[][]>(
      zipkin,
      9411,
      '/zipkin/api/v2/traces?serviceName=zipkin.default&limit=1000',
    );
    const told = traces.flat().filter(({ tags }) => tags['http.method'] === 'POST');
    assert.deepEqual(told, []);
  });
});
