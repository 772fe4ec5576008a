import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { documentOf } from '../../../istio/testing/read-text.ts';
import { createWorld, service, snapshotOf, workload } from '../world.fixture.ts';

const SERVICES = [service('safe:tls:443'), service('db:tcp:3306')];

function gatewayWith(servers: object[], ...rules: object[]) {
  const documents = [
    documentOf('Gateway', { selector: { app: 'g' }, servers }, { name: 'front' }),
    ...rules.map((spec, index) =>
      documentOf('VirtualService', { gateways: ['front'], ...spec }, { name: `v${index}` }),
    ),
  ];
  const world = createWorld(SERVICES, [workload('g', { proxy: 'gateway' })], documents.join('---\n'));
  const { listener, cluster } = snapshotOf(world, 'g');
  return {
    clusters: [...cluster.keys()],
    ports: [...listener.values()].map(({ port, protocol, tcp }) => ({
      ...{ port, protocol },
      routes: tcp?.map(({ match, clusters }) => [...match.sniHosts, ...clusters.map(({ name }) => name)]),
    })),
  };
}

const tls = (hosts: string[]) => ({
  ...{ port: { number: 443, name: 'tls', protocol: 'TLS' }, hosts, tls: { mode: 'PASSTHROUGH' } },
});
const tcp = { port: { number: 3306, name: 'tcp', protocol: 'TCP' }, hosts: ['*'] };
const to = (host: string) => [{ destination: { host } }];

describe('TLS that a gateway passes through', () => {
  it('goes by SNI to where the rules send it', () => {
    const rule = { hosts: ['a.example'], tls: [{ match: [{ sniHosts: ['a.example'] }], route: to('safe') }] };
    const { ports, clusters } = gatewayWith([tls(['a.example', '*.b.example'])], rule);
    const cluster = 'outbound|443||safe.default.svc.cluster.local';
    assert.deepEqual(ports, [{ port: 443, protocol: 'tls', routes: [['a.example', cluster]] }]);
    assert.deepEqual(clusters, [cluster]);
  });

  it('has no route for hosts that the server does not serve', () => {
    const rule = { hosts: ['c.example'], tls: [{ match: [{ sniHosts: ['c.example'] }], route: to('safe') }] };
    assert.deepEqual(gatewayWith([tls(['a.example'])], rule).ports, [
      { port: 443, protocol: 'tls', routes: [] },
    ]);
  });

  it('is by port, and not by where callers come from', () => {
    const match = [
      { sniHosts: ['a.example'], port: 444 },
      { sniHosts: ['*.example'], port: 443, sourceLabels: { app: 'nobody' }, sourceNamespace: 'sea' },
    ];
    const rule = { hosts: ['*.example'], tls: [{ match, route: to('safe') }] };
    const [port] = gatewayWith([tls(['*.example'])], rule).ports;
    assert.deepEqual(port?.routes, [['*.example', 'outbound|443||safe.default.svc.cluster.local']]);
  });
});

describe('TCP at a gateway', () => {
  it('goes where the first rule sends it', () => {
    const rules = ['db', 'safe'].map((host) => ({ hosts: ['*'], tcp: [{ route: to(host) }] }));
    const [port] = gatewayWith([tcp], ...rules).ports;
    assert.deepEqual(port?.routes, [['outbound|3306||db.default.svc.cluster.local']]);
  });

  it('is closed where no rule is bound', () => {
    assert.deepEqual(gatewayWith([tcp]).ports, [{ port: 3306, protocol: 'tcp', routes: [] }]);
  });

  it('on a port that speaks HTTP already is left out', () => {
    const http = { port: { number: 3306, name: 'http', protocol: 'HTTP' }, hosts: ['*'] };
    assert.deepEqual(gatewayWith([http, tcp]).ports, [{ port: 3306, protocol: 'http', routes: undefined }]);
  });
});
