import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer, request } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { after, test } from 'node:test';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { createSystemClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/log.ts';
import { createSeededRandom } from '../../base/random.ts';
import type { ClusterSpec } from '../../model/cluster.ts';
import { createDataplane } from '../create-dataplane.ts';
import { TLS_CERTIFICATE, TLS_KEY } from '../http/tls.fixture.ts';
import { clusterSpec, listenerSpec, nodeSpec, routeSpec, snapshotOf, textLog } from '../snapshot.fixture.ts';

/** Whole calls to hosts that only the call names; the one name that every machine can look up is `localhost`. */

const endings: (() => unknown)[] = [];
after(() => Promise.all(endings.map((end) => end())));

async function listen(server: Server): Promise<number> {
  endings.push(() => server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

/** A proxy that takes HTTP on 9080 and TLS on 8443, for names at `port`. */
async function startProxy(port: number, called: number, change: Partial<ClusterSpec> = {}) {
  const lines: string[] = [];
  const dataplane = createDataplane({
    ...{ clock: createSystemClock(), random: createSeededRandom(1), log: silentLogger },
    writeAccessLog: (line) => lines.push(line),
  });
  endings.push(() => dataplane.drain(0));
  const match = { sniHosts: ['*'], destinationSubnets: [] };
  const byName = { discovery: { kind: 'requested-name', port } } as const;
  await dataplane.apply(
    snapshotOf({
      node: nodeSpec({ accessLogs: textLog('%RESPONSE_CODE% %RESPONSE_FLAGS% %UPSTREAM_HOST%') }),
      listeners: [
        listenerSpec(),
        listenerSpec({
          ...{ name: 'tls', port: 8443, protocol: 'tls', route: null },
          tcp: [{ match, clusters: [{ name: 'tls', weight: 1 }], idleTimeoutMs: 0, statPrefix: 'tls' }],
        }),
      ],
      routes: [routeSpec(['http'])],
      clusters: [
        [clusterSpec('http', { ...byName, ...change }), []],
        [clusterSpec('tls', { ...byName, protocol: 'tcp' }), []],
      ],
    }),
  );
  const originalDestination = { address: '240.240.0.5', port: called };
  const entrance = await listen(
    createServer({ pauseOnConnect: true }, (socket) =>
      dataplane.accept(socket, { direction: 'outbound', originalDestination }),
    ),
  );
  return { entrance, lines };
}

function get(port: number, host: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ port, host: '127.0.0.1', headers: { host }, agent: false }, (incoming) => {
      let body = '';
      incoming.on('data', (chunk) => {
        body += String(chunk);
      });
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body }));
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

async function startTlsServer() {
  const server = createHttpsServer({ key: TLS_KEY, cert: TLS_CERTIFICATE }, (incoming, response) => {
    response.end(String((incoming.socket as TLSSocket).servername));
  });
  server.on('tlsClientError', () => {});
  return listen(server);
}

test('HTTP goes where its Host says, with the port that it names', async () => {
  const host = await listen(createHttpServer((_, response) => response.end('whole')));
  const { entrance, lines } = await startProxy(80, 9080);
  assert.deepEqual(await get(entrance, `localhost:${host}`), { status: 200, body: 'whole' });
  assert.equal((await get(entrance, 'absent.invalid')).status, 503);
  assert.deepEqual(lines, [`200 - 127.0.0.1:${host}\n`, '503 DF -\n']);
});

test('HTTP over TLS of the proxy asks for the name of the Host, which the certificate must have', async () => {
  const host = await startTlsServer();
  const simple = {
    mode: 'simple',
    sni: '',
    alpn: [],
    subjectAltNames: [],
    trust: '',
    certificate: '',
  } as const;
  const lenient = await startProxy(443, 9080, { tls: { ...simple, skipVerify: true } });
  assert.deepEqual(await get(lenient.entrance, `localhost:${host}`), { status: 200, body: 'localhost' });
  const strict = await startProxy(443, 9080, { tls: { ...simple, skipVerify: false } });
  assert.equal((await get(strict.entrance, `localhost:${host}`)).status, 503);
});

test('TLS goes unopened where its server name says, at the port of the listener', async () => {
  const host = await startTlsServer();
  const { entrance, lines } = await startProxy(host, 8443);
  const socket = connectTls({
    port: entrance,
    host: '127.0.0.1',
    servername: 'localhost',
    rejectUnauthorized: false,
  });
  await once(socket, 'secureConnect');
  assert.equal(socket.getPeerCertificate().subject.CN, 'shop.example');
  socket.resume().end('GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n');
  await once(socket, 'close');
  const absent = connectTls({ port: entrance, host: '127.0.0.1', servername: 'absent.invalid' });
  absent.on('error', () => {});
  await new Promise((resolve) => absent.once('close', resolve));
  assert.deepEqual(lines, [`0 - 127.0.0.1:${host}\n`, '0 DF -\n']);
});
