import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTestAuthority } from '../../base/certificate.fixture.ts';
import {
  type ConfigDump,
  type ConfigFilter,
  type ConfigKind,
  formatAllConfig,
  formatConfig,
} from './proxy-config.ts';

const REVIEWS = 'reviews.default.svc.cluster.local';
const WEB = 'web.default.svc.cluster.local';

const cluster = (name: string) => ({
  name,
  discovery: { kind: 'endpoints' },
  loadBalancer: { policy: 'random' },
});
const listener = (name: string, direction: string, port: number, more: object) => ({
  name,
  direction,
  port,
  addresses: [],
  protocol: 'http',
  route: null,
  tcp: null,
  ...more,
});
const path = (kind: string, value: string) => ({ path: { kind, value }, headers: [], queryParams: [] });

const shop = await (await createTestAuthority()).issue('shop.example');

const DUMP = {
  proxy: 'a.default',
  listener: [
    listener('0.0.0.0_80', 'outbound', 80, { route: '80' }),
    listener('virtualInbound|9080', 'inbound', 9080, { route: 'inbound|9080||' }),
    listener('1.1.1.1_3306', 'outbound', 3306, {
      addresses: ['1.1.1.1'],
      protocol: 'tcp',
      tcp: [{ clusters: [{ name: `outbound|3306||${WEB}` }] }],
    }),
  ],
  secret: [
    {
      ...{ name: 'kubernetes://shop', certificate: shop.certificate, privateKey: '[redacted]' },
      ...{ trust: '', revoked: '', files: null },
    },
    {
      ...{ name: 'file-cert:/a~/b', certificate: '', privateKey: null, trust: '', revoked: '' },
      files: { certificate: '/a', privateKey: '/b', trust: '', revoked: '' },
    },
  ],
  route: [
    {
      name: '80',
      virtualHosts: [
        {
          name: `${WEB}:80`,
          domains: [WEB, 'web', 'web.default'],
          routes: [
            {
              match: { ...path('prefix', '/v1'), headers: [{}] },
              action: {
                kind: 'route',
                clusters: [
                  { name: 'one', weight: 90 },
                  { name: 'two', weight: 10 },
                ],
              },
              rule: 'VirtualService/default/web#http[0]',
            },
            { match: path('exact', '/old'), action: { kind: 'redirect', status: 301 }, rule: '' },
            { match: path('exact', '/no'), action: { kind: 'direct', status: 404 }, rule: '' },
          ],
        },
      ],
    },
    { name: '9080', virtualHosts: [] },
  ],
  cluster: [`outbound|9080|v1|${REVIEWS}`, `outbound|80||${WEB}`, 'inbound|9080||', 'PassthroughCluster'].map(
    cluster,
  ),
  endpoint: [
    {
      name: `outbound|80||${WEB}`,
      endpoints: [{ address: '10.0.0.1', port: 80, health: 'healthy', workload: 'web-1' }],
    },
  ],
  places: { 'VirtualService/default/web#http[0]': 'mesh/web.yaml:7' },
} as unknown as ConfigDump;

const lines = (kind: ConfigKind, filter: ConfigFilter = {}) =>
  formatConfig(DUMP, kind, filter, 'short')
    .split('\n')
    .map((line) => line.replace(/ {2,}/g, ' | '));
const names = (kind: ConfigKind, filter: ConfigFilter) =>
  (JSON.parse(formatConfig(DUMP, kind, filter, 'json')) as { name: string }[]).map(({ name }) => name);

describe('proxy-config', () => {
  test('clusters in a table, with what their names say', () => {
    assert.deepEqual(lines('cluster'), [
      'SERVICE FQDN | PORT | SUBSET | DIRECTION | TYPE | BALANCER',
      `${REVIEWS} | 9080 | v1 | outbound | endpoints | random`,
      `${WEB} | 80 | - | outbound | endpoints | random`,
      'inbound|9080|| | 9080 | - | inbound | endpoints | random',
      'PassthroughCluster | - | - | - | endpoints | random',
    ]);
  });

  test('listeners: inbound first, then by port, with where each leads', () => {
    assert.deepEqual(lines('listener'), [
      'ADDRESSES | PORT | DIRECTION | MATCH | DESTINATION',
      '0.0.0.0 | 9080 | inbound | http | Route: inbound|9080||',
      '0.0.0.0 | 80 | outbound | http | Route: 80',
      `1.1.1.1 | 3306 | outbound | tcp | Cluster: outbound|3306||${WEB}`,
    ]);
  });

  test('routes: match, target with weights, and the line of the file that says so', () => {
    assert.deepEqual(lines('route', { name: '80' }), [
      'NAME | VHOST NAME | DOMAINS | MATCH | TO | ORIGIN',
      `80 | ${WEB}:80 | ${WEB}, web + 1 more | /v1* + 1 condition | one (90), two (10) | mesh/web.yaml:7`,
      `80 | ${WEB}:80 | ${WEB}, web + 1 more | /old | redirect 301`,
      `80 | ${WEB}:80 | ${WEB}, web + 1 more | /no | direct response 404`,
    ]);
  });

  test('endpoints', () => {
    assert.deepEqual(lines('endpoint'), [
      'ENDPOINT | STATUS | WORKLOAD | CLUSTER',
      `10.0.0.1:80 | HEALTHY | web-1 | outbound|80||${WEB}`,
    ]);
  });

  test('secrets: how long they are valid, and no key', () => {
    assert.deepEqual(lines('secret'), [
      'RESOURCE NAME | TYPE | STATUS | VALID CERT | SERIAL NUMBER | NOT AFTER | NOT BEFORE | NAMES',
      'kubernetes://shop | Cert Chain | ACTIVE | true | 1002 | 2100-01-01T00:00:00Z | 2020-01-01T00:00:00Z | DNS:shop.example',
      'file-cert:/a~/b | Files | in the container | - | - | - | - | -',
    ]);
  });

  test('filters of istioctl', () => {
    assert.deepEqual(names('cluster', { port: 9080, direction: 'outbound' }), [
      `outbound|9080|v1|${REVIEWS}`,
    ]);
    assert.deepEqual(names('cluster', { subset: 'v1' }), [`outbound|9080|v1|${REVIEWS}`]);
    assert.deepEqual(names('cluster', { fqdn: WEB }), [`outbound|80||${WEB}`]);
    assert.deepEqual(names('cluster', { name: 'inbound|9080||' }), ['inbound|9080||']);
    assert.deepEqual(names('listener', { port: 80 }), ['0.0.0.0_80']);
    assert.deepEqual(names('listener', { direction: 'inbound' }), ['virtualInbound|9080']);
    assert.deepEqual(names('endpoint', { port: 81 }), []);
    assert.deepEqual(names('route', { name: '9080' }), ['9080']);
  });

  test('all kinds at once, filtered, as JSON and YAML', () => {
    const all = JSON.parse(formatAllConfig(DUMP, { port: 80 }, 'json')) as Record<string, unknown[]>;
    assert.deepEqual(
      [all['proxy'], all['listener']?.length, all['cluster']?.length, all['endpoint']?.length],
      ['a.default', 1, 1, 1],
    );
    assert.match(
      formatAllConfig(DUMP, {}, 'yaml'),
      /^proxy: a\.default\nlistener:\n {2}- name: virtualInbound\|9080\n/,
    );
    assert.equal(formatAllConfig(DUMP, {}, 'short').split('\n\n').length, 5);
  });
});
