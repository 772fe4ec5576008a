import assert from 'node:assert/strict';
import type { Socket } from 'node:net';
import { test } from 'node:test';
import { OpenConnections } from './open-connections.ts';

const HOUR_MS = 3_600_000;

function open() {
  const said: string[] = [];
  const socket = { bytesRead: 0, destroy: () => said.push('destroyed') };
  const connection = { isIdle: true, drain: () => said.push('drained') };
  const connections = new OpenConnections();
  connections.add(connection, socket as unknown as Socket, 0);
  return { said, socket, connection, connections };
}

test('a caller that went away without a word is given up after an hour', () => {
  const { said, connections } = open();
  connections.sweep(HOUR_MS - 1);
  assert.deepEqual(said, []);
  connections.sweep(HOUR_MS);
  assert.deepEqual(said, ['drained']);
  connections.sweep(HOUR_MS + 10_000);
  assert.deepEqual(said, ['drained', 'destroyed']);
});

test('a caller that says something, or waits for an answer, is not', () => {
  const { said, socket, connection, connections } = open();
  socket.bytesRead = 1;
  connections.sweep(HOUR_MS);
  connection.isIdle = false;
  for (let hour = 2; hour < 30; hour++) connections.sweep(hour * HOUR_MS);
  connection.isIdle = true;
  connections.sweep(30 * HOUR_MS - 1);
  assert.deepEqual(said, []);
  connections.sweep(30 * HOUR_MS);
  assert.deepEqual(said, ['drained']);
});
