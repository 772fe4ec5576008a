import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonSchemas } from '../../istio/json-schemas.ts';
import type { ServiceView } from '../../model/console.ts';
import { completeAt } from './complete.ts';
import { hoverAt } from './hover.ts';
import { knownOf } from './known.ts';

const schemas = jsonSchemas();

const service = (name: string, versions: string[], ports = [9080]): ServiceView => ({
  name,
  namespace: 'default',
  hostname: `${name}.default.svc.cluster.local`,
  kind: 'service',
  ports: ports.map((number) => ({ number, name: 'http', protocol: 'http' })),
  endpoints: versions.map((version) => ({
    address: '10.0.0.1',
    port: 9080,
    workload: '',
    version,
    health: 'ready',
    locality: '',
    ejectedBy: [],
  })),
  rules: [],
  mtls: 'UNSET',
});

const RULE = `kind: DestinationRule
metadata: { name: reviews }
spec:
  host: reviews
  subsets: [{ name: v1 }, { name: next }]
---
kind: Gateway
metadata: { name: shop, namespace: front }
spec: {}
`;

const known = knownOf(
  [service('reviews', ['v1', 'v2', 'v2']), service('ratings', [], [9080, 9090])],
  [],
  [{ file: 'a.yaml', text: RULE }],
);

/** At the bar. */
const complete = (text: string) =>
  completeAt(text.replace('¦', ''), text.indexOf('¦'), schemas, known)?.offers ?? [];
const labels = (text: string) => complete(text).map(({ label }) => label);
const HEAD = 'apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata:\n  name: a\nspec:\n';

test('fields of a rule are offered, but those that it has', () => {
  const offered = labels(`${HEAD}  http:\n  - timeout: 1s\n    ¦\n    retries: {}\n`);
  assert.ok(offered.includes('route') && offered.includes('fault'));
  assert.ok(!offered.includes('timeout') && !offered.includes('retries'));
});

test('a field comes with what stands below it', () => {
  const insert = (label: string, text: string) =>
    complete(text).find((offer) => offer.label === label)?.insert;
  assert.equal(insert('timeout', `${HEAD}  http:\n  - ¦`), 'timeout: ');
  assert.equal(insert('route', `${HEAD}  http:\n    - ¦`), 'route:\n        - ');
  assert.equal(insert('fault', `${HEAD}  http:\n  - ¦`), 'fault:\n      ');
  assert.equal(insert('name', `${HEAD}  http:\n    ¦`), '- name: ');
  assert.equal(insert('exact', `${HEAD}  http:\n  - match:\n    - uri: { ¦ }`), 'exact: ');
});

test('values of a field are offered: its words, true and false, kinds of an API', () => {
  const rule = 'kind: DestinationRule\nspec:\n  trafficPolicy:\n    loadBalancer:\n      simple: ¦';
  assert.ok(labels(rule).includes('ROUND_ROBIN'));
  assert.deepEqual(labels(`${HEAD}  http:\n  - match:\n    - ignoreUriCase: ¦`), ['true', 'false']);
  assert.deepEqual(labels('apiVersion: telemetry.istio.io/v1\nkind: ¦'), ['Telemetry']);
  assert.deepEqual(labels('kind: PeerAuthentication\napiVersion: ¦'), [
    'security.istio.io/v1',
    'security.istio.io/v1beta1',
  ]);
  assert.equal(
    complete('kind: PeerAuthentication\nspec:\n  mtls:\n    mode:¦')[0]?.insert.startsWith(' '),
    true,
  );
});

test('hosts, subsets, versions and ports of the running mesh are offered', () => {
  const route = (text: string) => labels(`${HEAD}  http:\n  - route:\n    - destination:\n${text}`);
  assert.deepEqual(route('        host: ¦'), ['reviews', 'ratings']);
  assert.deepEqual(route('        host: reviews\n        subset: ¦'), ['next', 'v1']);
  assert.deepEqual(route('        host: ratings.default\n        port:\n          number: ¦'), [
    '9080',
    '9090',
  ]);
  assert.deepEqual(
    labels('kind: DestinationRule\nspec:\n  host: reviews\n  subsets:\n  - labels:\n      version: ¦'),
    ['v1', 'v2'],
  );
  assert.deepEqual(labels(`${HEAD}  gateways:\n  - ¦`), ['mesh', 'front/shop']);
  assert.deepEqual(labels(`${HEAD}  hosts:\n  - re¦`), ['reviews', 'ratings']);
});

test('an empty document begins with the head of its kind', () => {
  const offer = complete('¦').find(({ label }) => label === 'AuthorizationPolicy');
  assert.equal(
    offer?.insert,
    'apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata:\n  name: NAME\nspec:\n  ',
  );
});

test('nothing is offered where anything may stand, or nothing is known', () => {
  assert.deepEqual(labels(`${HEAD}  http:\n  - name: ¦`), []);
  assert.deepEqual(labels(`${HEAD}  nonsense:\n    ¦`), []);
});

test('the pointer on a key tells its type and what it does', () => {
  const text = `${HEAD}  http:\n  - match:\n    - headers: { end-user: { exact: jason } }\n    timeout: 1s\n`;
  const hover = hoverAt(text, text.indexOf('meout'), schemas);
  assert.deepEqual([hover?.path, hover?.type], ['spec.http[].timeout', 'duration, such as 5s or 250ms']);
  assert.match(hover?.note ?? '', /Longest time/);
  assert.equal(text.slice(hover?.from, hover?.to), 'timeout');
  assert.equal(
    hoverAt(text, text.indexOf('exact'), schemas)?.path,
    'spec.http[].match[].headers.end-user.exact',
  );
  assert.equal(hoverAt(text, text.indexOf('VirtualService'), schemas), null);
  assert.equal(hoverAt(text, text.indexOf('kind'), schemas)?.type, 'VirtualService');
});
