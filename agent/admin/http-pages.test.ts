import assert from 'node:assert/strict';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { servePages } from './http-pages.ts';

async function open(context: TestContext, isPrivate: boolean) {
  const pages = { '/config_dump': () => ({ status: 200, body: 'everything' }) };
  const server = await servePages(pages, 0, '127.0.0.1', isPrivate);
  context.after(() => server.close());
  const { port } = server.address() as AddressInfo;
  return (headers: Readonly<Record<string, string>>, path = '/config_dump'): Promise<number> =>
    new Promise((resolve, reject) => {
      const outgoing = request({ port, host: '127.0.0.1', path, headers, agent: false });
      outgoing.on('response', (response) => resolve(response.resume().statusCode ?? 0)).on('error', reject);
      outgoing.end();
    });
}

test('private pages are for programs that ask for loopback by its name', async (context) => {
  const ask = await open(context, true);
  assert.equal(await ask({ host: 'localhost:15000' }), 200);
  assert.equal(await ask({ host: '127.0.0.1:15000' }), 200);
  assert.equal(await ask({ host: 'rebound.example:15000' }), 403);
  assert.equal(await ask({ host: 'localhost:15000', origin: 'http://localhost:3000' }), 403);
  assert.equal(await ask({ host: 'localhost:15000', 'sec-fetch-site': 'cross-site' }), 403);
});

test('metrics and health answer to any name', async (context) => {
  const ask = await open(context, false);
  assert.equal(await ask({ host: 'reviews:15090' }), 200);
});

test('a target that is no address of a page is none, and ends nothing', async (context) => {
  const ask = await open(context, false);
  for (const path of ['//', '//[', 'http://', '*', '/%'])
    assert.equal(await ask({ host: 'reviews:15090' }, path), 404, path);
  assert.equal(await ask({ host: 'reviews:15090' }), 200);
});
