import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DEFAULT_MESH_CONFIG, type MeshConfig } from '../../../istio/mesh-config.ts';
import type { Resource } from '../../../istio/resource.ts';
import type { DestinationRuleSpec } from '../../../istio/schema/destination-rule.ts';
import { documentOf, resourcesOf } from '../../../istio/testing/read-text.ts';
import type { Labels } from '../../../model/labels.ts';
import { findDestinationPolicy, indexDestinationRules } from './destination-rules.ts';

const HOST = 'shop.land.svc.cluster.local';

/** A rule that is known by the name of its only subset. */
function rule(name: string, namespace: string, spec: DestinationRuleSpec = {}) {
  const full = { host: HOST, subsets: [{ name, labels: { v: '1' } }], ...spec };
  const [resource] = resourcesOf(documentOf('DestinationRule', full, { name, namespace }));
  return resource as Resource<DestinationRuleSpec>;
}

function subsets(
  rules: Resource<DestinationRuleSpec>[],
  namespace = 'home',
  labels: Labels | null = {},
  mesh: Partial<MeshConfig> = {},
): (string | undefined)[] {
  const config = { ...DEFAULT_MESH_CONFIG, ...mesh };
  const service = { hostname: HOST, namespace: 'land' };
  const policy = findDestinationPolicy(
    indexDestinationRules(rules, config),
    config,
    { namespace, labels },
    service,
  );
  return policy.subsets.map(({ name }) => name);
}

describe('which DestinationRule a caller takes', () => {
  it('that of its own namespace, then of the service, then of the root namespace', () => {
    const [own, theirs, root] = [rule('own', 'home'), rule('theirs', 'land'), rule('root', 'istio-system')];
    assert.deepEqual(subsets([root, theirs, own]), ['own']);
    assert.deepEqual(subsets([root, theirs]), ['theirs']);
    assert.deepEqual(subsets([root]), ['root']);
    assert.deepEqual(subsets([rule('third', 'sea')]), []);
  });

  it('the exact host before a wildcard, in one namespace', () => {
    const wild = rule('wild', 'land', { host: '*.land.svc.cluster.local' });
    const wider = rule('wider', 'land', { host: '*.svc.cluster.local' });
    assert.deepEqual(subsets([wider, wild, rule('exact', 'land')]), ['exact']);
    assert.deepEqual(subsets([wider, wild]), ['wild']);
    assert.deepEqual(subsets([wild, rule('exact', 'istio-system')]), ['wild']);
  });

  it('none that is not exported to it', () => {
    assert.deepEqual(subsets([rule('a', 'land', { exportTo: ['.'] })]), []);
    assert.deepEqual(subsets([rule('a', 'land', { exportTo: ['sea'] })]), []);
    assert.deepEqual(subsets([rule('a', 'land', { exportTo: ['sea', 'home'] })]), ['a']);
    assert.deepEqual(subsets([rule('a', 'home', { exportTo: ['sea'] })]), []);
  });

  it('the exact host hides a wildcard even where it is not exported', () => {
    const wild = rule('wild', 'land', { host: '*.land.svc.cluster.local' });
    assert.deepEqual(subsets([wild, rule('exact', 'land', { exportTo: ['sea'] })]), []);
  });

  it("the mesh's default where the rule does not say", () => {
    const mesh = { defaultDestinationRuleExportTo: ['.'] };
    assert.deepEqual(subsets([rule('a', 'land')], 'home', {}, mesh), []);
    assert.deepEqual(subsets([rule('a', 'home')], 'home', {}, mesh), ['a']);
    assert.deepEqual(subsets([rule('a', 'land', { exportTo: ['*'] })], 'home', {}, mesh), ['a']);
  });

  it('in the root namespace: its private rule, then that of the service', () => {
    const shared = rule('shared', 'istio-system');
    const secret = rule('secret', 'istio-system', { exportTo: ['.'] });
    const theirs = rule('theirs', 'land');
    assert.deepEqual(subsets([shared, theirs], 'istio-system'), ['theirs']);
    assert.deepEqual(subsets([shared, secret, theirs], 'istio-system'), ['secret']);
  });
});

describe('workloadSelector', () => {
  const picky = rule('picky', 'home', { workloadSelector: { matchLabels: { app: 'web' } } });

  it('comes before rules without, and is not mixed with them', () => {
    const plain = rule('plain', 'home');
    assert.deepEqual(subsets([plain, picky], 'home', { app: 'web' }), ['picky']);
    assert.deepEqual(subsets([plain, picky], 'home', { app: 'other' }), ['plain']);
    const own = rule('own', 'home', { exportTo: ['.'] });
    assert.deepEqual(subsets([own, picky], 'home', { app: 'other' }), ['own']);
  });

  it('hides the rules of other namespaces, also from workloads that it does not select', () => {
    assert.deepEqual(subsets([picky, rule('theirs', 'land')], 'home', { app: 'other' }), []);
  });

  it('is for its own namespace, and for callers only', () => {
    const theirs = rule('theirs', 'land', { workloadSelector: { matchLabels: { app: 'web' } } });
    assert.deepEqual(subsets([theirs], 'home', { app: 'web' }), []);
    assert.deepEqual(subsets([picky], 'home', null), []);
  });
});

describe('several rules for one host in one namespace', () => {
  it('are put together: the first of a subset name, the first policy', () => {
    const policy = (simple: 'RANDOM' | 'ROUND_ROBIN') => ({ trafficPolicy: { loadBalancer: { simple } } });
    const rules = [
      rule('one', 'land'),
      rule('two', 'land', policy('RANDOM')),
      rule('three', 'land', { ...policy('ROUND_ROBIN'), subsets: [{ name: 'one', labels: { v: '3' } }] }),
    ];
    const index = indexDestinationRules(rules, DEFAULT_MESH_CONFIG);
    const caller = { namespace: 'home', labels: {} };
    const found = findDestinationPolicy(index, DEFAULT_MESH_CONFIG, caller, {
      ...{ hostname: HOST, namespace: 'land' },
    });
    assert.deepEqual(
      found.subsets.map(({ name, labels }) => [name, labels?.['v']]),
      [
        ['one', '1'],
        ['two', '1'],
      ],
    );
    assert.deepEqual(found.trafficPolicy, { loadBalancer: { simple: 'RANDOM' } });
  });

  it('stay apart where they are exported differently: the last that is visible is taken', () => {
    const rules = [rule('all', 'land'), rule('some', 'land', { exportTo: ['home', 'land'] })];
    assert.deepEqual(subsets(rules, 'home'), ['some']);
    assert.deepEqual(subsets(rules, 'sea'), ['all']);
  });
});
