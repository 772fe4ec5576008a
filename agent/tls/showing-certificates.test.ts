import assert from 'node:assert/strict';
import { request } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { after, describe, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import { createTestAuthority, type TestCertificate } from '../../base/certificate.fixture.ts';
import { createSystemClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/log.ts';
import { createSeededRandom } from '../../base/random.ts';
import type { UpstreamTlsSpec } from '../../model/cluster.ts';
import { PrivateKey, type SecretSpec } from '../../model/secret.ts';
import { createDataplane } from '../create-dataplane.ts';
import { clusterSpec, endpointSpec, nodeSpec, routeSpec, snapshotOf, textLog } from '../snapshot.fixture.ts';

const endings: (() => unknown)[] = [];
after(() => Promise.all(endings.map((end) => end())));

function listen(server: Server): Promise<number> {
  endings.push(() => server.close());
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
  );
}

const authority = await createTestAuthority();
const shown = await authority.issue('shop.example');
const own = await authority.issue('caller.example');

/** Asks its callers for a certificate, and answers with the name in it. */
const port = await (async () => {
  const options = { cert: shown.certificate, key: shown.privateKey, ca: authority.certificate };
  const server = createHttpsServer({ ...options, requestCert: true }, (incoming, response) => {
    const certificate = (incoming.socket as TLSSocket).getPeerX509Certificate();
    response.end(String(certificate?.subjectAltName));
  });
  server.on('tlsClientError', () => {});
  return listen(server);
})();

const secret = (name: string, pair: TestCertificate | null, trust = ''): SecretSpec => ({
  ...{ name, trust, revoked: '', files: null, certificate: pair?.certificate ?? '' },
  privateKey: pair === null ? null : new PrivateKey(pair.privateKey),
});

const MUTUAL: UpstreamTlsSpec = {
  ...{ mode: 'mutual', sni: 'shop.example', alpn: [], subjectAltNames: [], skipVerify: false },
  ...{ certificate: 'own', trust: 'roots' },
};

function snapshot(tls: Partial<UpstreamTlsSpec>, secrets: readonly SecretSpec[]) {
  const made = snapshotOf({
    node: nodeSpec({ accessLogs: textLog('%RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%\n') }),
    routes: [routeSpec(['shop'], {}, { retry: null })],
    clusters: [[clusterSpec('shop', { tls: { ...MUTUAL, ...tls } }), [endpointSpec(port)]]],
  });
  return { resources: { ...made.resources, secret: new Map(secrets.map((each) => [each.name, each])) } };
}

const SECRETS = [secret('own', own), secret('roots', null, authority.certificate)];

async function start(tls: Partial<UpstreamTlsSpec>, secrets: readonly SecretSpec[] = SECRETS) {
  const lines: string[] = [];
  const dataplane = createDataplane({
    ...{ clock: createSystemClock(), random: createSeededRandom(1), log: silentLogger },
    writeAccessLog: (line) => lines.push(line),
  });
  await dataplane.apply(snapshot(tls, secrets));
  endings.push(() => dataplane.drain(0));
  const originalDestination = { address: '240.240.0.5', port: 9080 };
  const entrance = createServer({ pauseOnConnect: true }, (socket) =>
    dataplane.accept(socket, { direction: 'outbound', originalDestination }),
  );
  return { entrance: await listen(entrance), lines, dataplane };
}

function call(entrance: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request({ port: entrance, host: '127.0.0.1', agent: false }, async (response) => {
      resolve(`${response.statusCode} ${Buffer.concat(await response.toArray())}`);
    });
    sent.on('error', reject).end();
  });
}

describe('a proxy with a certificate of its own', () => {
  test('shows it, and checks the host against the given authority', async () => {
    const { entrance } = await start({});
    assert.equal(await call(entrance), '200 DNS:caller.example');
  });

  test('trusts nobody else, and says so as Envoy does', async () => {
    const stranger = secret('roots', null, (await createTestAuthority('somebody else')).certificate);
    const { entrance, lines } = await start({}, [secret('own', own), stranger]);
    assert.match(await call(entrance), /^503 /);
    assert.match(lines.join(''), /^UF .*CERTIFICATE_VERIFY_FAILED:TLS_error_end\}/);
  });

  test('calls nobody without the certificate that the rule names', async () => {
    for (const secrets of [
      [],
      [secret('own', { ...own, privateKey: shown.privateKey }), ...SECRETS.slice(1)],
    ]) {
      const { entrance, lines } = await start({}, secrets);
      assert.match(await call(entrance), /^503 /);
      assert.match(lines.join(''), /^UF .*\|TLS_error:_Secret_is_not_supplied_by_SDS\}/);
    }
  });

  test('shows the new one as soon as it is there', async () => {
    const { entrance, dataplane } = await start({});
    assert.equal(await call(entrance), '200 DNS:caller.example');
    const renewed = secret('own', await authority.issue('renewed.example'));
    await dataplane.apply(snapshot({}, [renewed, ...SECRETS.slice(1)]));
    assert.equal(await call(entrance), '200 DNS:renewed.example');
  });
});
