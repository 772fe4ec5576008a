import assert from 'node:assert/strict';
import type { Bookinfo } from '../fixture/bookinfo.ts';
import { docker } from '../fixture/docker.ts';
import { eventually } from '../fixture/eventually.ts';
import { metricsOfProxy, proxyOf } from '../fixture/proxies.ts';

import { LIMIT_PROOFS } from './limit-proofs.ts';
import { SECURITY_PROOFS } from './security-proofs.ts';
import { TELEMETRY_PROOFS } from './telemetry-proofs.ts';
import { TLS_PROOFS } from './tls-proofs.ts';

export type Proof = (mesh: Bookinfo) => Promise<void>;

const REVIEWS = 'http://reviews:9080/reviews/0';
const RATINGS = 'http://ratings:9080/ratings/0';

/** The version of reviews that answered a call from the client's container. */
async function versionForClient(mesh: Bookinfo, url = REVIEWS): Promise<string> {
  const [outcome] = await mesh.call('client', { url });
  assert.ok(outcome?.status === 200, JSON.stringify(outcome));
  return (JSON.parse(outcome.body) as { clustername: string }).clustername;
}

/** One for each folder of examples/recipes: what its README promises. */
export const PROOFS: Readonly<Record<string, Proof>> = {
  async ingress(mesh) {
    const host = { host: 'shop.example.com' };
    const details = await mesh.call('client', {
      url: 'http://istio-ingressgateway:8080/details/0',
      headers: host,
    });
    assert.equal(details[0]?.status, 200);
    const elsewhere = await mesh.call('client', {
      url: 'http://istio-ingressgateway:8080/elsewhere',
      headers: host,
    });
    assert.equal(elsewhere[0]?.status, 404);
  },

  async canary(mesh) {
    const counts = await mesh.reviewVersions(200);
    assert.deepEqual(Object.keys(counts).sort(), ['v1', 'v3']);
    // 4.5 standard deviations to each side of 50.
    assert.ok(Math.abs((counts['v3'] ?? 0) - 50) <= 28, JSON.stringify(counts));
  },

  async 'request-routing'(mesh) {
    assert.deepEqual(await mesh.reviewVersions(3), { v1: 3 });
    assert.deepEqual(await mesh.reviewVersions(3, { 'user-agent': 'Mozilla/5.0 Firefox/140.0' }), { v3: 3 });
    assert.deepEqual(await mesh.reviewVersions(3, { cookie: 'theme=dark; user=jason' }), { v2: 3 });
    assert.deepEqual(await mesh.reviewVersions(3, { cookie: 'user=jasonette' }), { v1: 3 });
  },

  async 'versioned-paths'(mesh) {
    const at = async (path: string) => {
      const [outcome] = await mesh.call('client', {
        url: `http://istio-ingressgateway:8080${path}`,
        headers: { host: 'versioned.example.com' },
      });
      return [outcome?.status, outcome?.headers['location'] ?? outcome?.body.slice(0, 15)];
    };
    // The page's `/` leads to `/productpage`.
    assert.deepEqual(await at('/v1'), [302, '/productpage']);
    assert.deepEqual(await at('/v1/'), [302, '/productpage']);
    assert.deepEqual(await at('/v1/productpage'), [200, '<!doctype html>']);
    assert.deepEqual(await at('/v1/api/v1/products'), [200, '[{"id":0,"title']);
    assert.deepEqual(await at('/v2'), [404, '']);
  },

  async 'default-route'(mesh) {
    assert.deepEqual(await mesh.reviewVersions(3), { v2: 3 });
    assert.equal(await versionForClient(mesh, 'http://reviews:9080/reviews/beta/0'), 'v3');
  },

  async 'strict-mtls'(mesh) {
    const [neighbour = ''] = await mesh.containers('neighbour');
    const call = (url: string) =>
      docker([
        ...['exec', neighbour, 'node', '-e'],
        `fetch('${url}').then((r) => console.log(r.status), (e) => console.log(e.cause.code))`,
      ]);
    assert.match(await call('http://reviews-v1:9080/reviews/0'), /^(ECONNRESET|UND_ERR_SOCKET)$/);
    assert.equal(await call('http://ratings:9080/ratings/0'), '200');
    assert.equal((await mesh.get('/productpage')).status, 200);
    await mesh.remove('peer-authentication.yaml');
    assert.equal(await call('http://reviews-v1:9080/reviews/0'), '200');
  },

  async 'source-labels'(mesh) {
    assert.deepEqual(await mesh.reviewVersions(3), { v3: 3 });
    assert.equal(await versionForClient(mesh), 'v1');
  },

  async cors(mesh) {
    const ask = async (method: string, headers: Record<string, string>) => {
      const [outcome] = await mesh.call('client', {
        url: 'http://istio-ingressgateway:8080/api/v1/products',
        method,
        headers: { host: 'api.example.com', ...headers },
      });
      assert.equal(outcome?.status, 200);
      const { headers: answered } = outcome;
      const names = ['origin', 'methods', 'headers'].map((name) => `access-control-allow-${name}`);
      return [...names, 'access-control-max-age'].map((name) => answered[name]);
    };
    const origin = 'https://shop.example.com';
    assert.deepEqual(await ask('OPTIONS', { origin, 'access-control-request-method': 'POST' }), [
      ...[origin, 'GET,POST', 'content-type,x-request-id', '86400'],
    ]);
    const none = undefined;
    assert.deepEqual(await ask('GET', { origin }), [origin, none, none, none]);
    assert.deepEqual(await ask('GET', { origin: 'https://elsewhere.example' }), [none, none, none, none]);
  },

  async 'fault-and-timeout'(mesh) {
    const [direct] = await mesh.call('client', { url: REVIEWS });
    assert.equal(direct?.status, 504);
    assert.equal(direct.body, 'upstream request timeout');
    const page = await mesh.get('/api/v1/products/0/reviews');
    assert.equal(page.status, 504);
    assert.match(await page.text(), /currently unavailable/);
  },

  async retries(mesh) {
    const outcomes = await mesh.call('client', { url: RATINGS, times: 60, concurrency: 4 });
    assert.deepEqual(new Set(outcomes.map(({ status }) => status)), new Set([200]));
    await mesh.remove('ratings-retries.yaml');
    const without = await mesh.call('client', { url: RATINGS, times: 100, concurrency: 4 });
    assert.ok(without.some(({ status }) => status === 503));
  },

  async 'circuit-breaker'(mesh) {
    const outcomes = await mesh.call('client', { url: RATINGS, times: 20, concurrency: 20 });
    const refused = outcomes.filter(({ status }) => status === 503);
    assert.ok(outcomes.some(({ status }) => status === 200));
    assert.ok(refused.length >= 10, `${refused.length} of 20 were refused`);
    for (const { headers, body } of refused) {
      assert.equal(headers['x-envoy-overloaded'], 'true');
      assert.match(body, /reset reason: overflow/);
    }
    const [alone] = await mesh.call('client', { url: RATINGS });
    assert.equal(alone?.status, 200);
  },

  async 'subset-load-balancer'(mesh) {
    await mesh.withCopies('reviews-v2', 3);
    const counts = await mesh.reviewContainers(30);
    assert.deepEqual(Object.values(counts), [10, 10, 10]);
    await mesh.composeWith([], '--remove-orphans');
  },

  async 'session-affinity'(mesh) {
    const containers = new Set<string>();
    for (const user of ['ann', 'ben', 'cleo', 'dora', 'emil', 'fritz', 'greta', 'hans']) {
      const counts = await mesh.reviewContainers(5, { 'end-user': user, cookie: `user=${user}` });
      assert.deepEqual(Object.values(counts), [5]);
      for (const name of Object.keys(counts)) containers.add(name);
    }
    assert.ok(containers.size > 1, 'all users went to one container');
  },

  async 'locality-failover'(mesh) {
    assert.deepEqual(await mesh.reviewVersions(10), { v1: 10 });
    const [near = ''] = await mesh.containers('reviews-v1');
    await docker(['stop', '-t', '3', near]);
    assert.deepEqual(await mesh.reviewVersions(10), { v2: 10 });
    await docker(['start', near]);
    await eventually('the nearest container answers again', async () =>
      (await mesh.reviewVersions(3))['v1'] === 3 ? true : undefined,
    );
  },

  async mirroring(mesh) {
    const arrived = async () => {
      const [v2 = ''] = await mesh.containers('reviews-v2');
      return inboundRequests(mesh, v2);
    };
    const before = await arrived();
    assert.deepEqual(await mesh.reviewVersions(20), { v1: 20 });
    await eventually('twenty copies arrived', async () =>
      (await arrived()) - before === 20 ? true : undefined,
    );
  },

  async 'tcp-weights'(mesh) {
    const errand = { url: 'tcp://greeter:9000', until: '\n', times: 100 };
    const counts: Record<string, number> = {};
    for (const { body, error } of await mesh.call('client', errand)) {
      const key = error === '' ? body.trim() : error;
      counts[key] = (counts[key] ?? 0) + 1;
    }
    assert.deepEqual(Object.keys(counts).sort(), ['greeter v1', 'greeter v2']);
    // 4.5 standard deviations to each side of 20.
    assert.ok(Math.abs((counts['greeter v2'] ?? 0) - 20) <= 18, JSON.stringify(counts));
  },

  async 'grpc-canary'(mesh) {
    const [client = ''] = await mesh.containers('stars-client');
    const ask = async (...args: string[]) =>
      JSON.parse(await docker(['exec', client, 'node', '/stars/client.ts', ...args]));
    await eventually('the servers have started', async () =>
      (await ask('1', 'x-tester=yes')).get['v2'] === 1 ? true : undefined,
    );
    const watch = ['v2', 'v2', 'v2'];
    assert.deepEqual(await ask('20', 'x-tester=yes'), { get: { v2: 20 }, watch });
    const others = await ask('200');
    assert.deepEqual(others.watch, watch);
    assert.deepEqual(Object.keys(others.get).sort(), ['v1', 'v2']);
    // 4.5 standard deviations to each side of 20.
    assert.ok(Math.abs(others.get['v2'] - 20) <= 19, JSON.stringify(others));
  },

  async 'sidecar-scoping'(mesh) {
    const [details = ''] = await mesh.containers('details');
    const script = `for (const url of ['${REVIEWS}', '${RATINGS}']) console.log((await fetch(url)).status)`;
    const statuses = await docker(['exec', details, 'node', '--input-type=module', '-e', script]);
    assert.deepEqual(statuses.split('\n'), ['200', '502']);
    const [client] = await mesh.call('client', { url: RATINGS });
    assert.equal(client?.status, 200);
  },

  async 'registry-only'(mesh) {
    assert.equal(await statusForClient(mesh, 'http://api.outside.example:9080/details/0'), 502);
    assert.equal(await statusForClient(mesh, 'http://details:9080/details/0'), 200);
    await mesh.remove('meshconfig.yaml');
    assert.equal(await statusForClient(mesh, 'http://api.outside.example:9080/details/0'), 200);
  },

  async 'service-entry'(mesh) {
    const [known] = await mesh.call('client', { url: 'http://api.outside.example/details/0' });
    assert.deepEqual([known?.status, known?.headers['x-came-from']], [200, 'outside']);
    assert.equal(await statusForClient(mesh, 'http://www.outside.example/details/0'), 502);
  },

  async 'egress-gateway'(mesh) {
    assert.equal(await statusForClient(mesh, 'http://api.outside.example/details/0'), 200);
    const [gateway = ''] = await mesh.containers('istio-egressgateway');
    const text = await metricsOfProxy(gateway);
    assert.match(text, /^istio_requests_total\{.*destination_service="api\.outside\.example".*\} 1$/m);
  },

  async 'cached-egress'(mesh) {
    const ask = async (method: string) => {
      const [outcome] = await mesh.call('client', { url: 'http://news.outside.example/', method });
      assert.equal(outcome?.status, 200, JSON.stringify(outcome));
      return [outcome.body, outcome.headers['cache-status']];
    };
    assert.deepEqual(await ask('GET'), ['answer 1', 'lateen; fwd=uri-miss']);
    assert.deepEqual(await ask('GET'), ['answer 1', 'lateen; hit']);
    assert.deepEqual(await ask('POST'), ['answer 2', undefined]);
    assert.deepEqual(await ask('GET'), ['answer 3', 'lateen; fwd=uri-miss']);
    const [gateway = ''] = await mesh.containers('istio-egressgateway');
    assert.match(await metricsOfProxy(gateway), /^lateen_cache_requests_total\{result="hit"\} 1$/m);
  },

  ...SECURITY_PROOFS,
  ...LIMIT_PROOFS,
  ...TELEMETRY_PROOFS,
  ...TLS_PROOFS,
};

async function statusForClient(mesh: Bookinfo, url: string): Promise<number | undefined> {
  const [outcome] = await mesh.call('client', { url });
  return outcome?.status;
}

/** Requests that the agent of a container has counted on their way in. */
async function inboundRequests(mesh: Bookinfo, container: string): Promise<number> {
  const text = await metricsOfProxy(await proxyOf(mesh, container));
  const lines = text.match(/^istio_requests_total\{[^}]*reporter="destination"[^}]*\} \d+$/gm) ?? [];
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}
