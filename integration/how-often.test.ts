import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eventually } from './fixture/eventually.ts';
import { frontDoor } from './fixture/front-door.ts';
import { type Mesh, startMesh } from './fixture/mesh.ts';
import { metricsOf, sumOf } from './fixture/proxies.ts';
import { CLIENT, SHOP } from './fixture/shop.ts';
import { nodeService } from './fixture/streams.ts';

/** Rate limits: in one proxy, by the mesh's own service, and by one of somebody else over gRPC. */

const COUNTER = nodeService('counter', 'rate-limiter.ts', 'app: counter, lateen.ports: "grpc:8081"');

/** So slow that no test sees a bucket fill. */
const BUCKET = '{ max_tokens: 3, tokens_per_fill: 3, fill_interval: 86400s }';
const ALL = '{ default_value: { numerator: 100, denominator: HUNDRED } }';

/** As Istio's task has it, at the workload. */
const AT_THE_WORKLOAD = `
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: { name: filter-local-ratelimit-svc }
spec:
  workloadSelector: { labels: { app: shop, version: v1 } }
  configPatches:
    - applyTo: HTTP_FILTER
      match:
        context: SIDECAR_INBOUND
        listener: { filterChain: { filter: { name: envoy.filters.network.http_connection_manager } } }
      patch:
        operation: INSERT_BEFORE
        value:
          name: envoy.filters.http.local_ratelimit
          typed_config:
            "@type": type.googleapis.com/udpa.type.v1.TypedStruct
            type_url: type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit
            value:
              stat_prefix: http_local_rate_limiter
              token_bucket: ${BUCKET}
              filter_enabled: ${ALL}
              filter_enforced: ${ALL}
              response_headers_to_add:
                - { append: false, header: { key: x-local-rate-limit, value: "true" } }
`;

const AT_THE_GATEWAY = `
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: { name: filter-local-ratelimit-front, namespace: istio-system }
spec:
  workloadSelector: { labels: { istio: ingressgateway } }
  configPatches:
    - applyTo: HTTP_FILTER
      match:
        context: GATEWAY
        listener: { filterChain: { filter: { name: envoy.filters.network.http_connection_manager, subFilter: { name: envoy.filters.http.router } } } }
      patch:
        operation: INSERT_BEFORE
        value:
          name: envoy.filters.http.local_ratelimit
          typed_config:
            "@type": type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit
            stat_prefix: http_local_rate_limiter
    - applyTo: VIRTUAL_HOST
      match: { context: GATEWAY, routeConfiguration: { vhost: { name: "*:80" } } }
      patch:
        operation: MERGE
        value:
          rate_limits:
            - actions: [{ request_headers: { header_name: x-user, descriptor_key: user } }]
          typed_per_filter_config:
            envoy.filters.http.local_ratelimit:
              "@type": type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit
              stat_prefix: http_local_rate_limiter
              token_bucket: { max_tokens: 100, fill_interval: 1s }
              filter_enabled: ${ALL}
              filter_enforced: ${ALL}
              enable_x_ratelimit_headers: DRAFT_VERSION_03
              descriptors:
                - entries: [{ key: user, value: amy }]
                  token_bucket: ${BUCKET}
`;

/** As Istio's task has it: limits by a service. */
const global = (service: string) => `
apiVersion: v1
kind: ConfigMap
metadata: { name: ratelimit-config }
data:
  config.yaml: |
    domain: ratelimit
    descriptors:
      - { key: PATH, value: /goods, rate_limit: { unit: day, requests_per_unit: 2 } }
      - { key: PATH, rate_limit: { unit: day, requests_per_unit: 5 } }
---
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: { name: filter-ratelimit, namespace: istio-system }
spec:
  workloadSelector: { labels: { istio: ingressgateway } }
  configPatches:
    - applyTo: HTTP_FILTER
      match:
        context: GATEWAY
        listener: { filterChain: { filter: { name: envoy.filters.network.http_connection_manager, subFilter: { name: envoy.filters.http.router } } } }
      patch:
        operation: INSERT_BEFORE
        value:
          name: envoy.filters.http.ratelimit
          typed_config:
            "@type": type.googleapis.com/envoy.extensions.filters.http.ratelimit.v3.RateLimit
            domain: ratelimit
            failure_mode_deny: true
            timeout: 10s
            enable_x_ratelimit_headers: DRAFT_VERSION_03
            rate_limit_service:
              grpc_service: { envoy_grpc: { cluster_name: "outbound|8081||${service}.default.svc.cluster.local" } }
              transport_api_version: V3
---
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: { name: filter-ratelimit-svc, namespace: istio-system }
spec:
  workloadSelector: { labels: { istio: ingressgateway } }
  configPatches:
    - applyTo: VIRTUAL_HOST
      match: { context: GATEWAY, routeConfiguration: { vhost: { name: "", route: { action: ANY } } } }
      patch:
        operation: MERGE
        value:
          rate_limits: [{ actions: [{ request_headers: { header_name: ":path", descriptor_key: PATH } }] }]
`;

const PLAIN = `
apiVersion: lateen.dev/v1alpha1
kind: RateLimit
metadata: { name: orders }
spec:
  selector: { matchLabels: { app: shop } }
  mode: GLOBAL
  # Longer than the default: on a busy machine it would let calls pass uncounted.
  provider: { timeout: 10s }
  rules:
    - to: [{ operation: { paths: ["/orders*"] } }]
      per: [source.principal, "request.headers[x-user]"]
      limit: { requests: 5, unit: DAY }
`;

let mesh: Mesh;

before(async () => {
  mesh = await startMesh({
    name: 'how-often',
    services: CLIENT + SHOP + COUNTER,
    config: { 'entry.yaml': frontDoor('shop') },
  });
});

after(async () => {
  await mesh?.[Symbol.asyncDispose]();
});

async function front(path: string, headers: Record<string, string> = {}) {
  const response = await mesh.gateway(path, { headers });
  return { status: response.status, headers: response.headers, body: await response.text() };
}

async function statuses(times: number, path: string, headers: Record<string, string> = {}) {
  const all: number[] = [];
  for (let call = 0; call < times; call++) all.push((await front(path, headers)).status);
  return all;
}

test("a workload's own limit refuses what is too much, and a push of other things fills no bucket", async () => {
  await mesh.apply('limit.yaml', AT_THE_WORKLOAD);
  const times = 16;
  const outcomes = await mesh.call('client', { url: 'http://shop:8080/', times });
  const refused = outcomes.filter(({ status }) => status === 429);
  const served = outcomes.filter(({ status }) => status === 200);
  assert.equal(refused.length + served.length, times);
  // Half of the calls go to the other version, which has no limit.
  assert.ok(refused.length > 0, 'nothing was refused');
  assert.equal(refused[0]?.body, 'local_rate_limited');
  assert.equal(refused[0]?.headers['x-local-rate-limit'], 'true');
  assert.equal(refused[0]?.headers['x-envoy-ratelimited'], 'true');
  const metrics = await metricsOf(mesh, 'shop-v1');
  const counted = (name: string) =>
    sumOf(metrics, `envoy_http_local_rate_limiter_http_local_rate_limit_${name}`);
  assert.deepEqual(
    [counted('ok'), counted('rate_limited'), counted('enforced')],
    [3, refused.length, refused.length],
  );
  assert.ok(sumOf(metrics, 'istio_requests_total', 'response_code="429"', 'response_flags="RL"') > 0);
  await mesh.apply('other.yaml', PLAIN);
  const again = await mesh.call('client', { url: 'http://shop:8080/', times });
  assert.ok(again.some(({ status }) => status === 429));
  assert.equal(
    sumOf(await metricsOf(mesh, 'shop-v1'), 'envoy_http_local_rate_limiter_http_local_rate_limit_ok'),
    3,
  );
  await mesh.remove('other.yaml');
  await mesh.remove('limit.yaml');
  const free = await mesh.call('client', { url: 'http://shop:8080/', times });
  assert.ok(free.every(({ status }) => status === 200));
});

test('the gateway limits one user of a virtual host, and tells what is left', async () => {
  await mesh.apply('limit.yaml', AT_THE_GATEWAY);
  const first = await front('/', { 'x-user': 'amy' });
  assert.equal(first.status, 200);
  assert.equal(first.headers.get('x-ratelimit-limit'), '3');
  assert.equal(first.headers.get('x-ratelimit-remaining'), '2');
  assert.deepEqual(await statuses(3, '/', { 'x-user': 'amy' }), [200, 200, 429]);
  assert.deepEqual(await statuses(5, '/', { 'x-user': 'bob' }), [200, 200, 200, 200, 200]);
  await mesh.remove('limit.yaml');
});

test("Istio's task works without a service of limits: the mesh's own counts", async () => {
  await mesh.apply('limit.yaml', global('ratelimit'));
  assert.deepEqual(await statuses(3, '/goods'), [200, 200, 429]);
  const refused = await front('/goods');
  assert.equal(refused.headers.get('x-envoy-ratelimited'), 'true');
  assert.equal(refused.headers.get('x-ratelimit-limit'), '2, 2;w=86400');
  assert.equal(refused.headers.get('x-ratelimit-remaining'), '0');
  assert.deepEqual(await statuses(6, '/other'), [200, 200, 200, 200, 200, 429]);
  const metrics = await metricsOf(mesh, 'istio-ingressgateway');
  const cluster = 'cluster_name="outbound|8080||shop.default.svc.cluster.local"';
  assert.equal(sumOf(metrics, 'envoy_cluster_ratelimit_ok', cluster), 7);
  assert.equal(sumOf(metrics, 'envoy_cluster_ratelimit_over_limit', cluster), 3);
  await mesh.remove('limit.yaml');
});

test('a plain global limit counts over all replicas, and each caller apart', async () => {
  await mesh.apply('limit.yaml', PLAIN);
  const as = async (user: string) => {
    const headers = { 'x-user': user };
    const outcomes = await mesh.call('client', { url: 'http://shop:8080/orders', headers, times: 12 });
    return outcomes.filter(({ status }) => status === 200).length;
  };
  assert.equal(await as('amy'), 5);
  assert.equal(await as('bob'), 5);
  // Through the gateway it is another caller.
  assert.deepEqual(await statuses(6, '/orders', { 'x-user': 'amy' }), [200, 200, 200, 200, 200, 429]);
  const [open] = await mesh.call('client', { url: 'http://shop:8080/', headers: { 'x-user': 'amy' } });
  assert.equal(open?.status, 200);
  const counted = await Promise.all(
    ['shop-v1', 'shop-v2'].map(async (service) =>
      sumOf(await metricsOf(mesh, service), 'envoy_cluster_ratelimit_ok'),
    ),
  );
  assert.ok(
    counted.every((count) => count > 0),
    `one replica got nothing: ${counted}`,
  );
  assert.equal(
    counted.reduce((sum, count) => sum + count, 0),
    15,
  );
  await mesh.remove('limit.yaml');
});

test('a limit goes on while the controller starts anew, as its failure mode says', async () => {
  await mesh.apply('limit.yaml', PLAIN);
  await mesh.compose('stop', '-t', '1', 'lateen-controller');
  const [passed] = await mesh.call('client', {
    url: 'http://shop:8080/orders',
    headers: { 'x-user': 'cid' },
  });
  assert.equal(passed?.status, 200);
  await mesh.compose('start', 'lateen-controller');
  await mesh.settled();
  const outcomes = await mesh.call('client', {
    url: 'http://shop:8080/orders',
    headers: { 'x-user': 'cid' },
    times: 12,
  });
  assert.equal(outcomes.filter(({ status }) => status === 200).length, 5);
  await mesh.remove('limit.yaml');
});

test('a rate limit service of somebody else is asked over gRPC, and its failure refuses where it must', async () => {
  await mesh.apply('limit.yaml', global('counter'));
  const first = await eventually('the service answers', async () => {
    const answer = await front('/goods');
    if (answer.status !== 200) throw new Error(`${answer.status} ${answer.body}`);
    return answer;
  });
  assert.equal(first.headers.get('x-asked'), 'ratelimit: PATH=/goods');
  assert.equal(first.headers.get('x-ratelimit-limit'), '3, 3;w=86400;name="daily"');
  assert.equal(first.headers.get('x-ratelimit-reset'), '3600');
  assert.deepEqual(await statuses(3, '/goods'), [200, 200, 429]);
  const refused = await front('/goods');
  assert.deepEqual([refused.status, refused.body], [429, 'come back tomorrow']);
  assert.equal((await front('/else')).status, 200);
  await mesh.compose('stop', '-t', '1', 'counter');
  await mesh.settled();
  assert.equal((await front('/else')).status, 500);
  assert.ok(sumOf(await metricsOf(mesh, 'istio-ingressgateway'), 'envoy_cluster_ratelimit_error') > 0);
  await mesh.compose('start', 'counter');
  await eventually('the service answers again', async () =>
    (await front('/more')).status === 200 ? true : undefined,
  );
  await mesh.remove('limit.yaml');
});

test('what an EnvoyFilter has beside limits is told by name', async () => {
  await mesh.apply(
    'lua.yaml',
    `
apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: { name: lua }
spec:
  configPatches:
    - applyTo: HTTP_FILTER
      patch: { operation: INSERT_BEFORE, value: { name: envoy.filters.http.lua } }
`,
  );
  const found = (await mesh.violations()).find(({ code }) => code === 'LAT0004');
  assert.match(found?.message ?? '', /HTTP_FILTER envoy\.filters\.http\.lua is Envoy's own configuration/);
  assert.equal(found?.line, 7);
  await mesh.remove('lua.yaml');
});
