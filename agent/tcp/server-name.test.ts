import assert from 'node:assert/strict';
import { connect, createServer } from 'node:net';
import { test } from 'node:test';
import { connect as connectTls } from 'node:tls';
import { readAlpn, readServerName } from './server-name.ts';

/** A client hello as Node itself sends it. */
function clientHello(servername: string, alpn: string[] = []): Promise<Buffer> {
  return new Promise((resolve) => {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', (chunk: Buffer) => {
        resolve(chunk);
        socket.destroy();
        server.close();
      });
    });
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      connectTls({ socket: connect(port, '127.0.0.1'), servername, ALPNProtocols: alpn }).on(
        'error',
        () => {},
      );
    });
  });
}

test('the name is read from a whole hello, and more bytes are asked for before', async () => {
  const hello = await clientHello('Reviews.Example.com');
  assert.deepEqual(readServerName(hello), { name: 'reviews.example.com', incomplete: false });
  const record = 5 + hello.readUInt16BE(3);
  for (let end = 0; end < record; end++) {
    assert.equal(readServerName(hello.subarray(0, end)).incomplete, true, `cut at ${end}`);
  }
});

test('other bytes have no name, and damaged hellos do not throw', async () => {
  assert.deepEqual(readServerName(Buffer.from('GET / HTTP/1.1')), { name: '', incomplete: false });
  const hello = await clientHello('a.example');
  for (let at = 5; at < hello.length; at++) {
    const damaged = Buffer.from(hello);
    damaged[at] = 0xff;
    assert.equal(typeof readServerName(damaged).name, 'string');
    assert.ok(Array.isArray(readAlpn(damaged)));
  }
});

test('what a hello offers by ALPN is read, in its order', async () => {
  assert.deepEqual(readAlpn(await clientHello('a.example', ['istio-http/1.1', 'istio'])), [
    'istio-http/1.1',
    'istio',
  ]);
  assert.deepEqual(readAlpn(await clientHello('a.example')), []);
  assert.deepEqual(readAlpn(Buffer.from('GET / HTTP/1.1')), []);
});
