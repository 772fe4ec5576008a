import assert from 'node:assert/strict';
import { createServer as createHttpServer, request } from 'node:http';
import { createSecureServer } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { after, describe, test } from 'node:test';
import { getCACertificates, setDefaultCACertificates, type TLSSocket } from 'node:tls';
import { createSystemClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/log.ts';
import { createSeededRandom } from '../../base/random.ts';
import type { ClusterSpec, UpstreamTlsSpec } from '../../model/cluster.ts';
import { createDataplane } from '../create-dataplane.ts';
import { clusterSpec, endpointSpec, nodeSpec, routeSpec, snapshotOf, textLog } from '../snapshot.fixture.ts';
import { TLS_CERTIFICATE, TLS_KEY } from './tls.fixture.ts';

const endings: (() => unknown)[] = [];
after(() => Promise.all(endings.map((end) => end())));

function listen(server: Server): Promise<number> {
  endings.push(() => server.close());
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
  );
}

/** Answers with the server name that the connection asked for, and counts connections. */
async function startTlsServer() {
  let connections = 0;
  const server = createHttpsServer({ key: TLS_KEY, cert: TLS_CERTIFICATE }, (incoming, response) => {
    response.end(String((incoming.socket as TLSSocket).servername));
  });
  server.on('secureConnection', () => {
    connections += 1;
  });
  server.on('tlsClientError', () => {});
  return { port: await listen(server), connections: () => connections };
}

/** A proxy whose only cluster speaks TLS to that port. */
async function startProxy(
  port: number,
  tls: Partial<UpstreamTlsSpec>,
  protocol: ClusterSpec['protocol'] = 'http1',
  proxyProtocol?: NonNullable<ClusterSpec['proxyProtocol']>,
) {
  const lines: string[] = [];
  const dataplane = createDataplane({
    ...{ clock: createSystemClock(), random: createSeededRandom(1), log: silentLogger },
    writeAccessLog: (line) => lines.push(line),
  });
  const simple = {
    mode: 'simple',
    sni: '',
    alpn: [],
    subjectAltNames: [],
    trust: '',
    certificate: '',
  } as const;
  const cluster = clusterSpec('shop', {
    ...{ protocol, tls: { ...simple, skipVerify: false, ...tls } },
    ...(proxyProtocol !== undefined && { proxyProtocol }),
  });
  await dataplane.apply(
    snapshotOf({
      node: nodeSpec({ accessLogs: textLog('%RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%\n') }),
      routes: [routeSpec(['shop'], {}, { retry: null })],
      clusters: [[cluster, [endpointSpec(port)]]],
    }),
  );
  endings.push(() => dataplane.drain(0));
  const originalDestination = { address: '240.240.0.5', port: 9080 };
  const entrance = createServer({ pauseOnConnect: true }, (socket) =>
    dataplane.accept(socket, { direction: 'outbound', originalDestination }),
  );
  return { port: await listen(entrance), lines };
}

function call(port: number, host: string): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', headers: { host }, agent: false }, async (response) => {
      const chunks = await response.toArray();
      resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() });
    });
    sent.on('error', reject).end();
  });
}

describe('a proxy that speaks TLS for its application', () => {
  test('names the Host of the request, and keeps a connection for that name only', async () => {
    const server = await startTlsServer();
    const { port } = await startProxy(server.port, { skipVerify: true });
    const bodies = [];
    for (const host of ['shop.example', 'a.wild.example:443', 'shop.example:8443']) {
      bodies.push((await call(port, host)).body);
    }
    assert.deepEqual(bodies, ['shop.example', 'a.wild.example', 'shop.example']);
    assert.equal(server.connections(), 2);
  });

  test('names the server as the rule says, whatever Host is', async () => {
    const server = await startTlsServer();
    const { port } = await startProxy(server.port, { skipVerify: true, sni: 'shop.example' });
    assert.deepEqual(await call(port, 'elsewhere'), { status: 200, body: 'shop.example' });
    await call(port, 'elsewhere.too');
    assert.equal(server.connections(), 1);
  });

  test('refuses a certificate that nobody vouches for', async () => {
    const server = await startTlsServer();
    const { port, lines } = await startProxy(server.port, {});
    const { status, body } = await call(port, 'shop.example');
    assert.equal(status, 503);
    assert.match(body, /reset reason: remote connection failure$/);
    assert.match(lines.join(''), /^UF .*CERTIFICATE_VERIFY_FAILED:TLS_error_end\}/);
  });

  test('tells that the host speaks plain text', async () => {
    const plain = await listen(createHttpServer((_, response) => response.end()) as unknown as Server);
    const { port, lines } = await startProxy(plain, { skipVerify: true });
    assert.equal((await call(port, 'shop.example')).status, 503);
    assert.match(lines.join(''), /^UF .*WRONG_VERSION_NUMBER:TLS_error_end\}/);
  });

  test('checks the name: that of Host, or one that the rule allows', async () => {
    const known = getCACertificates();
    setDefaultCACertificates([TLS_CERTIFICATE]);
    try {
      const server = await startTlsServer();
      const byHost = await startProxy(server.port, {});
      assert.equal((await call(byHost.port, 'shop.example')).status, 200);
      assert.equal((await call(byHost.port, 'other.example')).status, 503);
      const byRule = await startProxy(server.port, { subjectAltNames: ['no.example', 'shop.example'] });
      assert.equal((await call(byRule.port, 'other.example')).status, 200);
    } finally {
      setDefaultCACertificates(known);
    }
  });

  test('speaks HTTP/2 over it where the port does', async () => {
    const server = createSecureServer({ key: TLS_KEY, cert: TLS_CERTIFICATE }, (incoming, response) => {
      response.end(
        `${incoming.httpVersion} ${incoming.stream.session?.alpnProtocol} ${incoming.headers[':scheme']}`,
      );
    });
    const { port } = await startProxy(await listen(server), { skipVerify: true }, 'http2');
    assert.deepEqual(await call(port, 'shop.example'), { status: 200, body: '2.0 h2 https' });
  });

  test('tells of its callers in front of TLS, and shares no connection between them', async () => {
    const headers: string[] = [];
    const server = await startTlsServer();
    const entrance = createServer((socket) => {
      socket.once('data', (chunk: Buffer) => {
        const end = chunk.indexOf('\r\n') + 2;
        headers.push(chunk.toString('latin1', 0, end - 2));
        const inner = connect(server.port, '127.0.0.1');
        inner.write(chunk.subarray(end));
        socket.pipe(inner).pipe(socket);
        socket.on('error', () => inner.destroy());
        inner.on('error', () => socket.destroy());
      });
    });
    const { port } = await startProxy(await listen(entrance), { skipVerify: true }, 'http1', 'V1');
    for (let count = 0; count < 2; count++)
      assert.equal((await call(port, 'shop.example')).body, 'shop.example');
    assert.equal(headers.length, 2);
    for (const header of headers) assert.match(header, /^PROXY TCP4 127\.0\.0\.1 240\.240\.0\.5 \d+ 9080$/);
    const dead = createServer();
    const closed = await listen(dead);
    dead.close();
    const refused = await startProxy(closed, { skipVerify: true }, 'http1', 'V2');
    assert.equal((await call(refused.port, 'shop.example')).status, 503);
    assert.match(refused.lines.join(''), /^UF .*Connection_refused/);
  });
});
