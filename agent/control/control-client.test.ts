import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { createManualClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/log.ts';
import type { Ack, Hello } from '../../model/push.ts';
import { createTestAuthority } from '../identity/testing/test-authority.ts';
import { createControlClient } from './control-client.ts';
import type { KeptFiles } from './kept-files.ts';

/** A tmpfs that holds a session and nothing else. */
const FILES: KeptFiles = {
  readSession: async () => 'session',
  writeSession: async () => {},
  readSnapshot: async () => null,
  writeSnapshot: async () => {},
  readIdentity: async () => null,
  writeIdentity: async () => {},
};

test('a push that builds on something else than what is held makes the agent tell anew, and is no NACK', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lateen-client-'));
  const socketPath = join(folder, 'control.sock');
  const hellos: Hello[] = [];
  const acks: Ack[] = [];
  const urls: (string | undefined)[] = [];
  const push = (response: ServerResponse, version: string, base: string) =>
    response.write(
      `${JSON.stringify({ type: 'push', version, base, nonce: version, upsert: [], remove: [] })}\n`,
    );
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as unknown;
    urls.push(request.url);
    if (request.url === '/v1/ack') acks.push(body as Ack);
    if (request.url !== '/v1/config') return response.writeHead(204).end();
    hellos.push(body as Hello);
    response.writeHead(200);
    if (hellos.length > 1) return push(response, 'b-2', (body as Hello).version);
    push(response, 'a-1', '');
    return push(response, 'a-2', 'a-0');
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  const identity = await (await createTestAuthority()).identity('spiffe://cluster.local/ns/default/sa/a');
  const clock = createManualClock();
  const client = createControlClient({
    ...{
      socketPath,
      container: 'a',
      prove: () => {},
      files: FILES,
      version: 'test',
      clock,
      random: () => 0,
    },
    ...{ log: silentLogger, identity, apply: async () => {} },
  });
  try {
    await client.start();
    while (acks.length < 2) {
      await sleep(1);
      clock.advance(1);
    }
    // Its stream ended once, whatever was heard of that: nothing waits to connect another time.
    clock.advance(10_000);
    await sleep(10);
    client.reportOpenPorts({ open: [80] });
    while (!urls.includes('/v1/open-ports')) await sleep(1);
    assert.deepEqual(
      hellos.map(({ version }) => version),
      ['', 'a-1'],
    );
    assert.deepEqual(
      acks.map(({ version, error }) => [version, error]),
      [
        ['a-1', null],
        ['b-2', null],
      ],
    );
  } finally {
    client.close();
    server.close();
    server.closeAllConnections();
    await rm(folder, { recursive: true });
  }
});

test('an ACK that the controller did not take makes the agent tell anew what it holds', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'lateen-client-'));
  const socketPath = join(folder, 'control.sock');
  const hellos: Hello[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    // As a controller does that takes the container for paused.
    if (request.url !== '/v1/config') return response.writeHead(503).end();
    hellos.push(JSON.parse(Buffer.concat(chunks).toString()) as Hello);
    response.writeHead(200);
    const push = { type: 'push', version: 'a-1', base: '', nonce: 'a-1', upsert: [], remove: [] };
    return response.write(hellos.length === 1 ? `${JSON.stringify(push)}\n` : '{"type":"heartbeat"}\n');
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  const identity = await (await createTestAuthority()).identity('spiffe://cluster.local/ns/default/sa/a');
  const clock = createManualClock();
  const client = createControlClient({
    ...{ socketPath, container: 'a', prove: () => {}, files: FILES, version: 'test', clock, random: () => 0 },
    ...{ log: silentLogger, identity, apply: async () => {} },
  });
  try {
    await client.start();
    while (hellos.length < 2) {
      await sleep(1);
      clock.advance(1);
    }
    assert.deepEqual(
      hellos.map(({ version }) => version),
      ['', 'a-1'],
    );
  } finally {
    client.close();
    server.close();
    server.closeAllConnections();
    await rm(folder, { recursive: true });
  }
});
