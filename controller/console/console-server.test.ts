import assert from 'node:assert/strict';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { type TestContext, test } from 'node:test';
import { brotliCompressSync } from 'node:zlib';
import { silentLogger } from '../../base/log.ts';
import { openConsoleServer } from './console-server.ts';
import { EventHub } from './event-hub.ts';
import { type StaticFile, StaticFiles } from './static-files.ts';

const file = (type: string, body: string, more: Partial<StaticFile> = {}): StaticFile => ({
  ...{ type, etag: `"${body}"`, isHashed: false, body: Buffer.from(body) },
  ...more,
});

async function open(context: TestContext, tokens: { adminToken?: string; writeToken?: string } = {}) {
  const events = new EventHub();
  const server = await openConsoleServer({
    ...{ port: 0, adminToken: '', writeToken: '', hosts: new Set(), log: silentLogger, events, ...tokens },
    files: new StaticFiles(
      new Map([
        ['/index.html', file('text/html', 'page', { brotli: brotliCompressSync('page') })],
        ['/assets/app-12345678.js', file('text/javascript', 'code', { isHashed: true })],
      ]),
    ),
    api: {
      'GET /api/status': () => ({ status: 200, body: { is: 'well' } }),
      'GET /api/broken': () => Promise.reject(new Error('no')),
      'POST /api/preview': ({ body }) => ({ status: 200, body: { got: body } }),
      'PUT /api/config': ({ body }) => ({ status: 200, body: { saved: body } }),
    },
  });
  context.after(() => {
    events.close();
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  const ask = (path: string, headers: Record<string, string> = {}, method = 'GET', body = '') =>
    new Promise<{ status: number; headers: Record<string, unknown>; body: string }>((resolve, reject) => {
      const outgoing = request(
        { host: '127.0.0.1', port, path, method, headers, agent: false },
        (response) => {
          void text(response).then((all) =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: all }),
          );
        },
      );
      outgoing.on('error', reject);
      outgoing.end(body);
    });
  return { ask, events, port };
}

const JSON_TYPE = { 'content-type': 'application/json' };

test('the page answers at its own addresses, packed for who takes that, and a missing file is missing', async (context) => {
  const { ask } = await open(context);
  for (const path of ['/', '/graph', '/services/reviews']) assert.equal((await ask(path)).body, 'page', path);
  const page = await ask('/', { 'accept-encoding': 'gzip, br' });
  assert.equal(page.headers['content-encoding'], 'br');
  assert.equal(page.headers['cache-control'], 'no-cache');
  assert.match(String(page.headers['content-security-policy']), /default-src 'none'; script-src 'self'/);
  const code = await ask('/assets/app-12345678.js');
  assert.equal(code.headers['cache-control'], 'public, max-age=31536000, immutable');
  assert.equal((await ask('/assets/app-12345678.js', { 'if-none-match': '"code"' })).status, 304);
  for (const path of ['/assets/gone.js', '/../../etc/passwd.txt'])
    assert.equal((await ask(path)).status, 404, path);
  assert.equal((await ask('/', {}, 'POST')).status, 405);
});

test('the API answers this machine, and no page of another site', async (context) => {
  const { ask } = await open(context);
  assert.deepEqual(JSON.parse((await ask('/api/status')).body), { is: 'well' });
  assert.equal((await ask('/api/status', { host: 'evil.example' })).status, 421);
  assert.equal((await ask('/api/status', { 'sec-fetch-site': 'cross-site' })).status, 403);
  assert.equal((await ask('/api/status', { origin: 'http://evil.example' })).status, 403);
  assert.equal((await ask('/api/nothing')).status, 404);
  assert.equal((await ask('/api/constructor')).status, 404);
  const broken = await ask('/api/broken');
  assert.equal(broken.status, 500);
  assert.equal((JSON.parse(broken.body) as { remedy: string }).remedy, 'Try again.');
});

test('with an admin token the machine itself reads the API like everybody: with a token', async (context) => {
  const { ask } = await open(context, { adminToken: 'read', writeToken: 'write' });
  assert.equal((await ask('/')).status, 200);
  assert.equal((await ask('/api/status', { authorization: 'Bearer read' })).status, 200);
  assert.equal((await ask('/api/status', { authorization: 'Bearer write' })).status, 200);
});

test('saving needs the write token, JSON, and a page of this very console', async (context) => {
  const { ask } = await open(context, { writeToken: 'write' });
  const put = (headers: Record<string, string>, body = '{"a":1}') =>
    ask('/api/config', { ...JSON_TYPE, ...headers }, 'PUT', body);
  assert.equal((await put({})).status, 401);
  assert.equal((await put({ authorization: 'Bearer read' })).status, 401);
  const good = { authorization: 'Bearer write' };
  assert.deepEqual(JSON.parse((await put(good)).body), { saved: { a: 1 } });
  assert.equal((await put({ ...good, 'sec-fetch-site': 'cross-site' })).status, 403);
  assert.equal((await put({ ...good, origin: 'http://evil.example' })).status, 403);
  assert.equal((await put({ ...good, 'content-type': 'text/plain' })).status, 415);
  assert.equal((await put(good, '{')).status, 400);
  assert.equal(
    (await put(good, `"${'x'.repeat(6 * 1024 * 1024)}"`).catch(() => ({ status: 400 }))).status,
    400,
  );
  assert.equal((await ask('/api/preview', JSON_TYPE, 'POST', '1')).status, 200);
});

test('without a write token nothing is saved, whatever is sent', async (context) => {
  const { ask } = await open(context);
  for (const authorization of ['Bearer ', 'Bearer undefined', ''])
    assert.equal((await ask('/api/config', { ...JSON_TYPE, authorization }, 'PUT', '{}')).status, 401);
});
