import assert from 'node:assert/strict';
import { connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { createSystemClock } from '../base/clock.ts';
import { createLineLogger } from '../base/log.ts';
import { createSeededRandom } from '../base/random.ts';
import { createDataplane } from './create-dataplane.ts';
import {
  clusterSpec,
  endpointSpec,
  listenerSpec,
  nodeSpec,
  routeSpec,
  snapshotOf,
  textLog,
} from './snapshot.fixture.ts';
import { endWithTests, listen } from './testing/ended-with-tests.ts';

/** What a proxy does with traffic that REGISTRY_ONLY refuses, and what it says of it. */

const blackHole = clusterSpec('BlackHoleCluster', { discovery: { kind: 'none' }, service: null });
const tcpTo = (name: string, sniHosts: readonly string[] = []) => ({
  ...{ match: { sniHosts, destinationSubnets: [] }, clusters: [{ name, weight: 1 }] },
  ...{ idleTimeoutMs: 0, statPrefix: name },
});

/** A proxy that knows `db.example` by its SNI on 5432, and nothing else; every call is to this address. */
async function start(port: number) {
  const greeter = await listen(createServer((socket) => socket.end('hello')));
  const accessLines: string[] = [];
  const lines: string[] = [];
  const clock = createSystemClock();
  const dataplane = createDataplane({
    ...{ clock, random: createSeededRandom(1), writeAccessLog: (line: string) => accessLines.push(line) },
    log: createLineLogger((line) => lines.push(line), clock.wall),
  });
  endWithTests(dataplane);
  const blocked = routeSpec([], { name: 'block_all' });
  const format =
    '%RESPONSE_CODE% %RESPONSE_FLAGS% %UPSTREAM_CLUSTER_RAW% %REQUESTED_SERVER_NAME% %BYTES_SENT%';
  await dataplane.apply(
    snapshotOf({
      node: nodeSpec({ accessLogs: textLog(format) }),
      listeners: [
        listenerSpec(),
        listenerSpec({
          ...{ name: 'db', port: 5432, protocol: 'tls', route: null },
          tcp: [tcpTo('db', ['db.example']), tcpTo('BlackHoleCluster')],
        }),
        listenerSpec({
          ...{ name: 'virtualOutbound', port: 0, protocol: 'tcp', route: null },
          tcp: [tcpTo('BlackHoleCluster')],
        }),
      ],
      routes: [{ ...blocked, action: { kind: 'direct', status: 502, bodyBase64: '' } }],
      clusters: [
        [blackHole, []],
        [clusterSpec('db', { protocol: 'tcp' }), [endpointSpec(greeter)]],
      ],
    }),
  );
  const captured = {
    direction: 'outbound' as const,
    originalDestination: { address: '10.9.9.9', port },
  };
  const entrance = await listen(
    createServer({ pauseOnConnect: true }, (socket) => dataplane.accept(socket, captured)),
  );
  return { dataplane, entrance, accessLines, lines };
}

/** However it ends. */
function closed(socket: Socket): Promise<void> {
  socket.on('error', () => {});
  return new Promise((resolve) => socket.once('close', () => resolve()));
}

async function send(port: number, bytes: string): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1' }).setEncoding('latin1');
  let text = '';
  socket.on('data', (chunk: string) => {
    text += chunk;
  });
  socket.write(bytes);
  await closed(socket);
  return text;
}

async function sendHello(port: number, servername: string): Promise<void> {
  const socket = connectTls({ port, host: '127.0.0.1', servername });
  await closed(socket);
}

const GET = 'GET / HTTP/1.1\r\naccept: */*\r\nhost: api.example\r\nconnection: close\r\n\r\n';

test('HTTP gets 502, and the metrics and one log line name what refused it', async () => {
  const { dataplane, entrance, lines, accessLines } = await start(9080);
  assert.match(await send(entrance, GET), /^HTTP\/1\.1 502 /);
  assert.match(await send(entrance, GET), /^HTTP\/1\.1 502 /);
  assert.match(
    dataplane.renderMetrics(),
    /istio_requests_total\{.*destination_service="api\.example",destination_service_name="BlackHoleCluster".*response_code="502".*\} 2/,
  );
  assert.deepEqual(accessLines, ['502 - - - 0\n', '502 - - - 0\n']);
  assert.equal(lines.length, 1);
  assert.match(
    lines[0] ?? '',
    /cluster=BlackHoleCluster host=api\.example port=9080 remedy="ServiceEntry .*protocol: HTTP/,
  );
});

test('TLS is closed, and the log names the host of its client hello', async () => {
  const { dataplane, entrance, lines, accessLines } = await start(8443);
  await sendHello(entrance, 'safe.example');
  assert.deepEqual(accessLines, ['0 UH BlackHoleCluster safe.example 0\n']);
  assert.match(lines[0] ?? '', /host=safe\.example port=8443 remedy=".*protocol: TLS/);
  assert.match(dataplane.renderMetrics(), /destination_service_name="BlackHoleCluster".*response_flags="UH"/);
});

test('HTTP on a port that nobody has is closed, and the log names its host all the same', async () => {
  const { entrance, lines } = await start(8081);
  assert.equal(await send(entrance, GET), '');
  assert.match(lines[0] ?? '', /host=api\.example port=8081 remedy=".*protocol: HTTP/);
});

test('a caller that waits for the server to speak is closed too', async () => {
  const { entrance, lines } = await start(3306);
  assert.equal(await send(entrance, ''), '');
  assert.match(lines[0] ?? '', /host=10\.9\.9\.9 port=3306 remedy=".*addresses: \[10\.9\.9\.9\]/);
});

test('a known SNI passes, another on its port does not; both are in the access log', async () => {
  const { entrance, accessLines } = await start(5432);
  await sendHello(entrance, 'db.example');
  await sendHello(entrance, 'other.example');
  assert.deepEqual(accessLines, ['0 - db db.example 5\n', '0 UH BlackHoleCluster other.example 0\n']);
});
