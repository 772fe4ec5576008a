import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type RunningService, startService } from '../testing/start-service.ts';

const NOBODY = 'http://127.0.0.1:9';
const services: RunningService[] = [];
let productpage: RunningService;
let lonely: RunningService;

async function start(file: string, env: Record<string, string> = {}): Promise<RunningService> {
  const service = await startService(file, env);
  services.push(service);
  return service;
}

before(async () => {
  const [details, ratings] = [await start('details.ts'), await start('ratings.ts')];
  const reviews = await start('reviews.ts', { SERVICE_VERSION: 'v3', RATINGS_URL: ratings.url });
  productpage = await start('productpage.ts', {
    DETAILS_URL: details.url,
    REVIEWS_URL: reviews.url,
    RATINGS_URL: ratings.url,
  });
  lonely = await start('productpage.ts', {
    DETAILS_URL: NOBODY,
    REVIEWS_URL: NOBODY,
    RATINGS_URL: NOBODY,
  });
});

after(async () => {
  for (const service of services) await service[Symbol.asyncDispose]();
});

const get = (path: string, init: RequestInit = {}) =>
  fetch(`${productpage.url}${path}`, { redirect: 'manual', ...init });

test('the page shows details, reviews, stars and which version answered', async () => {
  const response = await get('/productpage');
  const html = await response.text();
  assert.equal(response.headers.get('content-type'), 'text/html; charset=utf-8');
  assert.match(html, /<dt>Author<\/dt><dd>[^<]+<\/dd>/);
  assert.match(html, /class="stars red" role="img" aria-label="5 of 5 stars"/);
  assert.match(html, /<b>v3<\/b>/);
  assert.match(html, /Reviewer2/);
  assert.doesNotMatch(html, /class="(error|warn)"/);
});

test('each section that cannot be had says so, and the rest of the page stands', async () => {
  const response = await fetch(`${lonely.url}/productpage`);
  const html = await response.text();
  assert.equal(response.status, 200);
  assert.match(html, /Error fetching product details!/);
  assert.match(html, /Error fetching product reviews!/);
  assert.match(html, /\(no answer\)/);
});

test('who signs in is greeted, and is told to the services behind by end-user', async () => {
  const form = new URLSearchParams({ username: 'jason' });
  const login = await get('/login', { method: 'POST', body: form });
  assert.equal(login.status, 303);
  assert.equal(login.headers.get('location'), '/productpage');
  const cookie = login.headers.get('set-cookie')?.split(';')[0] ?? '';
  assert.equal(cookie, 'user=jason');
  assert.match(
    await (await get('/productpage', { headers: { cookie } })).text(),
    /Signed in as <b>jason<\/b>/,
  );
  const logout = await get('/logout', { headers: { cookie } });
  assert.match(logout.headers.get('set-cookie') ?? '', /^user=; .*Max-Age=0/);
});

test('a name that is no name is not taken, by form or by cookie', async () => {
  for (const username of ['', '<script>', 'a b', 'x\r\ny', 'x'.repeat(65), 'x'.repeat(20_000)]) {
    const login = await get('/login', { method: 'POST', body: new URLSearchParams({ username }) });
    assert.equal(login.status, 303);
    assert.equal(login.headers.get('set-cookie'), null, JSON.stringify(username));
  }
  const html = await (await get('/productpage', { headers: { cookie: 'user=<b>x' } })).text();
  assert.match(html, /Sign in/);
  assert.doesNotMatch(html, /<b>x/);
});

test('the JSON API has the paths and shapes of Istio’s sample', async () => {
  const [product] = (await (await get('/api/v1/products')).json()) as { id: number; title: string }[];
  assert.deepEqual(Object.keys(product ?? {}), ['id', 'title', 'descriptionHtml']);
  const reviews = (await (await get('/api/v1/products/0/reviews')).json()) as {
    podname: string;
    clustername: string;
    reviews: { rating: { stars: number; color: string } }[];
  };
  assert.deepEqual(
    reviews.reviews.map(({ rating }) => rating),
    [
      { stars: 5, color: 'red' },
      { stars: 4, color: 'red' },
    ],
  );
  assert.equal(reviews.clustername, 'v3');
  assert.deepEqual(await (await get('/api/v1/products/0/ratings')).json(), {
    id: 0,
    ratings: { Reviewer1: 5, Reviewer2: 4 },
  });
  assert.equal(((await (await get('/api/v1/products/0')).json()) as { id: number }).id, 0);
  assert.equal((await get('/api/v1/products/7')).status, 404);
  const gone = await fetch(`${lonely.url}/api/v1/products/0/reviews`);
  assert.equal(gone.status, 500);
  assert.match(((await gone.json()) as { error: string }).error, /reviews are currently unavailable/);
});

test('the root leads to the page', async () => {
  assert.equal((await get('/')).headers.get('location'), '/productpage');
});
