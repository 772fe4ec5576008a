import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { createSystemClock } from '../../base/clock.ts';
import { parseListeningPorts, watchOpenPorts } from './open-ports.ts';

const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
   1: 0200A8C0:D431 0300A8C0:2368 01 00000000:00000000 00:00000000 00000000     0        0 2 1 0 100 0 0 10 0
   2: 00000000000000000000000000000000:2368 00000000000000000000000000000000:0000 0A 0:0 00:0 0 0 0 3 1 0 100 0 0
`;

test('only listening sockets count, of both families', () => {
  assert.deepEqual(parseListeningPorts(TABLE), [8080, 9064]);
});

test('a port is told once the application listens on it, and stays told', async () => {
  const told: (readonly number[])[] = [];
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  await new Promise((resolve) => server.close(resolve));
  const watch = watchOpenPorts(createSystemClock(), (open) => told.push(open));
  watch.want(new Set([port]));
  assert.deepEqual(told, [[]]);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  while (told.length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
  await new Promise((resolve) => server.close(resolve));
  assert.deepEqual(told[1], [port]);
});
