import assert from 'node:assert/strict';
import { createServer as createHttpServer, request } from 'node:http';
import { connect, createServer, type Server } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { createLineLogger } from '../../base/log.ts';
import { TLS_CERTIFICATE, TLS_KEY } from '../http/tls.fixture.ts';
import { clusterSpec } from '../snapshot.fixture.ts';
import type { MeshIdentity } from './identity.ts';
import { createTestAuthority } from './testing/test-authority.ts';
import {
  CLIENT,
  endAll,
  listen,
  meshTls,
  REVIEWS,
  startInbound,
  startOutbound,
} from './testing/two-proxies.ts';

let client: MeshIdentity;
let reviews: MeshIdentity;
before(async () => {
  const authority = await createTestAuthority();
  client = await authority.identity(CLIENT);
  reviews = await authority.identity(REVIEWS);
});
after(endAll);

/** Tells the header that says who called. */
const startApp = () =>
  listen(
    createHttpServer((incoming, response) => {
      response.end(String(incoming.headers['x-forwarded-client-cert']));
    }) as unknown as Server,
  );

interface Answer {
  readonly status: number;
  readonly body: string;
}

function get(port: number, headers = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', agent: false, headers }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
    });
    sent.on('error', reject);
    sent.end();
  });
}

/** Everything that comes back for these bytes until the end. */
function talk(port: number, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.setEncoding('latin1').on('data', (chunk) => {
      text += chunk;
      if (text.endsWith('\n')) socket.end();
    });
    socket.on('error', reject).on('close', () => resolve(text));
  });
}

const HASH = /^By=spiffe:\/\/cluster.local\/ns\/default\/sa\/reviews;Hash=[0-9a-f]{64};Subject="";URI=(.*)$/;

describe('mutual TLS between two proxies', () => {
  test('the application hears who called, and its callers’ own words about that are dropped', async () => {
    const inbound = await startInbound(await startApp(), reviews, { protocol: 'http', tcp: null });
    const outbound = await startOutbound(inbound.port, client);
    const { status, body } = await get(outbound.port, {
      'x-forwarded-client-cert': 'By=me;URI=spiffe://forged',
    });
    assert.equal(status, 200);
    assert.equal(HASH.exec(body)?.[1], CLIENT);
    assert.deepEqual(inbound.lines, [`- ${CLIENT}\n`]);
  });

  test('HTTP/2 and ports that nobody declared go the same way', async () => {
    const inbound = await startInbound(await startApp(), reviews, {});
    const outbound = await startOutbound(inbound.port, client, { protocol: 'downstream' });
    assert.equal(HASH.exec((await get(outbound.port)).body)?.[1], CLIENT);
    assert.equal(HASH.exec((await get(outbound.port)).body)?.[1], CLIENT);
  });

  test('TCP goes over it too, with a server that speaks first without any delay', async () => {
    const app = createServer((socket) => socket.write('220 hello\n'));
    const inbound = await startInbound(await listen(app), reviews, { protocol: 'tcp', route: null });
    const tcp = [
      {
        match: { sniHosts: [], destinationSubnets: [] },
        clusters: [{ name: 'reviews', weight: 1 }],
        idleTimeoutMs: 0,
        statPrefix: '',
      },
    ];
    const outbound = await startOutbound(
      inbound.port,
      client,
      { protocol: 'tcp' },
      { protocol: 'tcp', route: null, tcp },
    );
    assert.equal(await talk(outbound.port, ''), '220 hello\n');
    assert.match(
      inbound.dataplane.renderMetrics(),
      /istio_tcp_connections_opened_total\{.*source_principal="spiffe:\/\/cluster.local\/ns\/default\/sa\/client".*connection_security_policy="mutual_tls"/,
    );
  });

  test('TCP of a caller that had no proxy before goes over it, though its server speaks first', async () => {
    const app = createServer((socket) => socket.on('error', () => {}).write('220 hello\n'));
    const inbound = await startInbound(await listen(app), reviews, { protocol: 'tcp', route: null });
    assert.equal(await talk(inbound.port, ''), '220 hello\n');
    const match = { sniHosts: [], destinationSubnets: [] };
    const clusters = [{ name: 'reviews', weight: 1 }];
    const tcp = [{ match, clusters, idleTimeoutMs: 0, statPrefix: '' }];
    const listener = { protocol: 'tcp', route: null, tcp } as const;
    const outbound = await startOutbound(inbound.port, client, { protocol: 'tcp' }, listener);
    for (let call = 0; call < 10; call++) assert.equal(await talk(outbound.port, ''), '220 hello\n');
    assert.deepEqual(
      outbound.lines.filter((line) => !line.startsWith('- ')),
      [],
    );
  });

  test('an address that another service has now never answers for the one that was meant', async () => {
    const inbound = await startInbound(await startApp(), reviews, { protocol: 'http', tcp: null });
    const payments = 'spiffe://cluster.local/ns/default/sa/payments';
    const outbound = await startOutbound(inbound.port, client, { autoTls: meshTls([payments]) });
    const { status, body } = await get(outbound.port);
    assert.equal(status, 503);
    assert.match(body, /upstream connect error/);
    assert.match(outbound.lines.join(''), /^UF .*CERTIFICATE_VERIFY_FAILED/);
    assert.deepEqual(inbound.lines, []);
  });

  test('a caller with a certificate of another authority is refused', async () => {
    const stranger = await (await createTestAuthority()).identity(CLIENT);
    const inbound = await startInbound(await startApp(), reviews, { protocol: 'http', tcp: null });
    const outbound = await startOutbound(inbound.port, stranger);
    assert.equal((await get(outbound.port)).status, 503);
  });

  test('TLS to a host outside the mesh, in plain text, fails as such', async () => {
    const outbound = await startOutbound(await startApp(), client, { tls: meshTls([REVIEWS]) }, {}, false);
    assert.equal((await get(outbound.port)).status, 503);
    assert.match(outbound.lines.join(''), /WRONG_VERSION_NUMBER/);
  });

  test('a host that does not speak it is spoken to in plain text', async () => {
    const outbound = await startOutbound(await startApp(), client, {}, {}, false);
    assert.equal((await get(outbound.port)).body, 'undefined');
  });

  test('a new certificate is shown on new connections, and open ones go on', async () => {
    const authority = await createTestAuthority();
    const [own, other] = [await authority.identity(REVIEWS), await authority.identity(CLIENT)];
    const inbound = await startInbound(await startApp(), own, { protocol: 'http', tcp: null });
    const outbound = await startOutbound(inbound.port, other);
    const before = await get(outbound.port);
    const next = await authority.identity(CLIENT);
    other.replace(next.held?.kept as NonNullable<typeof next.held>['kept']);
    own.replace((await authority.identity(REVIEWS)).held?.kept as NonNullable<typeof next.held>['kept']);
    assert.equal((await get(outbound.port)).body, before.body);
    const another = await startOutbound(inbound.port, other);
    const fresh = await get(another.port);
    assert.equal(fresh.status, 200);
    assert.notEqual(fresh.body, before.body);
  });
});

describe('PERMISSIVE', () => {
  test('plain text is served, and has no name whatever it says', async () => {
    const inbound = await startInbound(await startApp(), reviews, { protocol: 'http', tcp: null });
    const forged = { 'x-forwarded-client-cert': `By=${REVIEWS};Hash=0;Subject="";URI=${CLIENT}` };
    assert.equal((await get(inbound.port, forged)).body, 'undefined');
  });

  test('TLS of the application itself passes unopened', async () => {
    const app = createTlsServer({ key: TLS_KEY, cert: TLS_CERTIFICATE }, (socket) => socket.end('mine\n'));
    const inbound = await startInbound(await listen(app), reviews, {});
    const text = await new Promise<string>((resolve, reject) => {
      const socket = connectTls({ port: inbound.port, host: '127.0.0.1', rejectUnauthorized: false });
      socket.setEncoding('utf8').on('data', resolve).on('error', reject);
    });
    assert.equal(text, 'mine\n');
  });

  test('a server that speaks first is waited for, and mutual TLS is still ended afterwards', async () => {
    const app = createServer((socket) => socket.write('220 hello\n'));
    const inbound = await startInbound(await listen(app), reviews, { protocol: 'tcp', route: null });
    assert.equal(await talk(inbound.port, ''), '220 hello\n');
  });
});

describe('STRICT', () => {
  test('plain text is cut off, and the log says who called', async () => {
    const told: string[] = [];
    const log = createLineLogger((line) => told.push(line), Date.now, 'warn');
    const inbound = await startInbound(
      await startApp(),
      reviews,
      { protocol: 'http', tcp: null, mutualTls: 'strict' },
      log,
    );
    await assert.rejects(get(inbound.port), /socket hang up|ECONNRESET/);
    await assert.rejects(get(inbound.port), /socket hang up|ECONNRESET/);
    assert.equal(told.length, 1);
    assert.match(told.join(''), /plaintext was refused: PeerAuthentication STRICT.*127\.0\.0\.1/);
    assert.match(inbound.lines.join(''), /^NR /);
    assert.match(
      inbound.dataplane.renderMetrics(),
      /istio_tcp_connections_closed_total\{.*response_flags="NR"/,
    );
  });

  test('plain TCP, the beginning of a request and TLS of no mesh are cut off too', async () => {
    const app = createServer((socket) => socket.end('leaked\n'));
    const inbound = await startInbound(await listen(app), reviews, { mutualTls: 'strict' });
    const cut = (text: string) => talk(inbound.port, text).catch(() => '');
    assert.equal(await cut('\x00\x01binary'), '');
    const half = await new Promise<string>((resolve) => {
      let text = '';
      const socket = connect(inbound.port, '127.0.0.1', () => socket.end('GE'));
      socket.on('data', (chunk) => {
        text += chunk.toString();
      });
      socket.on('error', () => {}).on('close', () => resolve(text));
    });
    assert.equal(half, '');
    const tls = connectTls({ port: inbound.port, host: '127.0.0.1', rejectUnauthorized: false });
    const secure = await new Promise<string>((resolve) => {
      tls
        .on('data', () => resolve('served'))
        .on('error', () => resolve('refused'))
        .on('close', () => resolve('refused'));
    });
    assert.equal(secure, 'refused');
  });

  test('callers of the mesh are served, and a kept plain connection is cut off by the change', async () => {
    const inbound = await startInbound(await startApp(), reviews, { protocol: 'http', tcp: null });
    const answers: string[] = [];
    const socket = connect(inbound.port, '127.0.0.1');
    const closed = new Promise((resolve) => socket.on('close', resolve));
    socket.on('error', () => {});
    const answered = new Promise<void>((resolve) =>
      socket.on('data', (chunk) => {
        answers.push(chunk.toString());
        resolve();
      }),
    );
    socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    await answered;
    await inbound.apply({ protocol: 'http', tcp: null, mutualTls: 'strict' });
    socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
    await closed;
    assert.equal(answers.length, 1);
    const outbound = await startOutbound(inbound.port, client);
    assert.equal((await get(outbound.port)).status, 200);
  });
});

test('certificates are replaced under load without a lost request', async () => {
  const authority = await createTestAuthority();
  const own = await authority.identity(REVIEWS);
  const other = await authority.identity(CLIENT);
  const [nextOwn, nextOther] = [await authority.identity(REVIEWS), await authority.identity(CLIENT)];
  const inbound = await startInbound(await startApp(), own, { protocol: 'http', tcp: null });
  const outbound = await startOutbound(inbound.port, other, {
    // A new connection for each request: each is another handshake.
    connections: { ...clusterSpec('x').connections, maxRequestsPerConnection: 1 },
  });
  const swap = (from: MeshIdentity, to: MeshIdentity) => {
    const [a, b] = [from.held?.kept, to.held?.kept];
    if (a === undefined || b === undefined) throw new Error('no certificate');
    to.replace(a);
    from.replace(b);
  };
  const statuses: number[] = [];
  const caller = async () => {
    for (let i = 0; i < 50; i++) {
      if (i % 5 === 0) swap(other, nextOther);
      if (i % 7 === 0) swap(own, nextOwn);
      statuses.push((await get(outbound.port)).status);
    }
  };
  await Promise.all([caller(), caller(), caller(), caller()]);
  assert.deepEqual([...new Set(statuses)], [200]);
  assert.equal(statuses.length, 200);
});

test('both sides’ metrics name both principals', async () => {
  const inbound = await startInbound(await startApp(), reviews, { protocol: 'http', tcp: null });
  const outbound = await startOutbound(inbound.port, client);
  await get(outbound.port);
  const principals = `source_principal="${CLIENT}".*destination_principal="${REVIEWS}".*connection_security_policy="mutual_tls"`;
  assert.match(inbound.dataplane.renderMetrics(), new RegExp(`istio_requests_total{.*${principals}`));
  assert.match(
    outbound.dataplane.renderMetrics(),
    new RegExp(`istio_requests_total{.*source_principal="${CLIENT}"`),
  );
});

test('while roots change, certificates of the old one and of the new one are good', async () => {
  const [older, newer] = [await createTestAuthority(), await createTestAuthority()];
  const trusting = async (authority: typeof older, spiffeId: string) => {
    const identity = await authority.identity(spiffeId);
    const roots = [await older.identity('spiffe://x'), await newer.identity('spiffe://x')];
    const kept = identity.held?.kept;
    if (kept === undefined) throw new Error('no certificate');
    identity.replace({ ...kept, roots: roots.map(({ held }) => held?.kept.roots ?? '').join('') });
    return identity;
  };
  for (const [ofClient, ofServer] of [
    [older, newer],
    [newer, older],
    [newer, newer],
  ] as const) {
    const server = await trusting(ofServer, REVIEWS);
    const inbound = await startInbound(await startApp(), server, { protocol: 'http', tcp: null });
    const outbound = await startOutbound(inbound.port, await trusting(ofClient, CLIENT));
    assert.equal((await get(outbound.port)).status, 200);
  }
});
