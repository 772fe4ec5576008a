import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { after, describe, test } from 'node:test';
import { type Clock, createManualClock, createSystemClock } from '../../base/clock.ts';
import { createSeededRandom } from '../../base/random.ts';
import type { ClusterSpec } from '../../model/cluster.ts';
import { createMemoryPool } from '../exchange/memory-codec.ts';
import type { DownstreamPeer } from '../exchange/streams.ts';
import { clusterSpec, endpointSpec } from '../snapshot.fixture.ts';
import { Cluster } from '../upstream/cluster.ts';
import type { Host } from '../upstream/host.ts';
import { proxyTcp, type TcpRecord } from './tcp-proxy.ts';
import { createTcpRouteTable } from './tcp-route.ts';

/** What a DestinationRule's policies do to plain connections. */

const servers: Server[] = [];
after(() => {
  for (const server of servers) server.close();
});

async function listen(onConnection: (socket: Socket) => void): Promise<number> {
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, onConnection);
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const PEER: DownstreamPeer = {
  ...{ remoteAddress: '203.0.113.7', remotePort: 4711, localAddress: '127.0.0.1', localPort: 1 },
  ...{ originalDestination: { address: '240.240.0.5', port: 3306 }, identity: '', isTls: false },
};

const greeter = () => listen((socket) => socket.end('hello'));

/** A proxy in front of hosts at these ports; `call` gives the record of one connection. */
async function open<C extends Clock = Clock>(
  ports: readonly number[],
  change: Partial<ClusterSpec>,
  clock: C = createSystemClock() as Clock as C,
  tunnel?: string,
) {
  const deps = { clock, random: createSeededRandom(8) };
  const cluster = new Cluster(
    clusterSpec('db', { protocol: 'tcp', ...change }),
    { name: 'db', endpoints: ports.map((port) => endpointSpec(port)), localityWeights: null },
    null,
    false,
    { ...deps, createPool: () => createMemoryPool(null) },
  );
  const match = { sniHosts: [], destinationSubnets: [] };
  const clusters = [{ name: 'db', weight: 1 }];
  const spec = {
    match,
    clusters,
    idleTimeoutMs: 0,
    statPrefix: 'db',
    ...(tunnel !== undefined && { tunnel }),
  };
  const route = createTcpRouteTable([spec]).match('', '');
  assert.ok(route !== null);
  let tell: (record: TcpRecord) => void = () => {};
  const port = await listen((caller) =>
    proxyTcp(
      caller,
      route,
      {
        ...{ early: null, serverName: '', destination: { address: '127.0.0.1', port: 0 }, reconsider: null },
        peer: PEER,
        clusters: new Map([['db', cluster]]),
        onServerFirst() {},
        onReply() {},
        onOpen() {},
        onOver: (record) => tell(record),
      },
      deps,
    ),
  );
  const call = async (from = '127.0.0.1') => {
    const { promise, resolve } = Promise.withResolvers<TcpRecord>();
    tell = resolve;
    const caller = connect({ host: '127.0.0.1', port, localAddress: from });
    caller.on('error', () => {});
    caller.resume();
    return promise;
  };
  return { cluster, call, clock };
}

test('connections of one address reach one host, others spread', async () => {
  const hosts = [await greeter(), await greeter(), await greeter()];
  const loadBalancer = { ...clusterSpec('').loadBalancer, hashesSourceIp: true, tableSize: 1024 };
  const { call } = await open(hosts, { loadBalancer: { ...loadBalancer, policy: 'ring-hash' } });
  const hostOf = async (from: string) => (await call(from)).host?.port;
  const home = await hostOf('127.0.0.1');
  for (let count = 0; count < 10; count++) assert.equal(await hostOf('127.0.0.1'), home);
  const seen = new Set<number | undefined>();
  for (let last = 2; last < 22; last++) seen.add(await hostOf(`127.0.0.${last}`));
  assert.equal(seen.size, 3);
});

test('a host that cannot be reached costs nobody a connection while there is another', async () => {
  const gone = await greeter();
  servers.at(-1)?.close();
  const there = await greeter();
  const { call, cluster } = await open([gone, there], {});
  for (let count = 0; count < 12; count++) {
    const { flag, host } = await call();
    assert.deepEqual([flag, host?.port], ['', there]);
  }
  assert.ok(cluster.counters.upstream_cx_connect_fail > 0);
  assert.equal(cluster.usage.connections, 0);
});

test('a connection to a container that ended without a word ends too, soon', async () => {
  const silent = await listen((socket) => socket.resume());
  const { call, cluster, clock } = await open([silent], {}, createManualClock());
  const record = call();
  const [host] = [...cluster.hosts.values()] as [Host];
  while (host.relays.size === 0) await new Promise(setImmediate);
  cluster.retire(null, () => true);
  clock.advance(499);
  assert.equal(host.relays.size, 1);
  clock.advance(1);
  assert.equal((await record).host, host);
  assert.equal(host.relays.size, 0);
});

test('the log tells where the proxy called its host from', async () => {
  const { call } = await open([await greeter()], {});
  const record = await call();
  assert.match(record.localAddress ?? '', /^127\.0\.0\.1:\d+$/);
});

test('refused connections eject a host, and a made one forgives them', async () => {
  const gone = await greeter();
  servers.at(-1)?.close();
  const outlier = {
    ...{ consecutive5xx: 2, consecutiveGatewayErrors: 0, consecutiveLocalOriginFailures: 5 },
    ...{ splitLocalOrigin: false, intervalMs: 10_000, baseEjectionMs: 30_000, maxEjectionPercent: 100 },
    errorStatuses: [],
  };
  const { call, cluster } = await open([gone], { outlier });
  assert.equal((await call()).flag, 'UF,URX');
  const [host] = cluster.hosts.values();
  if (host !== undefined) cluster.reportConnected(host, true);
  assert.equal((await call()).flag, 'UF,URX');
  assert.equal((await call()).flag, 'UF,URX');
  assert.equal((await call()).flag, 'UH');
  assert.equal(cluster.usage.connections, 0);
});

/** A server that answers the first bytes of each connection in its own way. */
function answering(answer: (text: string, socket: Socket) => void): Promise<number> {
  return listen((socket) => {
    socket.once('data', (chunk) => answer(chunk.toString('latin1'), socket));
    socket.on('error', () => {}).resume();
  });
}

test('a host that asks for a PROXY header is told who called', async () => {
  let seen = '';
  const port = await answering((text, socket) => {
    seen = text;
    socket.end();
  });
  await (await open([port], { proxyProtocol: 'V1' })).call();
  assert.equal(seen, 'PROXY TCP4 203.0.113.7 240.240.0.5 4711 3306\r\n');
  await (await open([port], { proxyProtocol: 'V2' })).call();
  assert.equal(seen.slice(0, 12), '\r\n\r\n\0\r\nQUIT\n');
});

describe('a tunnel', () => {
  const TARGET = 'db.example:5432';

  test('is asked for by CONNECT, and what comes behind the answer is the host’s', async () => {
    let asked = '';
    const port = await answering((text, socket) => {
      asked = text;
      socket.end('HTTP/1.1 200 Connection established\r\nvia: x\r\n\r\nhello');
    });
    const { flag, receivedBytes } = await (await open([port], {}, createSystemClock(), TARGET)).call();
    assert.equal(asked, `CONNECT ${TARGET} HTTP/1.1\r\nhost: ${TARGET}\r\n\r\n`);
    assert.deepEqual([flag, receivedBytes], ['', 5]);
  });

  test('that the proxy refuses closes the connection, with its words in the log', async () => {
    const port = await answering((_, socket) => socket.end('HTTP/1.1 407 Who are you\r\n\r\n'));
    const { flag, reason } = await (await open([port], {}, createSystemClock(), TARGET)).call();
    assert.deepEqual([flag, reason], ['UF,URX', 'the proxy refused CONNECT: HTTP/1.1 407 Who are you']);
  });

  test('that the proxy does not answer closes it too', async () => {
    const port = await answering((_, socket) => socket.end());
    assert.equal((await (await open([port], {}, createSystemClock(), TARGET)).call()).flag, 'UF,URX');
    const silent = await answering(() => {});
    const clock = createManualClock();
    const { call } = await open([silent], {}, clock, TARGET);
    const record = call();
    const advance = setInterval(() => clock.advance(1000), 1);
    assert.match((await record).reason, /in time/);
    clearInterval(advance);
  });
});
