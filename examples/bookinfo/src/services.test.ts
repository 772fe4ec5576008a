import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { test } from 'node:test';
import { startService } from '../testing/start-service.ts';

async function getJson(url: string, headers: Record<string, string> = {}) {
  const response = await fetch(url, { headers });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

interface Review {
  readonly reviewer: string;
  readonly rating?: { readonly stars?: number; readonly color?: string; readonly error?: string };
}

const ratingsOf = (body: Record<string, unknown>) =>
  (body['reviews'] as readonly Review[]).map(({ rating }) => rating);

/** A neighbour that answers 200 with `{}` and keeps what it was asked with. */
async function startEcho() {
  const seen: IncomingHttpHeaders[] = [];
  const server = createServer((request, response) => {
    seen.push(request.headers);
    response.end('{}');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    seen,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test('details has the shape that Istio’s sample has', async () => {
  await using details = await startService('details.ts');
  const { status, body } = await getJson(`${details.url}/details/0`);
  assert.equal(status, 200);
  assert.equal(body['id'], 0);
  const keys = 'id author year type pages publisher language ISBN-10 ISBN-13';
  assert.equal(Object.keys(body).join(' '), keys);
});

test('health is answered, and anything unknown is 404 or 400, never the end', async () => {
  await using details = await startService('details.ts');
  assert.deepEqual((await getJson(`${details.url}/health`)).body, { status: 'details is healthy' });
  for (const path of ['/', '/details', '/details/x', '/ratings/0'])
    assert.equal((await getJson(`${details.url}${path}`)).status, 404, path);
  const socket = connect(Number(new URL(details.url).port), '127.0.0.1');
  socket.end('GET // HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n');
  const [answer] = (await once(socket, 'data')) as [Buffer];
  assert.match(answer.toString(), /^HTTP\/1\.1 400 /);
  assert.equal((await getJson(`${details.url}/health`)).status, 200);
});

test('ratings gives stars, or fails as often as it is told to', async () => {
  await using ratings = await startService('ratings.ts');
  const { body } = await getJson(`${ratings.url}/ratings/0`);
  assert.deepEqual(body, { id: 0, ratings: { Reviewer1: 5, Reviewer2: 4 } });
  await using failing = await startService('ratings.ts', { FAIL_PERCENT: '100' });
  assert.equal((await getJson(`${failing.url}/ratings/0`)).status, 503);
});

test('reviews: v1 has no ratings, v2 black stars, v3 red ones', async () => {
  await using ratings = await startService('ratings.ts');
  const env = { RATINGS_URL: ratings.url };
  await using v1 = await startService('reviews.ts', { ...env, SERVICE_VERSION: 'v1' });
  await using v2 = await startService('reviews.ts', { ...env, SERVICE_VERSION: 'v2' });
  await using v3 = await startService('reviews.ts', { ...env, SERVICE_VERSION: 'v3' });
  const [one, two, three] = await Promise.all(
    [v1, v2, v3].map(async ({ url }) => (await getJson(`${url}/reviews/0`)).body),
  );
  assert.ok(one && two && three);
  assert.deepEqual(ratingsOf(one), [undefined, undefined]);
  assert.deepEqual(ratingsOf(two), [
    { stars: 5, color: 'black' },
    { stars: 4, color: 'black' },
  ]);
  assert.deepEqual(ratingsOf(three), [
    { stars: 5, color: 'red' },
    { stars: 4, color: 'red' },
  ]);
  assert.equal(one['clustername'], 'v1');
  assert.equal(one['id'], '0');
  assert.equal(typeof one['podname'], 'string');
});

test('reviews without ratings says so in each review', async () => {
  await using ratings = await startService('ratings.ts', { FAIL_PERCENT: '100' });
  await using reviews = await startService('reviews.ts', { SERVICE_VERSION: 'v3', RATINGS_URL: ratings.url });
  const { status, body } = await getJson(`${reviews.url}/reviews/0`);
  assert.equal(status, 200);
  assert.deepEqual(ratingsOf(body)[0], { error: 'Ratings service is currently unavailable' });
});

test('reviews v3 gives up slow ratings', async () => {
  await using ratings = await startService('ratings.ts', { DELAY_MS: '20000' });
  await using reviews = await startService('reviews.ts', { SERVICE_VERSION: 'v3', RATINGS_URL: ratings.url });
  const { body } = await getJson(`${reviews.url}/reviews/0`);
  assert.deepEqual(ratingsOf(body)[0], { error: 'Ratings service is currently unavailable' });
});

test('what belongs to a request is passed on: user, ids, traces, credentials', async () => {
  await using echo = await startEcho();
  await using reviews = await startService('reviews.ts', { SERVICE_VERSION: 'v2', RATINGS_URL: echo.url });
  const headers = {
    'end-user': 'jason',
    'x-request-id': 'b2a4',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    tracestate: 'a=b',
    b3: '0af7651916cd43dd-b7ad6b7169203331-1',
    'x-b3-traceid': '0af7651916cd43dd',
    authorization: 'Bearer t',
    cookie: 'user=jason',
  };
  await getJson(`${reviews.url}/reviews/0`, { ...headers, 'x-other': 'stays here' });
  const [seen] = echo.seen;
  for (const [name, value] of Object.entries(headers)) assert.equal(seen?.[name], value, name);
  assert.equal(seen?.['x-other'], undefined);
});

test('on SIGTERM a request in flight is finished, and the process ends', async () => {
  await using ratings = await startService('ratings.ts', { DELAY_MS: '400' });
  const inFlight = getJson(`${ratings.url}/ratings/0`);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const startMs = performance.now();
  const stopped = ratings.stop();
  assert.equal((await inFlight).status, 200);
  assert.equal(await stopped, 0);
  assert.ok(performance.now() - startMs < 5000, 'a kept connection does not hold it');
});
