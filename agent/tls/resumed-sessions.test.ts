import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { connect } from 'node:tls';
import {
  authority,
  endAll,
  SECRETS,
  secret,
  server,
  shop,
  snapshot,
  start,
  TRUST,
} from './gateway.fixture.ts';

after(endAll);

/** One request, and whether its TLS began with the session that was given; with the session to go on with. */
function visit(port: number, session?: Buffer) {
  return new Promise<{ isResumed: boolean; session: Buffer | undefined }>((resolve, reject) => {
    let next: Buffer | undefined;
    let isResumed = false;
    const socket = connect(
      { ...TRUST, port, servername: 'shop.example', ...(session && { session }) },
      () => {
        isResumed = socket.isSessionReused();
        socket.end('GET / HTTP/1.1\r\nhost: shop.example\r\nconnection: close\r\n\r\n');
      },
    );
    socket.on('session', (ticket: Buffer) => {
      next = ticket;
    });
    socket.resume();
    socket.on('error', reject).on('close', () => resolve({ isResumed, session: next }));
  });
}

const SERVERS = [server(['shop.example'])];

describe('a caller of a gateway that comes again', () => {
  test('takes up its session, after an edit of other things too', async () => {
    const { port, dataplane } = await start(SERVERS);
    const first = await visit(port);
    assert.equal(first.isResumed, false);
    assert.equal((await visit(port, first.session)).isResumed, true);
    await dataplane.apply(snapshot(port, { tlsServers: [...SERVERS, server(['other.example'])], tcp: [] }));
    assert.equal((await visit(port, first.session)).isResumed, true);
  });

  test('begins anew once the certificate or who is trusted has changed', async () => {
    const { port, dataplane } = await start(SERVERS);
    const { session } = await visit(port);
    const again = await authority.issue('shop.example');
    const others = SECRETS.filter(({ name }) => name !== 'kubernetes://shop');
    await dataplane.apply(
      snapshot(port, { tlsServers: SERVERS, tcp: [] }, [...others, secret('shop', again)]),
    );
    assert.equal((await visit(port, session)).isResumed, false);
    await dataplane.apply(
      snapshot(port, { tlsServers: SERVERS, tcp: [] }, [...others, secret('shop', shop)]),
    );
    assert.equal((await visit(port, session)).isResumed, false);
  });
});
