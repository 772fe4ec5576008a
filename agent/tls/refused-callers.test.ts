import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp, createServer } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import type { TestCertificate } from '../../base/certificate.fixture.ts';
import type { DownstreamTlsSpec } from '../../model/listener.ts';
import type { Dataplane } from '../dataplane.ts';
import {
  authority,
  call,
  caller,
  endAll,
  listen,
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

/** A cause that is not told is waited for. */
const LIMIT = { timeout: 20_000 };

after(endAll);

const OTHERS = secret('others', await authority.issue('partners.example', 'optional.example'));
const MUTUAL: Partial<DownstreamTlsSpec> = {
  ...{ mode: 'mutual', certificates: [OTHERS.name], trust: 'kubernetes://shop-cacert' },
};
const revoked = await authority.issue('revoked.example');
const withList = async (...certificates: TestCertificate[]) => [
  ...SECRETS.filter(({ name }) => name !== 'kubernetes://shop-cacert'),
  { ...secret('shop-cacert', null, authority.certificate), revoked: await authority.revoke(...certificates) },
];

let port: number;
let dataplane: Dataplane;
let lines: string[];
let words: string[];

const servers = [
  server(['shop.example']),
  server(['absent.example'], { certificates: ['kubernetes://absent'] }),
  server(['broken.example'], { certificates: ['kubernetes://broken'] }),
  server(['old.example'], { maxVersion: 'TLSv1.2', cipherSuites: ['ECDHE-ECDSA-AES256-GCM-SHA384'] }),
  server(['partners.example'], MUTUAL),
  server(['optional.example'], { ...MUTUAL, mode: 'optional-mutual' }),
];

before(async () => {
  const secrets = [
    ...(await withList(revoked)),
    OTHERS,
    secret('broken', { ...shop, privateKey: wild.privateKey }),
  ];
  ({ port, dataplane, lines, words } = await start(servers, [], secrets));
});

/** What the access log says of the call, after its caller got no answer. */
async function refusal(servername: string, more: ConnectionOptions = {}): Promise<string> {
  const before = lines.length;
  await assert.rejects(call(port, servername, more));
  return lineAfter(before);
}

async function lineAfter(count: number): Promise<string> {
  while (lines.length <= count) await sleep(1);
  return lines[count] ?? '';
}

/** The first bytes of somebody who speaks TLS. */
async function helloFor(servername: string): Promise<Buffer> {
  const server = createServer();
  const socket = connectTls({ port: await listen(server), host: '127.0.0.1', servername });
  socket.on('error', () => {});
  const [connection] = await once(server, 'connection');
  const [bytes] = await once(connection, 'data');
  socket.destroy();
  return bytes;
}

const shown = ({ certificate, privateKey }: TestCertificate) => ({ cert: certificate, key: privateKey });

describe('the log says why a caller was not served', LIMIT, () => {
  test('a name that no server has, and none at all', async () => {
    assert.equal(await refusal('other.example'), '0 NR no_route_for_that_name_or_address other.example');
    assert.equal(await refusal(''), '0 NR no_route_for_that_name_or_address -');
  });

  test('a certificate that is not there, and one whose key is another', async () => {
    assert.equal(await refusal('absent.example'), '0 NR no_certificate_for_that_name absent.example');
    assert.equal(await refusal('broken.example'), '0 NR no_certificate_for_that_name broken.example');
    assert.match(words.join(''), /has no certificate.*error="the secret kubernetes:\/\/absent is not there"/);
    assert.match(words.join(''), /cannot use its certificate.*secrets=kubernetes:\/\/broken error=/);
  });

  test('a version and a cipher that are not spoken', async () => {
    assert.equal(
      await refusal('old.example', { minVersion: 'TLSv1.3' }),
      '0 DPE TLS_handshake_failed:_unsupported_protocol old.example',
    );
    assert.equal(
      await refusal('old.example', { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' }),
      '0 DPE TLS_handshake_failed:_no_shared_cipher old.example',
    );
  });

  test('a protocol inside TLS that is not spoken', async () => {
    const before = lines.length;
    const socket = connectTls({ ...TRUST, port, servername: 'shop.example', ALPNProtocols: ['spdy/9'] });
    await assert.rejects(once(socket, 'secureConnect'));
    assert.match(await lineAfter(before), /^0 DPE TLS_handshake_failed:_no_application_protocol shop/);
  });

  test('plain text on a TLS port', async () => {
    const before = lines.length;
    const socket = connectTcp(port, '127.0.0.1').on('error', () => {});
    socket.end('GET / HTTP/1.1\r\nhost: shop.example\r\n\r\n');
    await once(socket, 'close');
    assert.equal(await lineAfter(before), '0 NR plain_text_where_TLS_is_spoken -');
  });

  test('garbage that begins like TLS', async () => {
    const before = lines.length;
    const hello = Buffer.concat([Buffer.from([0x16, 3, 1, 0, 100]), Buffer.alloc(100, 7)]);
    const socket = connectTcp(port, '127.0.0.1').on('error', () => {});
    socket.write(hello);
    await once(socket, 'close');
    assert.equal(await lineAfter(before), '0 NR no_route_for_that_name_or_address -');
  });

  test('a caller that leaves within the handshake', async () => {
    for (const leave of ['end', 'resetAndDestroy'] as const) {
      const before = lines.length;
      const socket = connectTcp(port, '127.0.0.1');
      socket.write(await helloFor('shop.example'));
      // The server's half of the handshake.
      await once(socket, 'data');
      socket[leave]();
      assert.equal(await lineAfter(before), '0 DC the_caller_left_within_the_handshake shop.example');
    }
  });

  test("a caller's certificate that is missing, strange, expired or revoked; the good one is served", async () => {
    const expired = await authority.issueExpired('caller.example');
    assert.equal(
      await refusal('partners.example'),
      '0 DPE TLS_handshake_failed:_peer_did_not_return_a_certificate partners.example',
    );
    const causes = [
      [stranger, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
      [expired, 'CERT_HAS_EXPIRED'],
      [revoked, 'CERT_REVOKED'],
    ] as const;
    for (const host of ['partners.example', 'optional.example']) {
      for (const [certificate, cause] of causes) {
        assert.equal(
          await refusal(host, shown(certificate)),
          `0 DPE the_caller's_certificate_is_refused:_${cause} ${host}`,
        );
      }
      assert.equal((await call(port, host, shown(caller))).status, 200);
    }
    assert.equal((await call(port, 'optional.example')).status, 200);
  });

  test('and once a minute so does the own log, whether there is an access log or not', () => {
    const closed = words.filter((line) => line.includes('a connection was closed unserved'));
    const told = closed.filter((line) => line.includes('reason="no certificate for that name"'));
    assert.equal(told.length, 1);
    assert.match(told[0] ?? '', /port=\d+ caller=127\.0\.0\.1 serverName=absent\.example/);
  });
});

test('callers that stop within the handshake keep nobody else from being served', LIMIT, async (context) => {
  const hello = await helloFor('shop.example');
  const stopped = Array.from({ length: 100 }, (_, index) => {
    const socket = connectTcp(port, '127.0.0.1').on('error', () => {});
    context.after(() => socket.destroy());
    // Half of them within the hello, half behind it.
    socket.write(index % 2 === 0 ? hello : hello.subarray(0, 40));
    return socket;
  });
  await Promise.all(stopped.filter((_, index) => index % 2 === 0).map((socket) => once(socket, 'data')));
  for (let times = 0; times < 10; times++) assert.equal((await call(port, 'shop.example')).status, 200);
  assert.equal(stopped.filter(({ destroyed }) => destroyed).length, 0, 'they have their 15 seconds');
});

test(
  'a certificate that is revoked while its caller is connected is refused at the next handshake',
  LIMIT,
  async () => {
    const connection = connectTls({ ...TRUST, port, servername: 'partners.example', ...shown(caller) });
    const [ticket] = await once(connection, 'session');
    const secrets = [OTHERS, ...(await withList(revoked, caller))];
    await dataplane.apply(snapshot(port, { tlsServers: servers }, secrets));
    for (const more of [{}, { session: ticket }])
      assert.match(await refusal('partners.example', { ...shown(caller), ...more }), /CERT_REVOKED/);
    connection.write('GET / HTTP/1.1\r\nhost: partners.example\r\nconnection: close\r\n\r\n');
    assert.match(Buffer.concat(await connection.toArray()).toString(), /^HTTP\/1\.1 200 /);
    const other = await authority.issue('other.example');
    assert.equal((await call(port, 'partners.example', shown(other))).status, 200);
  },
);
