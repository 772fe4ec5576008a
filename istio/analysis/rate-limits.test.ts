import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { analyze, type KnownServices } from '../analyze.ts';
import { documentOf, resourcesOf } from '../testing/read-text.ts';

const KNOWN: KnownServices = {
  workloads: [{ id: 'reviews-v1', name: 'reviews-v1', labels: { app: 'reviews' }, namespace: 'default' }],
  services: [
    {
      hostname: 'reviews.default.svc.cluster.local',
      ports: [{ number: 9080, targetPort: 9080 }],
      members: ['reviews-v1'],
    },
  ],
};

function found(known: KnownServices | null, ...documents: string[]): string[] {
  return analyze(resourcesOf(documents.join('---\n')), known).map(
    ({ code, resource, path }) => `${code} ${resource} ${path}`,
  );
}

describe('rate limits', () => {
  const rules = [{ limit: { requests: 1, unit: 'DAY' } }];
  const limit = (fields: object) => documentOf('RateLimit', { rules, ...fields }, { name: 'a' });
  const filter = (cluster: string) =>
    documentOf(
      'EnvoyFilter',
      {
        configPatches: [
          {
            applyTo: 'HTTP_FILTER',
            patch: {
              operation: 'INSERT_BEFORE',
              value: {
                name: 'envoy.filters.http.ratelimit',
                typed_config: {
                  '@type': 'type.googleapis.com/envoy.extensions.filters.http.ratelimit.v3.RateLimit',
                  domain: 'shop',
                  rate_limit_service: { grpc_service: { envoy_grpc: { cluster_name: cluster } } },
                },
              },
            },
          },
        ],
      },
      { name: 'a' },
    );
  const AT =
    'spec.configPatches[0].patch.value.typed_config.rate_limit_service.grpc_service.envoy_grpc.cluster_name';

  it('for nobody are told', () => {
    assert.deepEqual(found(KNOWN, limit({ selector: { matchLabels: { app: 'reviews' } } })), []);
    assert.deepEqual(found(KNOWN, limit({ selector: { matchLabels: { app: 'nobody' } } })), [
      'IST0127 RateLimit default/a spec.selector',
    ]);
  });

  it('need a service that is there', () => {
    const global = (provider: object) => limit({ mode: 'GLOBAL', provider });
    assert.deepEqual(found(KNOWN, global({ failOpen: true })), []);
    assert.deepEqual(found(KNOWN, global({ service: 'reviews', port: 9080 })), []);
    assert.deepEqual(found(null, global({ service: 'counter', port: 1 })), []);
    const told = ['LAT0207 RateLimit default/a spec.provider.service'];
    assert.deepEqual(found(KNOWN, global({ service: 'counter', port: 1 })), told);
    assert.deepEqual(found(KNOWN, global({ service: 'reviews', port: 1 })), told);
  });

  it('of routes need a filter that reads them', () => {
    const rates = documentOf(
      'EnvoyFilter',
      {
        configPatches: [
          {
            applyTo: 'VIRTUAL_HOST',
            patch: { operation: 'MERGE', value: { rate_limits: [{ actions: [{ remote_address: {} }] }] } },
          },
        ],
      },
      { name: 'rates' },
    );
    assert.deepEqual(found(KNOWN, rates), ['LAT0208 EnvoyFilter default/rates spec.configPatches[0]']);
    assert.deepEqual(found(KNOWN, rates, filter('outbound|9080||reviews.default.svc.cluster.local')), []);
  });

  it("of Istio's task need a service, or limits for the mesh's own", () => {
    const config = documentOf('ConfigMap', { data: { 'config.yaml': 'domain: shop\n' } }, { name: 'limits' });
    const missing = 'outbound|8081||ratelimit.default.svc.cluster.local';
    assert.deepEqual(found(KNOWN, filter(missing)), [`LAT0207 EnvoyFilter default/a ${AT}`]);
    assert.deepEqual(found(KNOWN, filter('lateen_ratelimit')), [`LAT0207 EnvoyFilter default/a ${AT}`]);
    assert.deepEqual(found(KNOWN, filter(missing), config), []);
    assert.deepEqual(found(KNOWN, filter('outbound|9080||reviews.default.svc.cluster.local')), []);
  });
});
