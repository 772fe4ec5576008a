import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { documentOf } from '../../../istio/testing/read-text.ts';
import { createWorld, service, snapshotOf, workload } from '../world.fixture.ts';

function inbound(config = '', mesh = {}) {
  const world = createWorld(
    [service('a:http:80'), service('d:tcp:90', { members: ['a'] })],
    [workload('a')],
    config,
    mesh,
  );
  const { listener, cluster } = snapshotOf(world, 'a');
  const ports = [...listener.values()].filter(({ direction }) => direction === 'inbound');
  return {
    ports: ports.map(({ port, protocol }) => `${protocol} ${port}`),
    cluster: (port: number) => cluster.get(`inbound|${port}||`),
  };
}

const ingress = (listener: object, more: object = {}) =>
  documentOf('Sidecar', { ingress: [listener], ...more });

describe('inbound ports', () => {
  it('are those of the services', () => {
    assert.deepEqual(inbound().ports, ['http 80', 'tcp 90', 'auto 0']);
    assert.deepEqual(inbound().cluster(80)?.discovery, {
      ...{ kind: 'original-destination', sourceAddress: '127.0.0.6', port: 0 },
    });
  });

  it('are counted for the service that the label names, not for that of the one container', () => {
    const labels = { app: 'a', version: 'v1' };
    const world = createWorld(
      [service('a-v1:http:80', { members: ['x'] }), service('a:http:80', { members: ['x'] })],
      [workload('x', { labels })],
    );
    assert.equal(snapshotOf(world, 'x').cluster.get('inbound|80||')?.service?.name, 'a');
  });

  it('lead to 127.0.0.1 with inboundTrafficPolicy LOCALHOST', () => {
    const { discovery } = inbound('', { inboundTrafficPolicy: 'LOCALHOST' }).cluster(80) ?? {};
    assert.deepEqual(discovery, {
      ...{ kind: 'original-destination', sourceAddress: '', port: 0, address: '127.0.0.1' },
    });
  });

  it('are those that a Sidecar lists, and no others', () => {
    const port = { number: 80, protocol: 'HTTP', name: 'http' };
    assert.deepEqual(inbound(ingress({ port })).ports, ['http 80', 'auto 0']);
  });

  const endpoints: [endpoint: string, address: string | undefined, port: number][] = [
    ['127.0.0.1:9000', '127.0.0.1', 9000],
    ['[::1]:9000', '::1', 9000],
    ['0.0.0.0:9000', undefined, 9000],
    ['[::]:9000', undefined, 9000],
    ['', undefined, 0],
  ];
  for (const [defaultEndpoint, address, port] of endpoints) {
    it(`lead to ${defaultEndpoint || 'where the call was going'}`, () => {
      const listener = {
        port: { number: 80, protocol: 'HTTP' },
        ...(defaultEndpoint && { defaultEndpoint }),
      };
      const discovery = inbound(ingress(listener)).cluster(80)?.discovery;
      assert.ok(discovery?.kind === 'original-destination');
      assert.deepEqual([discovery.address, discovery.port], [address, port]);
    });
  }

  it('have the limits of their own listener, else of the Sidecar, else of the rule for their host', () => {
    const pool = (maxConnections: number) => ({ tcp: { maxConnections } });
    const rule = documentOf('DestinationRule', { host: 'a', trafficPolicy: { connectionPool: pool(1) } });
    const limit = (config: string) => inbound(config).cluster(80)?.circuitBreaker.maxConnections;
    const port = { number: 80, protocol: 'HTTP' };
    assert.equal(limit(rule), 1);
    assert.equal(limit(`${rule}---\n${documentOf('Sidecar', { inboundConnectionPool: pool(2) })}`), 2);
    const own = ingress({ port, connectionPool: pool(3) }, { inboundConnectionPool: pool(2) });
    assert.equal(limit(`${rule}---\n${own}`), 3);
    assert.equal(limit(`${rule}---\n${ingress({ port })}`), 1);
  });
});
