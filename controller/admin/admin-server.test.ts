import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { answerFrom, callerOf, openAdminServer } from './admin-server.ts';

const PAGES = {
  '/ready': () => ({ status: 200, body: 'READY\n' }),
  '/broken': () => {
    throw new Error('no');
  },
  '/json': (query: URLSearchParams) => ({ status: 418, body: { who: query.get('who') } }),
};

async function open(context: TestContext) {
  const folder = mkdtempSync(join(tmpdir(), 'lateen-admin-'));
  const socketPath = join(folder, 'inner', 'admin.sock');
  const server = await openAdminServer(answerFrom(PAGES), { socketPath });
  context.after(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });
  return socketPath;
}

function get(socketPath: string, path: string): Promise<{ status: number; type: string; body: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ socketPath, path, agent: false }, async (response) => {
      const { statusCode = 0, headers } = response;
      resolve({ status: statusCode, type: headers['content-type'] ?? '', body: await text(response) });
    });
    outgoing.on('error', reject);
    outgoing.end();
  });
}

test('text pages are sent as text, others as JSON with their status', async (context) => {
  const socket = await open(context);
  assert.deepEqual(await get(socket, '/ready'), {
    status: 200,
    type: 'text/plain; charset=utf-8',
    body: 'READY\n',
  });
  const json = await get(socket, '/json?who=me');
  assert.deepEqual([json.status, json.type], [418, 'application/json; charset=utf-8']);
  assert.deepEqual(JSON.parse(json.body), { who: 'me' });
});

test('a page that is not there names those that are', async (context) => {
  const { status, body } = await get(await open(context), '/nowhere');
  assert.equal(status, 404);
  assert.deepEqual(JSON.parse(body), { pages: ['/ready', '/broken', '/json'] });
});

test('a target that is no address of a page is none, and ends nothing', async (context) => {
  const socket = await open(context);
  for (const path of ['//', '//[', 'http://', '*', '/%'])
    assert.equal((await get(socket, path)).status, 404, path);
  assert.equal((await get(socket, '/ready')).status, 200);
});

test('a page that cannot be made is an error of that page alone', async (context) => {
  const socket = await open(context);
  const { status, body } = await get(socket, '/broken');
  assert.deepEqual([status, JSON.parse(body)], [500, { error: 'the page could not be made: no' }]);
  assert.equal((await get(socket, '/ready')).status, 200);
});

test('a socket that a dead controller left behind is no obstacle', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'lateen-admin-'));
  const socketPath = join(folder, 'admin.sock');
  writeFileSync(socketPath, '');
  const server = await openAdminServer(answerFrom(PAGES), { socketPath });
  context.after(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });
  assert.equal((await get(socketPath, '/ready')).status, 200);
});

test('what a browser may do with a page is said with it: nothing', async (context) => {
  const server = await openAdminServer(answerFrom(PAGES), { port: 0, token: '' });
  context.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  const ready = await fetch(`http://127.0.0.1:${port}/ready`);
  assert.match(
    ready.headers.get('content-security-policy') ?? '',
    /^default-src 'none'; frame-ancestors 'none'/,
  );
  assert.equal(ready.headers.get('x-content-type-options'), 'nosniff');
  assert.equal((await fetch(`http://127.0.0.1:${port}/ready`, { method: 'POST' })).status, 405);
  const refused = await fetch(`http://127.0.0.1:${port}/json`, {
    headers: { origin: 'http://evil.example' },
  });
  assert.equal(refused.status, 403);
  assert.match(await refused.text(), /asked from the page of another site/);
});

test('the machine itself is as good as loopback where a port is published, until a token is set', () => {
  const target = { port: 16686, hosts: new Set(['172.18.0.1']) };
  const machine = { remoteAddress: '::ffff:172.18.0.1' };
  assert.equal(callerOf({ ...target, token: '' }, machine), '127.0.0.1');
  assert.equal(callerOf({ ...target, token: 'letmein' }, machine), machine.remoteAddress);
  assert.equal(callerOf({ ...target, token: '' }, { remoteAddress: '172.18.0.2' }), '172.18.0.2');
  assert.equal(callerOf({ port: 15014, token: '' }, machine), machine.remoteAddress);
});
