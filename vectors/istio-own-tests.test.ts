import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { stringify } from 'yaml';
import { createManualClock } from '../base/clock.ts';
import { createSeededRandom } from '../base/random.ts';
import { countCalls, makeCall } from './make-call.ts';
import { MemoryMesh } from './memory-mesh.ts';
import type { Answer, CallRequest, Scenario } from './scenario.ts';

/** What Istio's own integration tests expect of HTTP, where it is no recorded scenario (ISTIO.md, appendix A). */

const to = (host: string, more: object = {}) => ({ destination: { host }, ...more });
const TO_B = [to('b')];

/** The documents and cluster of a test: `client` calls `b`, and from outside anybody the gateway `gate`. */
function open(
  http: readonly object[],
  more: { meshConfig?: string; spec?: object; documents?: object[] } = {},
) {
  const virtualService = {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name: 'b' },
    spec: { hosts: ['b'], http, ...more.spec },
  };
  const documents = [...(http.length > 0 ? [virtualService] : []), ...(more.documents ?? [])];
  const ports = [
    { name: 'http', port: 80 },
    { name: 'http2', port: 85 },
  ];
  const scenario: Scenario = {
    ...{ name: 'own/test', title: '', about: '', calls: [] },
    ...(more.meshConfig !== undefined && { meshConfig: more.meshConfig }),
    config: documents.map((document) => stringify(document, { version: '1.1' })).join('---\n'),
    workloads: [
      { name: 'client', proxy: 'sidecar', labels: { app: 'client' } },
      { name: 'gate', proxy: 'gateway', labels: { app: 'gate' } },
      ...['b', 'c', 'd'].map((name) => ({ name, labels: { app: name } })),
    ],
    services: ['b', 'c', 'd'].map((name) => ({ name, selector: { app: name }, ports })),
  };
  const clock = createManualClock();
  const mesh = new MemoryMesh(scenario, { clock, random: createSeededRandom(3) });
  return {
    /** From the client, or through the gateway from outside. */
    call: ({ path = '/', ...request }: Partial<CallRequest> & { path?: string }): Answer =>
      makeCall(mesh, clock, {
        ...(request.via === undefined && { from: 'client' }),
        url: `http://b${path}`,
        ...request,
      }),
    count: (request: CallRequest): Answer => countCalls(mesh, clock, request),
  };
}

const FOO = [{ uri: { exact: '/foo' } }];

describe('redirects', () => {
  const location = (rule: object, request: Parameters<ReturnType<typeof open>['call']>[0]) => {
    const { status, headers } = open([rule]).call(request);
    return `${status} ${headers?.['location']}`;
  };
  const fromPort = { match: FOO, redirect: { derivePort: 'FROM_REQUEST_PORT' } };

  test('a new path keeps the query', () => {
    const rule = { match: FOO, redirect: { uri: '/new/path' } };
    assert.equal(location(rule, { path: '/foo?key=value' }), '301 http://b/new/path?key=value');
  });

  test('a prefix is replaced alone', () => {
    const rule = { match: [{ uri: { prefix: '/foo/' } }], redirect: { prefixRewrite: '/new/' } };
    assert.equal(location(rule, { path: '/foo/bar' }), '301 http://b/new/bar');
  });

  test("the request's port is written, but for the scheme's own", () => {
    const https = { match: FOO, redirect: { derivePort: 'FROM_REQUEST_PORT', scheme: 'https' } };
    assert.equal(location(https, { path: '/foo' }), '301 https://b:80/foo');
    assert.equal(location(fromPort, { path: '/foo' }), '301 http://b/foo');
    assert.equal(location(fromPort, { path: '/foo', headers: { host: 'b:80' } }), '301 http://b:80/foo');
    for (const host of ['b', 'b:85'])
      assert.equal(location(fromPort, { url: 'http://b:85/foo', headers: { host } }), '301 http://b:85/foo');
  });
});

describe('rewrites and headers', () => {
  const seen = (rule: object, path = '/foo') => open([rule]).call({ path }).backend;

  test('an exact match is rewritten whole, and keeps its query', () => {
    const rule = { match: FOO, rewrite: { uri: '/new/path' }, route: TO_B };
    assert.equal(seen(rule, '/foo?key=value#hash')?.path, '/new/path?key=value');
  });

  test('a new authority is the Host', () => {
    assert.equal(seen({ rewrite: { authority: 'new-authority' }, route: TO_B })?.host, 'new-authority');
  });

  for (const name of [':authority', 'Host'])
    test(`${name} set at the destination is the Host, and the route's wins over it`, () => {
      const set = (value: string) => ({ headers: { request: { set: { [name]: value } } } });
      assert.equal(seen({ route: [to('b', set('dest'))] })?.host, 'dest');
      assert.equal(seen({ ...set('route'), route: [to('b', set('dest'))] })?.host, 'route');
    });
});

describe('matches', () => {
  const statuses = (http: object[], requests: Partial<CallRequest>[]) => {
    const { call } = open(http);
    return requests.map((request) => call(request).status);
  };

  test('the method as a header', () => {
    const rule = { match: [{ headers: { ':method': { exact: 'GET' } } }], route: TO_B };
    assert.deepEqual(statuses([rule], [{ method: 'GET' }, { method: 'POST' }]), [200, 404]);
  });

  test('a header whose name has every character that a name may have', () => {
    const name = "a!#$%&'*+-.^_`|~z";
    const rule = { match: [{ headers: { [name]: { exact: 'why' } } }], route: TO_B };
    assert.deepEqual(statuses([rule], [{ headers: { [name]: 'why' } }, {}]), [200, 404]);
  });

  const aborted = (withoutHeaders: object) => [
    {
      match: [{ withoutHeaders }],
      route: TO_B,
      fault: { abort: { httpStatus: 403, percentage: { value: 100 } } },
    },
    { route: TO_B },
  ];
  const users = [{ headers: { 'end-user': 'jason' } }, { headers: { 'end-user': '' } }, {}];

  test('without a header of some value', () => {
    const others = [users[0] ?? {}, { headers: { 'end-user': 'other' } }, {}];
    assert.deepEqual(statuses(aborted({ 'end-user': { exact: 'jason' } }), others), [200, 403, 403]);
  });

  test('without a header of any value, by * and by .*', () => {
    assert.deepEqual(statuses(aborted({ 'end-user': { regex: '*' } }), users), [200, 200, 403]);
    assert.deepEqual(statuses(aborted({ 'end-user': { regex: '.*' } }), users), [200, 200, 200]);
  });

  test('a rule that takes everything ends the list', () => {
    const all = {
      match: [{ uri: { regex: '.*' } }],
      route: TO_B,
      fault: { abort: { httpStatus: 418, percentage: { value: 100 } } },
    };
    assert.deepEqual(statuses([all, { route: TO_B }], [{}]), [418]);
  });

  test('a claim of a token that nobody has checked is no match', () => {
    const rule = {
      match: [{ headers: { '@request.auth.claims.group': { exact: 'a' } } }],
      route: TO_B,
    };
    const gateway = {
      apiVersion: 'networking.istio.io/v1',
      kind: 'Gateway',
      metadata: { name: 'front' },
      spec: {
        selector: { app: 'gate' },
        servers: [{ port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*'] }],
      },
    };
    const { call } = open([rule], { spec: { gateways: ['front'] }, documents: [gateway] });
    assert.equal(call({ via: 'gate', headers: { host: 'b.default.svc.cluster.local' } }).status, 404);
  });
});

describe('CORS', () => {
  const corsPolicy = {
    allowOrigins: [{ exact: 'cors.com' }],
    ...{ allowMethods: ['POST', 'GET'], allowHeaders: ['X-Foo-Bar', 'X-Foo-Baz'], maxAge: '24h' },
  };
  const { call } = open([{ corsPolicy, route: TO_B }]);

  test('a preflight is told the lists, whatever it asks for', () => {
    const asked = { origin: 'cors.com', 'access-control-request-method': 'DELETE' };
    const { status, headers } = call({ method: 'OPTIONS', headers: asked });
    assert.equal(status, 200);
    assert.deepEqual(
      ['origin', 'methods', 'headers'].map((part) => headers?.[`access-control-allow-${part}`]),
      ['cors.com', 'POST,GET', 'X-Foo-Bar,X-Foo-Baz'],
    );
    assert.equal(headers?.['access-control-max-age'], '86400');
  });

  test('the answer to a request names its origin, if it was allowed', () => {
    const allowed = (headers: Record<string, string>) =>
      call({ headers }).headers?.['access-control-allow-origin'];
    assert.deepEqual([allowed({ origin: 'cors.com' }), allowed({})], ['cors.com', undefined]);
  });
});

describe('destinations', () => {
  test('weights are shares of the requests', () => {
    const route = [to('b', { weight: 80 }), to('c', { weight: 10 }), to('d', { weight: 10 })];
    const { counts = {} } = open([{ route }]).count({ from: 'client', url: 'http://b/', times: 400 });
    const shares = ['b', 'c', 'd'].map((name) => Number(counts[`200 ${name}`] ?? 0) / 4);
    assert.ok(Math.abs((shares[0] ?? 0) - 80) <= 10, String(shares));
    assert.ok(Math.abs((shares[1] ?? 0) - 10) <= 10 && Math.abs((shares[2] ?? 0) - 10) <= 10, String(shares));
  });

  test('a fault answers in their place', () => {
    const abort = { httpStatus: 418, percentage: { value: 100 } };
    assert.equal(open([{ fault: { abort }, route: TO_B }]).call({}).status, 418);
  });

  test('an unknown host is refused where only the registry is open', () => {
    const { call } = open([], { meshConfig: 'outboundTrafficPolicy: {mode: REGISTRY_ONLY}' });
    assert.equal(call({ url: 'http://unknown.example/' }).status, 502);
  });
});

describe('a gateway', () => {
  const server = { port: { number: 80, name: 'http', protocol: 'HTTP' }, hosts: ['*'] };
  const gatewayOf = (change: object = {}) => ({
    apiVersion: 'networking.istio.io/v1',
    kind: 'Gateway',
    metadata: { name: 'front' },
    spec: { selector: { app: 'gate' }, servers: [{ ...server, ...change }] },
  });
  const at = (hosts: string[], change: object = {}, http: object[] = [{ route: [to('b')] }]) => {
    const { call } = open(http, { spec: { hosts, gateways: ['front'] }, documents: [gatewayOf(change)] });
    return (host: string, headers: Record<string, string> = {}) =>
      call({ via: 'gate', url: 'http://gate/', headers: { host, ...headers } });
  };

  test('knows only the hosts of its rules', () => {
    const call = at(['foo.com']);
    assert.deepEqual(
      ['foo.com', 'foo.bar', 'unknown'].map((host) => call(host).status),
      [200, 404, 404],
    );
  });

  test('takes a host with any port', () => {
    const call = at(['*.example.com']);
    for (const port of ['', ':80', ':12345']) assert.equal(call(`foo.example.com${port}`).status, 200);
  });

  test('sends to https where it is told to, with any rule or none', () => {
    const answer = at(['foo.com'], { tls: { httpsRedirect: true } })('foo.com');
    assert.deepEqual([answer.status, answer.headers?.['location']], [301, 'https://foo.com/']);
  });
});
