import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createLineLogger } from '../../base/log.ts';
import { type ControlServerDeps, openControlServer } from './control-server.ts';
import { createSessionState, Sessions } from './sessions.ts';

async function open(isProxy: () => boolean) {
  const folder = await mkdtemp(join(tmpdir(), 'lateen-control-'));
  const socketPath = join(folder, 'control.sock');
  const sessions = new Sessions(createSessionState(), () => {});
  const told: (readonly number[])[] = [];
  const deps: ControlServerDeps = {
    ...{ socketPath, sessions, isProxy },
    hub: null as unknown as ControlServerDeps['hub'],
    log: createLineLogger(() => {}, Date.now, 'error'),
    onOpenPorts: (_, { open: ports }) => told.push(ports),
  };
  const server = await openControlServer(deps);
  const close = async () => {
    server.close();
    await rm(folder, { recursive: true });
  };
  return { socketPath, sessions, told, close };
}

function post(socketPath: string, path: string, credential: string, body = ''): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${credential}` };
    const outgoing = request({ socketPath, path, method: 'POST', agent: false, headers }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

const OPEN_9080 = JSON.stringify({ open: [9080] });

test('a good session is asked to wait, not refused, while the controller has not listed its container yet', async () => {
  let isListed = false;
  const { socketPath, sessions, told, close } = await open(() => isListed);
  const session = sessions.redeem(sessions.issueToken('container')) ?? '';
  assert.equal(await post(socketPath, '/v1/open-ports', session, OPEN_9080), 503);
  isListed = true;
  assert.equal(await post(socketPath, '/v1/open-ports', session, OPEN_9080), 204);
  assert.deepEqual(told, [[9080]]);
  await close();
});

test('a forged session and a token used twice get 403', async () => {
  const { socketPath, sessions, close } = await open(() => true);
  assert.equal(await post(socketPath, '/v1/config', 'forged.forged', '{}'), 403);
  const token = sessions.issueToken('container');
  assert.equal(await post(socketPath, '/v1/session', token), 200);
  assert.equal(await post(socketPath, '/v1/session', token), 403);
  await close();
});
