import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { DEFAULT_MESH_CONFIG } from '../../../istio/mesh-config.ts';
import type { Resource } from '../../../istio/resource.ts';
import type { HttpRoute, VirtualServiceSpec } from '../../../istio/schema/virtual-service.ts';
import { documentOf, resourcesOf } from '../../../istio/testing/read-text.ts';
import type { RouteActionSpec, RouteSpec } from '../../../model/route.ts';
import { joinDelegates } from './delegates.ts';
import { defaultRetry, inboundRetry } from './http-policies.ts';
import { compileHttpRoutes, type RouteContext } from './http-route.ts';

const CALLER: RouteContext = {
  gateway: 'mesh',
  namespace: 'default',
  labels: { app: 'web', tier: 'front' },
  port: 80,
  findService: () => undefined,
  defaultRetry: null,
  isTest: false,
  rulesOf: (rule) => joinDelegates(rule, () => undefined),
};

const route = [{ destination: { host: 'b' } }];

function compile(http: HttpRoute[], caller: Partial<RouteContext> = {}): RouteSpec[] {
  const spec: VirtualServiceSpec = { hosts: ['b'], gateways: ['mesh', 'front'], http };
  const [resource] = resourcesOf(documentOf('VirtualService', spec)) as Resource<VirtualServiceSpec>[];
  assert.ok(resource);
  return compileHttpRoutes(resource, { ...CALLER, ...caller });
}

const names = (http: HttpRoute[], caller: Partial<RouteContext> = {}) =>
  compile(http, caller).map(({ name }) => name);
const actionOf = (rule: HttpRoute, caller: Partial<RouteContext> = {}) =>
  compile([rule], caller)[0]?.action as RouteActionSpec;

describe('the list of routes', () => {
  test('has one route for each match, named after both', () => {
    const match = [{ name: 'one', uri: { prefix: '/1' } }, { uri: { prefix: '/2' } }];
    assert.deepEqual(names([{ name: 'rule', match, route }]), ['rule.one', 'rule']);
    assert.deepEqual(names([{ match, route }]), ['.one', '']);
    assert.deepEqual(
      compile([{ name: 'other', match, route }, { route }]).map(({ rule }) => rule),
      ['#http[0]', '#http[0]', '#http[1]'].map((part) => `VirtualService/default/test${part}`),
    );
  });

  test('ends with the first that takes everything', () => {
    const last = { name: 'last', route };
    for (const match of [[], [{ uri: { prefix: '/' } }], [{ uri: { regex: '.*' } }], [{ port: 80 }]])
      assert.deepEqual(names([{ name: 'all', match, route }, last]), ['all']);
    const narrow = [{ uri: { prefix: '' } }, { uri: { prefix: '/' }, method: { exact: 'GET' } }];
    for (const match of narrow)
      assert.deepEqual(names([{ name: 'some', match: [match], route }, last]), ['some', 'last']);
  });

  test('leaves out what is for other callers, gateways and ports', () => {
    const rule = (name: string, match: NonNullable<HttpRoute['match']>[number]) => ({
      name,
      match: [{ uri: { prefix: '/x' }, ...match }],
      route,
    });
    const rules = [
      rule('labels', { sourceLabels: { app: 'web' } }),
      rule('other labels', { sourceLabels: { app: 'web', tier: 'back' } }),
      rule('namespace', { sourceNamespace: 'default' }),
      rule('other namespace', { sourceNamespace: 'sea' }),
      rule('port', { port: 80 }),
      rule('other port', { port: 81 }),
      rule('gateway', { gateways: ['front'] }),
      rule('mesh', { gateways: ['mesh'] }),
    ];
    assert.deepEqual(names(rules), ['labels', 'namespace', 'port', 'mesh']);
    const atGateway = { gateway: 'default/front', labels: {}, namespace: 'edge' };
    assert.deepEqual(names(rules, atGateway), ['port', 'gateway']);
  });

  test('with gateways in a match its source conditions mean nothing', () => {
    const match = [{ gateways: ['mesh'], sourceLabels: { app: 'other' }, sourceNamespace: 'sea' }];
    assert.deepEqual(names([{ name: 'all the same', match, route }]), ['all the same']);
  });

  test("takes the old form of a gateway's name", () => {
    const match = [{ gateways: ['front.default.svc.cluster.local'] }];
    assert.deepEqual(names([{ name: 'old', match, route }], { gateway: 'default/front' }), ['old']);
  });
});

describe('mirrors', () => {
  const mirrorsOf = (rule: Partial<HttpRoute>) =>
    actionOf({ route, ...rule }).mirrors.map(
      ({ cluster, perMillion }) => `${cluster.split('|')[3]} ${perMillion}`,
    );
  const copy = (number: number) => `copy.default.svc.cluster.local ${number}`;

  test('get everything where no percentage is said, and nothing at 0', () => {
    const mirror = { host: 'copy' };
    assert.deepEqual(mirrorsOf({ mirror }), [copy(1_000_000)]);
    assert.deepEqual(mirrorsOf({ mirror, mirrorPercentage: { value: 0 } }), [copy(0)]);
    assert.deepEqual(mirrorsOf({ mirror, mirrorPercentage: {} }), [copy(0)]);
    assert.deepEqual(mirrorsOf({ mirror, mirrorPercentage: { value: 0.0001 } }), [copy(1)]);
  });

  test('go by mirrorPercent only where mirrorPercentage is not there', () => {
    const mirror = { host: 'copy' };
    assert.deepEqual(mirrorsOf({ mirror, mirrorPercent: 5 }), [copy(50_000)]);
    assert.deepEqual(mirrorsOf({ mirror, mirrorPercent: 5, mirrorPercentage: { value: 7 } }), [copy(70_000)]);
  });

  test('have each their own percentage', () => {
    const destination = { host: 'copy' };
    assert.deepEqual(
      mirrorsOf({ mirrors: [{ destination }, { destination, percentage: { value: 12.5 } }] }),
      [copy(1_000_000), copy(125_000)],
    );
  });
});

describe('faults', () => {
  const faultOf = (fault: HttpRoute['fault']) => compile([{ route, fault }])[0]?.fault;

  test('happen never where no percentage is said, and in steps of 0.0001 %', () => {
    const fixedDelay = '1s';
    assert.equal(faultOf({ delay: { fixedDelay } })?.delay?.perMillion, 0);
    assert.equal(faultOf({ delay: { fixedDelay, percent: 10 } })?.delay?.perMillion, 100_000);
    const percentage = { value: 0.00019 };
    assert.equal(faultOf({ abort: { httpStatus: 500, percentage } })?.abort?.perMillion, 1);
  });
});

describe('retries', () => {
  test("are the mesh's where a rule has none, and off at 0 attempts", () => {
    const mesh = { ...DEFAULT_MESH_CONFIG, defaultHttpRetryPolicy: { attempts: 4, retryOn: '5xx,404' } };
    assert.deepEqual(actionOf({ route }, { defaultRetry: defaultRetry(mesh) }).retry, {
      ...{ attempts: 4, retryOn: ['5xx', 'retriable-status-codes'], statusCodes: [404], perTryTimeoutMs: 0 },
      ...{ backoffMs: 25, hostSelectionAttempts: 5, leavesTriedPriorities: false },
    });
    assert.equal(actionOf({ route, retries: { attempts: 0 } }).retry, null);
    assert.equal(defaultRetry({ ...DEFAULT_MESH_CONFIG, defaultHttpRetryPolicy: { attempts: 0 } }), null);
  });

  test('between a proxy and its application need a connection that broke before the request', () => {
    assert.deepEqual(inboundRetry(DEFAULT_MESH_CONFIG, 'http')?.retryOn, ['reset-before-request']);
    assert.equal(inboundRetry(DEFAULT_MESH_CONFIG, 'grpc'), null);
    const off = { ...DEFAULT_MESH_CONFIG, defaultInboundHttpRetryPolicy: {} };
    assert.equal(inboundRetry(off, 'http'), null);
  });
});

test('corsPolicy has no effect where the proxy answers itself', () => {
  const corsPolicy = { allowOrigins: [{ exact: 'http://a.example' }] };
  const redirect = { uri: '/new' };
  assert.ok(compile([{ route, corsPolicy }])[0]?.cors);
  assert.equal(compile([{ redirect, corsPolicy }])[0]?.cors, null);
  assert.equal(compile([{ directResponse: { status: 200 }, corsPolicy }])[0]?.cors, null);
});
