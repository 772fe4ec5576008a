import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createWorld, service, snapshotOf, workload } from '../world.fixture.ts';
import type { Service } from '../world.ts';
import { indexWorld } from '../world-index.ts';
import { mutualTlsMode } from './mutual-tls-mode.ts';

const policy = (name: string, spec: string) => `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: {${name}}
spec: {${spec}}
`;
const all = (...policies: string[]) => policies.join('---');

const SHOP = workload('shop');
const RAFT = workload('raft', { namespace: 'sea' });

/** The modes of `shop` in `default` and of `raft` in `sea`, on port 80. */
function modes(...policies: string[]): string {
  const index = indexWorld(createWorld([], [SHOP, RAFT], all(...policies)));
  return `${mutualTlsMode(index, SHOP, 80)} ${mutualTlsMode(index, RAFT, 80)}`;
}

const MESH = policy('name: mesh, namespace: istio-system', 'mtls: {mode: STRICT}');
const NAMESPACE = policy('name: ns', 'mtls: {mode: DISABLE}');
const OWN = policy('name: own', 'selector: {matchLabels: {app: shop}}, mtls: {mode: PERMISSIVE}');

test('without a policy both are served', () => {
  assert.equal(modes(), 'PERMISSIVE PERMISSIVE');
});

test('the narrowest level that says something decides', () => {
  assert.equal(modes(MESH), 'STRICT STRICT');
  assert.equal(modes(MESH, NAMESPACE), 'DISABLE STRICT');
  assert.equal(modes(MESH, NAMESPACE, OWN), 'PERMISSIVE STRICT');
});

test('UNSET, and no mtls at all, inherit', () => {
  const unset = policy('name: own', 'selector: {matchLabels: {app: shop}}, mtls: {mode: UNSET}');
  assert.equal(modes(MESH, NAMESPACE, unset), 'DISABLE STRICT');
  assert.equal(modes(MESH, policy('name: ns', ''), unset), 'STRICT STRICT');
  assert.equal(
    modes(policy('name: mesh, namespace: istio-system', 'mtls: {mode: UNSET}')),
    'PERMISSIVE PERMISSIVE',
  );
});

test('of several at one level the oldest counts', () => {
  assert.equal(modes(NAMESPACE, policy('name: later', 'mtls: {mode: STRICT}')), 'DISABLE PERMISSIVE');
  const later = policy('name: later', 'selector: {matchLabels: {app: shop}}, mtls: {mode: STRICT}');
  assert.equal(modes(OWN, later), 'PERMISSIVE PERMISSIVE');
});

test('one with a selector in the root namespace is ignored', () => {
  const selecting = 'selector: {matchLabels: {app: shop}}, mtls: {mode: STRICT}';
  assert.equal(modes(policy('name: mesh, namespace: istio-system', selecting)), 'PERMISSIVE PERMISSIVE');
});

test('a port is that of the workload, and UNSET inherits the workload’s mode', () => {
  const ports = 'portLevelMtls: {9000: {mode: DISABLE}, 9001: {mode: UNSET}}';
  const own = policy('name: own', `selector: {matchLabels: {app: shop}}, mtls: {mode: STRICT}, ${ports}`);
  const index = indexWorld(createWorld([], [SHOP], own));
  assert.deepEqual(
    [9000, 9001, 80].map((port) => mutualTlsMode(index, SHOP, port)),
    ['DISABLE', 'STRICT', 'STRICT'],
  );
});

test('each endpoint is spoken to as it takes it: with a sidecar, and not where it is disabled', () => {
  const services = [service('shop:http:80', { members: ['bare', 'plain', 'shop'] })];
  const plain = workload('plain', { labels: { app: 'plain' } });
  const workloads = [workload('bare', { proxy: null }), plain, SHOP];
  const off = policy('name: plain', 'selector: {matchLabels: {app: plain}}, mtls: {mode: DISABLE}');
  const { endpoint, cluster } = snapshotOf(createWorld(services, workloads, off), 'shop');
  const name = 'outbound|80||shop.default.svc.cluster.local';
  assert.deepEqual(
    endpoint.get(name)?.endpoints.map(({ workload: of, mutualTls }) => `${of} ${mutualTls}`),
    ['bare false', 'plain false', 'shop true'],
  );
  assert.deepEqual(cluster.get(name)?.autoTls?.subjectAltNames, [
    'spiffe://cluster.local/ns/default/sa/plain',
    'spiffe://cluster.local/ns/default/sa/shop',
  ]);
});

test('enableAutoMtls: false speaks plain text, and a rule says otherwise; the trust domain is the mesh’s', () => {
  const rule = (mode: string) => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: shop}
spec: {host: shop, trafficPolicy: {tls: {mode: ${mode}}}}
`;
  const tlsOf = (config: string, enableAutoMtls: boolean) => {
    const world = createWorld([service('shop:http:80')], [SHOP], config, {
      enableAutoMtls,
      trustDomain: 'td',
    });
    const { tls, autoTls } =
      snapshotOf(world, 'shop').cluster.get('outbound|80||shop.default.svc.cluster.local') ?? {};
    return [tls?.mode, autoTls?.mode, ...((tls ?? autoTls)?.subjectAltNames ?? [])];
  };
  const id = 'spiffe://td/ns/default/sa/shop';
  assert.deepEqual(tlsOf('', true), [undefined, 'istio-mutual', id]);
  assert.deepEqual(tlsOf('', false), [undefined, undefined]);
  assert.deepEqual(tlsOf(rule('ISTIO_MUTUAL'), false), ['istio-mutual', undefined, id]);
  assert.deepEqual(tlsOf(rule('DISABLE'), true), [undefined, undefined]);
});

test('a headless service is spoken to alike as a whole: the caller chooses the address', () => {
  const tlsOf = (more: Parameters<typeof workload>[1]) => {
    const services = [service('shop:http:80', { headless: true, vips: [], members: ['other', 'shop'] })];
    const world = createWorld(services, [workload('other', more), SHOP]);
    return snapshotOf(world, 'shop').cluster.get('outbound|80||shop.default.svc.cluster.local')?.tls?.mode;
  };
  assert.equal(tlsOf({}), 'istio-mutual');
  assert.equal(tlsOf({ proxy: null }), undefined);
});

test('workloads that a ServiceEntry selects are spoken to as those of a service, if it is of the mesh', () => {
  const tlsOf = (location: 'MESH_EXTERNAL' | 'MESH_INTERNAL') => {
    const external: NonNullable<Service['external']> = {
      ...{ resolution: 'STATIC', address: 'own' },
      ...{ location, endpoints: [], subjectAltNames: [] },
    };
    const world = createWorld([service('shop:http:80', { external })], [SHOP]);
    return snapshotOf(world, 'shop').cluster.get('outbound|80||shop.default.svc.cluster.local')?.autoTls
      ?.mode;
  };
  assert.equal(tlsOf('MESH_INTERNAL'), 'istio-mutual');
  assert.equal(tlsOf('MESH_EXTERNAL'), undefined);
});
