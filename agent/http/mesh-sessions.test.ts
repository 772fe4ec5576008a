import assert from 'node:assert/strict';
import { createServer as createHttpServer, request } from 'node:http';
import { createServer, type Server } from 'node:net';
import { after, beforeEach, describe, test } from 'node:test';
import type { TLSSocket } from 'node:tls';
import type { DownstreamPeer } from '../exchange/streams.ts';
import type { MeshIdentity } from '../identity/identity.ts';
import { createTestAuthority, type TestAuthority } from '../identity/testing/test-authority.ts';
import {
  CLIENT,
  endAll,
  listen,
  meshTls,
  REVIEWS,
  startInbound,
  startOutbound,
} from '../identity/testing/two-proxies.ts';
import { describeMeshPeer } from '../listener/mesh-peer.ts';
import { clusterSpec } from '../snapshot.fixture.ts';
import { openSocket } from './upstream-socket.ts';

const PAYMENTS = 'spiffe://cluster.local/ns/default/sa/payments';
const PEER: DownstreamPeer = {
  ...{ remoteAddress: '127.0.0.1', remotePort: 1, localAddress: '127.0.0.1', localPort: 2 },
  ...{ isTls: false, identity: '', originalDestination: { address: '127.0.0.1', port: 2 } },
};

let authority: TestAuthority;
let client: MeshIdentity;
let server: MeshIdentity;
beforeEach(async () => {
  authority = await createTestAuthority();
  client = await authority.identity(CLIENT);
  server = await authority.identity(REVIEWS);
});
after(endAll);

/** A proxy that answers each caller with the identity that it proved; whose the proxy is may change. */
function startServer(): Promise<number> {
  const accept = createServer({ pauseOnConnect: true }, (socket) =>
    server.server?.accept(
      socket,
      (secure) => {
        secure.on('error', () => {});
        secure.end(String(describeMeshPeer(secure, PEER, undefined)?.identity));
      },
      () => {},
    ),
  );
  return listen(accept);
}

/** One connection from its start to its end: what the server says of the caller, and whether a session was taken up. */
function call(port: number, accepted: readonly string[] = [REVIEWS]) {
  return new Promise<{ isResumed: boolean; caller: string }>((resolve, reject) => {
    const spec = clusterSpec('reviews', { tls: meshTls(accepted) });
    const socket = openSocket(spec, '127.0.0.1', port, client) as TLSSocket;
    let caller = '';
    let isResumed = false;
    socket.on('secureConnect', () => {
      isResumed = socket.isSessionReused();
      socket.end();
    });
    socket.setEncoding('utf8').on('data', (text: string) => {
      caller += text;
    });
    socket.on('error', reject).on('close', () => resolve({ isResumed, caller }));
  });
}

const anew = { isResumed: false, caller: CLIENT };
const resumed = { isResumed: true, caller: CLIENT };

describe('another connection to a proxy of the mesh', () => {
  test('takes up the session of the one before, and the caller is known by its name as before', async () => {
    const port = await startServer();
    assert.deepEqual([await call(port), await call(port), await call(port)], [anew, resumed, resumed]);
  });

  test('begins anew once this side has another certificate', async () => {
    const port = await startServer();
    await call(port);
    const { held } = await authority.identity(PAYMENTS);
    assert.ok(held !== null);
    client.replace(held.kept);
    assert.deepEqual(await call(port), { isResumed: false, caller: PAYMENTS });
  });

  test('begins anew once the other side has another certificate, and goes on where it may', async () => {
    const port = await startServer();
    await call(port);
    const { held } = await authority.identity(REVIEWS);
    assert.ok(held !== null);
    server.replace(held.kept);
    assert.deepEqual([await call(port), await call(port)], [anew, resumed]);
  });

  test('is refused where another service has the address now', async () => {
    const port = await startServer();
    await call(port);
    server = await authority.identity(PAYMENTS);
    await assert.rejects(call(port), { message: `the host is ${PAYMENTS}` });
  });

  test('is refused once the one behind it may not answer for the service any more', async () => {
    const port = await startServer();
    await call(port);
    await assert.rejects(call(port, [PAYMENTS]), { message: `the host is ${REVIEWS}` });
    assert.deepEqual(await call(port), resumed);
  });

  test('is refused by a proxy that does not trust the caller’s authority any more', async () => {
    const port = await startServer();
    await call(port);
    const others = await createTestAuthority();
    const { held } = await others.identity(REVIEWS);
    assert.ok(held !== null);
    server.replace(held.kept);
    await assert.rejects(call(port), { code: /SELF_SIGNED|UNABLE_TO|CERT/ });
  });
});

test('an application hears who called on every new connection between the proxies', async () => {
  const app = createHttpServer((incoming, response) => {
    response.end(String(incoming.headers['x-forwarded-client-cert']));
  });
  const inbound = await startInbound(await listen(app as unknown as Server), server, {
    protocol: 'http',
    tcp: null,
  });
  const { connections } = clusterSpec('reviews');
  const outbound = await startOutbound(inbound.port, client, {
    connections: { ...connections, maxRequestsPerConnection: 1 },
  });
  const get = () =>
    new Promise<string>((resolve, reject) => {
      const sent = request({ port: outbound.port, host: '127.0.0.1' }, (response) => {
        response.setEncoding('utf8').on('data', resolve);
      });
      sent.on('error', reject).end();
    });
  const first = await get();
  assert.match(first, /URI=spiffe:\/\/cluster.local\/ns\/default\/sa\/client$/);
  assert.deepEqual([await get(), await get()], [first, first]);
});
