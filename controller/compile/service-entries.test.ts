import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ServiceEntrySpec } from '../../istio/schema/service-entry.ts';
import { documentOf, resourcesOf } from '../../istio/testing/read-text.ts';
import { compileSnapshot } from './compile-snapshot.ts';
import { needsVirtualAddress, serviceEntries } from './service-entries.ts';
import { createWorld, snapshotOf, workload } from './world.fixture.ts';
import { indexWorld } from './world-index.ts';

const HTTP = { number: 80, name: 'http', protocol: 'HTTP' };
const CALLER = workload('w');

function resourcesFor(spec: ServiceEntrySpec, ...more: string[]) {
  return [documentOf('ServiceEntry', spec, { name: 'e' }), ...more].join('---\n');
}

/** What the sidecar of a caller gets of a mesh with one ServiceEntry. */
function compiled(spec: ServiceEntrySpec, ...more: string[]) {
  const text = resourcesFor(spec, ...more);
  const workloads = [CALLER, workload('p', { labels: { app: 'legacy', v: 'pod' } })];
  const services = serviceEntries(resourcesOf(text), workloads, new Set());
  return snapshotOf(createWorld(services, workloads, text, { outboundTrafficPolicy: 'REGISTRY_ONLY' }), 'w');
}

describe('a host that a ServiceEntry registers', () => {
  it('is sent where the call was going, by default', () => {
    const { cluster, route } = compiled({ hosts: ['*.wild.example'], ports: [HTTP] });
    assert.deepEqual(cluster.get('outbound|80||*.wild.example')?.discovery, {
      ...{ kind: 'original-destination', sourceAddress: '', port: 0 },
    });
    assert.deepEqual(route.get('80')?.virtualHosts[0]?.domains, ['*.wild.example']);
  });

  it('is looked up: its own name, or those of its endpoints, all or the first answer', () => {
    const ports = [{ ...HTTP, targetPort: 8080 }];
    const discovery = (spec: Partial<ServiceEntrySpec>) =>
      compiled({ hosts: ['api.example'], ports, resolution: 'DNS', ...spec }).cluster.get(
        'outbound|80||api.example',
      )?.discovery;
    const alone = { weight: 1, locality: '', priority: 0 };
    const hosts = [{ host: 'api.example', port: 8080, ...alone }];
    const localityWeights = null;
    assert.deepEqual(discovery({}), { kind: 'dns', mode: 'strict', hosts, localityWeights });
    assert.deepEqual(discovery({ resolution: 'DNS_ROUND_ROBIN' }), {
      ...{ kind: 'dns', mode: 'logical', hosts, localityWeights },
    });
    const endpoints = [
      { address: 'a.example', weight: 3, locality: 'eu/one' },
      { address: 'b.example', ports: { http: 81 } },
    ];
    assert.deepEqual(discovery({ endpoints }), {
      ...{ kind: 'dns', mode: 'strict', localityWeights },
      hosts: [
        { host: 'a.example', port: 8080, weight: 3, locality: 'eu/one', priority: 0 },
        { host: 'b.example', port: 81, ...alone },
      ],
    });
  });

  it('is at its endpoints: with their own port of that name, else the target port; by subset', () => {
    const policy = documentOf('DestinationRule', {
      host: 'api.example',
      subsets: [{ name: 'two', labels: { v: '2' } }],
    });
    const { endpoint } = compiled(
      {
        ...{ hosts: ['api.example'], resolution: 'STATIC', ports: [{ ...HTTP, targetPort: 8080 }] },
        endpoints: [
          { address: '10.9.0.1', ports: { http: 81 }, weight: 3 },
          { address: '10.9.0.2', labels: { v: '2' } },
        ],
      },
      policy,
    );
    const of = (subset: string) =>
      endpoint
        .get(`outbound|80|${subset}|api.example`)
        ?.endpoints.map(({ address, port, weight }) => `${address}:${port} ×${weight}`);
    assert.deepEqual(of(''), ['10.9.0.1:81 ×3', '10.9.0.2:8080 ×1']);
    assert.deepEqual(of('two'), ['10.9.0.2:8080 ×1']);
  });

  it('may be workloads and WorkloadEntries of its namespace, by label', () => {
    const entry = (labels: object, name: string, namespace = 'default') =>
      documentOf('WorkloadEntry', { address: `10.9.0.${name.length}`, labels }, { name, namespace });
    const { endpoint } = compiled(
      {
        ...{ hosts: ['legacy.example'], resolution: 'STATIC', location: 'MESH_INTERNAL', ports: [HTTP] },
        workloadSelector: { labels: { app: 'legacy' } },
      },
      entry({ app: 'legacy' }, 'vm'),
      entry({ app: 'other' }, 'vm2'),
      entry({ app: 'legacy' }, 'far1', 'sea'),
    );
    assert.deepEqual(
      endpoint.get('outbound|80||legacy.example')?.endpoints.map(({ address }) => address),
      ['10.0.0.112', '10.9.0.2'],
    );
  });

  it('of TLS is told by its SNI where it has no address, and all else is closed', () => {
    const { listener } = compiled({
      hosts: ['safe.example', '*.tls.example'],
      ports: [{ number: 443, name: 'tls', protocol: 'TLS' }],
    });
    const { protocol, tcp } = listener.get('0.0.0.0_443') ?? {};
    assert.equal(protocol, 'tls');
    assert.deepEqual(
      tcp?.map(({ match, clusters }) => [match.sniHosts[0], clusters[0]?.name]),
      [
        ['safe.example', 'outbound|443||safe.example'],
        ['*.tls.example', 'outbound|443||*.tls.example'],
        [undefined, 'BlackHoleCluster'],
      ],
    );
  });

  it('of TCP is told by its addresses', () => {
    const { listener, name } = compiled({
      ...{ hosts: ['db.example'], resolution: 'STATIC', endpoints: [{ address: '10.9.0.1' }] },
      ...{ addresses: ['10.8.0.1', '10.7.0.0/16'], ports: [{ number: 3306, name: 'tcp', protocol: 'TCP' }] },
    });
    assert.deepEqual(listener.get('10.8.0.1_3306')?.addresses, ['10.8.0.1', '10.7.0.0/16']);
    assert.deepEqual(name.get('db.example')?.addresses, ['10.8.0.1']);
  });

  it('without addresses gets one of the mesh, if it is one host, known by more than where a call goes', () => {
    const needs = (spec: ServiceEntrySpec, labels: Record<string, string> = {}) =>
      serviceEntries(resourcesOf(documentOf('ServiceEntry', spec, { name: 'e', labels })), [], new Set()).map(
        needsVirtualAddress,
      );
    const dns: ServiceEntrySpec = { hosts: ['db.example'], ports: [HTTP], resolution: 'DNS' };
    assert.deepEqual(needs(dns), [true]);
    assert.deepEqual(needs(dns, { 'networking.istio.io/enable-autoallocate-ip': 'false' }), [false]);
    assert.deepEqual(needs({ ...dns, addresses: ['10.8.0.1'] }), [false]);
    assert.deepEqual(needs({ ...dns, resolution: 'NONE' }), [false]);
    const endpoints = [{ address: '10.9.0.1' }];
    assert.deepEqual(needs({ ...dns, hosts: ['*.db.example'], resolution: 'STATIC', endpoints }), [false]);
  });

  it('has the ports of all its entries of one namespace, each with the endpoints of its own entry', () => {
    const entry = (name: string, number: number, address: string, namespace = 'default') =>
      documentOf(
        'ServiceEntry',
        {
          ...{ hosts: ['api.example'], resolution: 'STATIC', endpoints: [{ address }] },
          ports: [{ number, name: `http-${number}`, protocol: 'HTTP' }],
        },
        { name, namespace },
      );
    const { endpoint } = compiled(
      { hosts: ['other.example'], ports: [HTTP] },
      entry('a', 80, '10.9.0.1'),
      entry('b', 81, '10.9.0.2'),
      entry('c', 82, '10.9.0.3', 'sea'),
    );
    assert.deepEqual(
      [...endpoint.values()].map(({ name, endpoints }) => [name, endpoints.map(({ address }) => address)]),
      [
        ['outbound|80||api.example', ['10.9.0.1']],
        ['outbound|81||api.example', ['10.9.0.2']],
      ],
    );
  });

  it('has the names of its certificate where a rule asks for TLS and names none', () => {
    const names = (tls: object) =>
      compiled(
        {
          ...{ hosts: ['api.example'], ports: [HTTP], resolution: 'DNS' },
          subjectAltNames: ['cert.example'],
        },
        documentOf('DestinationRule', { host: 'api.example', trafficPolicy: { tls } }),
      ).cluster.get('outbound|80||api.example')?.tls?.subjectAltNames;
    assert.deepEqual(names({ mode: 'SIMPLE' }), ['cert.example']);
    assert.deepEqual(names({ mode: 'SIMPLE', subjectAltNames: ['mine.example'] }), ['mine.example']);
    assert.equal(names({ mode: 'DISABLE' }), undefined);
  });

  it('is called by a wildcard with addresses too', () => {
    const { name } = compiled({
      ...{ hosts: ['*.wild.example'], addresses: ['10.8.0.1'], resolution: 'STATIC' },
      ...{ ports: [HTTP], endpoints: [{ address: '10.9.0.1' }] },
    });
    assert.deepEqual(name.get('*.wild.example')?.addresses, ['10.8.0.1']);
  });

  it('stays a service that the mesh has, and the first ServiceEntry of a host counts', () => {
    const text = [
      documentOf('ServiceEntry', { hosts: ['a.example', 'b.example'], ports: [HTTP] }, { name: 'one' }),
      documentOf('ServiceEntry', { hosts: ['B.example'], ports: [HTTP] }, { name: 'two', namespace: 'sea' }),
    ].join('---\n');
    const entries = serviceEntries(resourcesOf(text), [], new Set(['a.example']));
    assert.deepEqual(
      entries.map(({ hostname, namespace }) => [hostname, namespace]),
      [['b.example', 'default']],
    );
  });

  it('is looked up by its own name, where one entry has several, and told by Host or SNI', () => {
    const hosts = ['news.example', 'weather.example'];
    const https = { number: 443, name: 'https', protocol: 'HTTPS' };
    const { cluster, route, listener } = compiled({ hosts, ports: [HTTP, https], resolution: 'DNS' });
    for (const host of hosts)
      for (const port of [80, 443])
        assert.partialDeepStrictEqual(cluster.get(`outbound|${port}||${host}`)?.discovery, {
          ...{ kind: 'dns', hosts: [{ host, port }] },
        });
    assert.deepEqual(
      route.get('80')?.virtualHosts.map(({ domains }) => domains[0]),
      [...hosts, '*'],
    );
    const names = listener.get('0.0.0.0_443')?.tcp?.map(({ match }) => match.sniHosts[0]);
    assert.deepEqual(names, [...hosts, undefined]);
  });

  it('is what the own namespace says of it, and for the others what the oldest says that they see', () => {
    const static80 = { hosts: ['api.example'], resolution: 'STATIC', ports: [HTTP] };
    const entry = (namespace: string, address: string, exportTo: string[]) =>
      documentOf(
        'ServiceEntry',
        { ...static80, exportTo, endpoints: [{ address }] },
        { name: 'api', namespace },
      );
    const text = [
      entry('one', '10.9.0.1', ['.']),
      entry('two', '10.9.0.2', ['*']),
      entry('three', '10.9.0.3', ['*']),
    ].join('---\n');
    const workloads = ['one', 'two', 'three', 'four'].map((namespace) => workload(namespace, { namespace }));
    const services = serviceEntries(resourcesOf(text), workloads, new Set());
    // One index, whose results proxies share.
    const index = indexWorld(createWorld(services, workloads, text));
    const addresses = workloads.map((proxy) => {
      const { endpoint } = compileSnapshot(index, proxy).resources;
      return endpoint.get('outbound|80||api.example')?.endpoints.map(({ address }) => address);
    });
    assert.deepEqual(addresses, [['10.9.0.1'], ['10.9.0.2'], ['10.9.0.3'], ['10.9.0.2']]);
  });

  it('that is hidden is for nobody', () => {
    const { route } = compiled({ hosts: ['api.example'], ports: [HTTP], exportTo: ['~'] });
    assert.equal(route.has('80'), false);
  });
});
