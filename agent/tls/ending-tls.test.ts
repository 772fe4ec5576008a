import assert from 'node:assert/strict';
import { createHash, X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { connect as connectTcp, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { connect as connectTls, createServer as createTls } from 'node:tls';
import type { TestCertificate } from '../../base/certificate.fixture.ts';
import { createManualClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/log.ts';
import { createSeededRandom } from '../../base/random.ts';
import type { DownstreamTlsSpec, TcpRouteSpec } from '../../model/listener.ts';
import { createDataplane } from '../create-dataplane.ts';
import { clusterSpec, endpointSpec } from '../snapshot.fixture.ts';

import {
  authority,
  call,
  caller,
  endAll,
  endings,
  freePort,
  listen,
  namesShown,
  SECRETS,
  secret,
  server,
  shop,
  snapshot,
  start,
  stranger,
  TRUST,
  wild,
} from './gateway.fixture.ts';

after(endAll);

describe('a gateway that ends TLS', () => {
  test('serves HTTPS, and tells the service so', async () => {
    const { port } = await start([server(['shop.example'])]);
    assert.deepEqual(await call(port, 'shop.example'), {
      status: 200,
      body: { host: 'shop.example', proto: 'https', httpVersion: '1.1' },
    });
  });

  test('serves HTTP/2 to who asks for it', async () => {
    const { port } = await start([server(['shop.example'])]);
    const session = connectHttp2(`https://127.0.0.1:${port}`, { ...TRUST, servername: 'shop.example' });
    const stream = session.request({ ':authority': 'shop.example', ':path': '/' });
    const status = await new Promise((resolve) => stream.on('response', (head) => resolve(head[':status'])));
    assert.equal(status, 200);
    assert.equal(session.alpnProtocol, 'h2');
    session.close();
  });

  test('shows each name its certificate: the most specific server is asked, whatever the order', async () => {
    const servers = [
      server(['*']),
      server(['*.wild.example'], { certificates: ['kubernetes://wild'] }),
      server(['a.wild.example']),
    ];
    const { port } = await start(servers);
    assert.equal(await namesShown(port, 'b.wild.example'), 'DNS:*.wild.example');
    assert.equal(await namesShown(port, 'a.wild.example'), 'DNS:shop.example');
    assert.equal(await namesShown(port, 'elsewhere.example'), 'DNS:shop.example');
    assert.equal(await namesShown(port, ''), 'DNS:shop.example');
  });

  test('ends the handshake for a name that no server has', async () => {
    const { port } = await start([server(['shop.example'])]);
    await assert.rejects(call(port, 'other.example'), { code: 'ECONNRESET' });
  });

  test('without its certificate cuts off that name only; the others go on', async () => {
    const broken = secret('broken', { ...shop, privateKey: wild.privateKey });
    const servers = [
      server(['shop.example']),
      server(['absent.example'], { certificates: ['kubernetes://absent'] }),
      server(['broken.example'], { certificates: ['kubernetes://broken'] }),
    ];
    const { port } = await start(servers, [], [...SECRETS, broken]);
    await assert.rejects(call(port, 'absent.example'), { code: 'ECONNRESET' });
    await assert.rejects(call(port, 'broken.example'), { code: 'ECONNRESET' });
    assert.equal((await call(port, 'shop.example')).status, 200);
  });

  test('closes what is no TLS', async () => {
    const { port } = await start([server(['shop.example'])]);
    const socket = connectTcp(port, '127.0.0.1', () =>
      socket.write('GET / HTTP/1.1\r\nhost: shop.example\r\n\r\n'),
    );
    const bytes = await socket.toArray().catch(() => []);
    assert.deepEqual(bytes, []);
  });

  test('passes on TLS for the names that rules send elsewhere', async () => {
    const inner = createTls({ cert: wild.certificate, key: wild.privateKey }, (socket) => socket.end());
    const route: TcpRouteSpec = {
      match: { sniHosts: ['in.wild.example'], destinationSubnets: [] },
      ...{ clusters: [{ name: 'inner', weight: 1 }], idleTimeoutMs: 0, statPrefix: '' },
    };
    const { port, dataplane } = await start([]);
    const made = snapshot(port, { tlsServers: [server(['*.wild.example'])], tcp: [route] });
    const cluster = clusterSpec('inner', { protocol: 'tcp' });
    const endpoints = {
      name: 'inner',
      endpoints: [endpointSpec(await listen(inner))],
      localityWeights: null,
    };
    await dataplane.apply({
      resources: {
        ...made.resources,
        cluster: new Map([...made.resources.cluster, ['inner', cluster]]),
        endpoint: new Map([...made.resources.endpoint, ['inner', endpoints]]),
      },
    });
    assert.equal(await namesShown(port, 'in.wild.example'), 'DNS:*.wild.example');
    assert.equal(await namesShown(port, 'out.wild.example'), 'DNS:shop.example');
  });

  test('gives any bytes out of TLS to a TCP route', async () => {
    const lines = createServer((socket) => socket.pipe(socket));
    const { port, dataplane } = await start([]);
    const route: TcpRouteSpec = {
      match: { sniHosts: [], destinationSubnets: [] },
      ...{ clusters: [{ name: 'lines', weight: 1 }], idleTimeoutMs: 0, statPrefix: '' },
    };
    const made = snapshot(port, {
      tlsServers: [{ ...server(['shop.example'], { alpn: [] }), route: null, tcp: [route] }],
    });
    const cluster = clusterSpec('lines', { protocol: 'tcp' });
    const endpoints = {
      name: 'lines',
      endpoints: [endpointSpec(await listen(lines))],
      localityWeights: null,
    };
    await dataplane.apply({
      resources: {
        ...made.resources,
        cluster: new Map([['lines', cluster], ...made.resources.cluster]),
        endpoint: new Map([['lines', endpoints], ...made.resources.endpoint]),
      },
    });
    const socket = connectTls({ ...TRUST, port, servername: 'shop.example' });
    socket.end('hello over TLS');
    assert.equal(Buffer.concat(await socket.toArray()).toString(), 'hello over TLS');
  });

  test('speaks the versions and ciphers that it is told to', async () => {
    const { port } = await start([
      server(['shop.example'], { maxVersion: 'TLSv1.2', cipherSuites: ['ECDHE-ECDSA-AES256-GCM-SHA384'] }),
    ]);
    await assert.rejects(namesShown(port, 'shop.example', { minVersion: 'TLSv1.3' }), {
      code: /PROTOCOL_VERSION/,
    });
    await assert.rejects(
      namesShown(port, 'shop.example', { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' }),
      { code: /HANDSHAKE_FAILURE/ },
    );
    assert.equal(await namesShown(port, 'shop.example'), 'DNS:shop.example');
  });

  test('takes a new certificate for new handshakes, and drops no connection', async () => {
    const { port, dataplane } = await start([server(['shop.example'])]);
    const kept = connectTls({ ...TRUST, port, servername: 'shop.example' });
    const ask = () => {
      kept.write('GET / HTTP/1.1\r\nhost: shop.example\r\n\r\n');
      return new Promise<string>((resolve) =>
        kept.once('data', (chunk: Buffer) => resolve(chunk.toString())),
      );
    };
    assert.match(await ask(), /^HTTP\/1\.1 200 /);
    const renewed = await authority.issue('shop.example', 'renewed.example');
    const secrets = [secret('shop', renewed)];
    await dataplane.apply(snapshot(port, { tlsServers: [server(['shop.example'])] }, secrets));
    assert.equal(await namesShown(port, 'shop.example'), 'DNS:shop.example, DNS:renewed.example');
    assert.match(await ask(), /^HTTP\/1\.1 200 /);
    kept.destroy();
  });
});

test('a certificate that is a file of the container is looked at again every few seconds', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lateen-tls-'));
  endings.push(() => rmSync(folder, { recursive: true }));
  const files = {
    certificate: join(folder, 'tls.crt'),
    privateKey: join(folder, 'tls.key'),
    trust: '',
    revoked: '',
  };
  const write = ({ certificate, privateKey }: TestCertificate) => {
    writeFileSync(files.certificate, certificate);
    writeFileSync(files.privateKey, privateKey);
  };
  write(shop);
  const clock = createManualClock();
  const port = await freePort();
  const dataplane = createDataplane({
    ...{ clock, random: createSeededRandom(1), log: silentLogger },
    writeAccessLog: () => {},
  });
  endings.push(() => dataplane.drain(0));
  const kept = { ...secret('files', null), files };
  const tls = { certificates: [kept.name] };
  await dataplane.apply(snapshot(port, { tlsServers: [server(['shop.example'], tls)] }, [kept]));
  assert.equal(await namesShown(port, 'shop.example'), 'DNS:shop.example');
  write(wild);
  clock.advance(5000);
  assert.equal(await namesShown(port, 'shop.example'), 'DNS:*.wild.example');
});

test('who connects to a TLS port and says nothing is let go after 15 seconds', async () => {
  const clock = createManualClock();
  const port = await freePort();
  const dataplane = createDataplane({
    ...{ clock, random: createSeededRandom(1), log: silentLogger },
    writeAccessLog: () => {},
  });
  endings.push(() => dataplane.drain(0));
  await dataplane.apply(snapshot(port, { tlsServers: [server(['shop.example'])] }));
  const served = connectTls({ ...TRUST, port, servername: 'shop.example' });
  await new Promise((resolve) => served.once('secureConnect', resolve));
  const silent = connectTcp(port, '127.0.0.1');
  const closed = new Promise((resolve) => silent.once('close', resolve));
  silent.on('error', () => {}).write(Buffer.from([0x16, 3, 1]));
  // The handshake of a later caller shows that the silent one was accepted before.
  await namesShown(port, 'shop.example');
  clock.advance(15_000);
  await closed;
  assert.equal(served.destroyed, false);
  served.destroy();
});

describe('mutual TLS at a gateway', () => {
  const shows = ({ certificate, privateKey }: TestCertificate) => ({ cert: certificate, key: privateKey });
  const mutual = (tls: Partial<DownstreamTlsSpec> = {}) =>
    start([server(['shop.example'], { mode: 'mutual', trust: 'kubernetes://shop-cacert', ...tls })]);

  test('lets in who has a certificate of the authority, and nobody else', async () => {
    const { port } = await mutual();
    assert.equal((await call(port, 'shop.example', shows(caller))).status, 200);
    await assert.rejects(call(port, 'shop.example'), { code: /CERTIFICATE_REQUIRED/ });
    await assert.rejects(call(port, 'shop.example', shows(stranger)));
  });

  test('tells the log what was agreed on', async () => {
    const format = '%DOWNSTREAM_TLS_VERSION% %DOWNSTREAM_TLS_CIPHER% %DOWNSTREAM_PEER_SUBJECT%';
    const servers = [
      server(['shop.example'], { mode: 'optional-mutual', trust: 'kubernetes://shop-cacert' }),
    ];
    const { port, lines } = await start(servers, [], undefined, format);
    await call(port, 'shop.example', { ...shows(caller), maxVersion: 'TLSv1.2' });
    await call(port, 'shop.example');
    assert.match(lines[0] ?? '', /^TLSv1\.2 ECDHE-[A-Z0-9-]+ -$/);
    assert.match(lines[1] ?? '', /^TLSv1\.3 TLS_[A-Z0-9_]+ -$/);
  });

  test('tells the application whose certificate it was, whatever the caller says', async () => {
    const { port } = await mutual({ mode: 'optional-mutual' });
    const lie = { headers: { host: 'shop.example', 'x-forwarded-client-cert': 'Hash=lie' } };
    assert.equal((await call(port, 'shop.example', lie)).body.certificate, undefined);
    const told = (await call(port, 'shop.example', { ...shows(caller), ...lie })).body.certificate ?? '';
    const read = new X509Certificate(caller.certificate);
    const [hash = '', certificate = '', ...names] = told.split(';');
    assert.equal(hash, `Hash=${read.fingerprint256.replaceAll(':', '').toLowerCase()}`);
    const [, pem = ''] = /^Cert="(.*)"$/.exec(certificate) ?? [];
    assert.match(pem, /^[-A-Za-z0-9%]+$/);
    assert.equal(new X509Certificate(decodeURIComponent(pem)).fingerprint256, read.fingerprint256);
    assert.deepEqual(names, ['Subject=""', 'URI=spiffe://somewhere/caller', 'DNS=caller.example']);
  });

  test('that is optional lets in who has none, and refuses a wrong one', async () => {
    const { port } = await mutual({ mode: 'optional-mutual' });
    assert.equal((await call(port, 'shop.example')).status, 200);
    assert.equal((await call(port, 'shop.example', shows(caller))).status, 200);
    await assert.rejects(call(port, 'shop.example', shows(stranger)));
  });

  test('without the authority cuts off everybody', async () => {
    const { port } = await mutual({ trust: 'kubernetes://nobody-cacert' });
    await assert.rejects(call(port, 'shop.example', shows(caller)), { code: 'ECONNRESET' });
  });

  test('may ask for a name, a key or a certificate', async () => {
    const byUri = await mutual({ subjectAltNames: ['spiffe://somewhere/caller'] });
    assert.equal((await call(byUri.port, 'shop.example', shows(caller))).status, 200);
    const byOther = await mutual({ subjectAltNames: ['other.example'] });
    await assert.rejects(call(byOther.port, 'shop.example', shows(caller)));
    const read = new X509Certificate(caller.certificate);
    const spki = read.publicKey.export({ type: 'spki', format: 'der' });
    const pins: Partial<DownstreamTlsSpec>[] = [
      { certificateSpki: [createHash('sha256').update(spki).digest('base64')] },
      { certificateHashes: [read.fingerprint256.replaceAll(':', '').toLowerCase()] },
    ];
    for (const pin of pins) {
      const { port } = await mutual(pin);
      assert.equal((await call(port, 'shop.example', shows(caller))).status, 200);
      const other = await authority.issue('caller.example');
      await assert.rejects(call(port, 'shop.example', shows(other)));
    }
  });
});
