import assert from 'node:assert/strict';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { test } from 'node:test';
import { createManualClock } from '../../base/clock.ts';
import { type RelayEnd, relay } from './relay.ts';

/** Two ends of one connection over loopback. */
function pair(): Promise<[Socket, Socket]> {
  return new Promise((resolve) => {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (there) => {
      server.close();
      resolve([here, there]);
    });
    let here: Socket;
    server.listen(0, '127.0.0.1', () => {
      here = connect({
        port: (server.address() as AddressInfo).port,
        host: '127.0.0.1',
        allowHalfOpen: true,
      });
    });
  });
}

async function open(idleTimeoutMs: number, maxConnectionMs = 0) {
  const clock = createManualClock();
  const [client, caller] = await pair();
  const [server, host] = await pair();
  const over = new Promise<RelayEnd>((resolve) =>
    relay(caller, host, clock, { idleTimeoutMs, maxConnectionMs }, resolve),
  );
  return { clock, client, server, caller, host, over };
}

test('bytes are counted by direction, and each half-close passes by itself', async () => {
  const { client, server, over } = await open(0);
  server.on('data', () => {});
  server.on('end', () => server.end('answer'));
  let text = '';
  client.on('data', (chunk: Buffer) => {
    text += chunk;
  });
  client.end('question!');
  assert.deepEqual(await over, { sentBytes: 9, receivedBytes: 6, reason: 'closed' });
  assert.equal(text, 'answer');
});

test('silence of both directions ends it', async () => {
  const { clock, client, over } = await open(1000);
  client.on('error', () => {});
  clock.advance(999);
  clock.advance(1);
  assert.equal((await over).reason, 'idle');
});

test('a reset of one side ends the other', async () => {
  const { client, server, over } = await open(0);
  client.on('error', () => {});
  const closed = new Promise((resolve) => server.on('close', resolve));
  server
    .on('error', () => {})
    .on('end', () => server.end())
    .resume();
  client.resetAndDestroy();
  assert.equal((await over).reason, 'error');
  await closed;
});

test('a reader that does not read holds the writer back', async () => {
  const { client, server, caller, over } = await open(0);
  server.pause();
  const chunk = Buffer.alloc(1 << 20);
  for (let i = 0; i < 64; i++) client.write(chunk);
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.ok(caller.bytesRead < 48 << 20, `${caller.bytesRead} bytes were taken`);
  client.on('error', () => {});
  server.destroy();
  client.destroy();
  await over;
});

test('a connection that is too old ends, however busy', async () => {
  const { clock, client, over } = await open(0, 5000);
  client.on('error', () => {});
  clock.advance(4999);
  assert.equal(client.destroyed, false);
  clock.advance(1);
  assert.equal((await over).reason, 'too old');
});
