// The pages in a real Chromium, with a controller that says what a test wants: what no real mesh shows at will.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from '../integration/fixture/chromium.ts';
import { LOOKS, type Look, openConsolePage } from '../integration/fixture/console-page.ts';
import { eventually } from '../integration/fixture/eventually.ts';
import type { GraphView } from '../model/console.ts';
import { type BuiltPages, buildPages } from './testing/built-pages.ts';
import { bookinfoMesh, type FixtureMesh, figures, largeMesh } from './testing/fixture-mesh.ts';
import { fixtureAnswers, startStubServer } from './testing/stub-server.ts';

let browser: Browser;
let pages: BuiltPages;

before(async () => {
  pages = await buildPages();
  browser = await launchChromium();
});

after(async () => {
  await browser?.close();
  await pages?.[Symbol.asyncDispose]();
});

const EMPTY: FixtureMesh = { nodes: [], edges: [], services: [], workloads: [], routes: [] };
const RATINGS = 'workload/default/ratings/v1';

async function open(mesh: FixtureMesh, path: string, look?: Look) {
  const server = await startStubServer(pages.folder, fixtureAnswers(mesh));
  const opened = await openConsolePage(browser, `${server.url}${path}`, look);
  return {
    ...{ server, page: opened.page, opened },
    [Symbol.asyncDispose]: async () => {
      await opened[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
    },
  };
}

const placesOf = (page: Page) =>
  page.$$eval('.card', (cards) =>
    cards.map((card) => {
      const box = card.querySelector('.card-box');
      const title = card.querySelector('.card-title')?.firstChild?.textContent;
      return `${title} ${box?.getAttribute('x')} ${box?.getAttribute('y')}`;
    }),
  );

const chip = (id: string) => `.chip[data-id="${id}"]`;

test('a failing service is evident, by colour, by mark and in words', async () => {
  await using shown = await open(bookinfoMesh(), '/graph');
  const ratings = shown.page.locator(chip(RATINGS));
  assert.match((await ratings.getAttribute('class')) ?? '', /health-bad/);
  assert.match((await ratings.textContent()) ?? '', /✕.*10 % err/);
  await shown.page.getByRole('button', { name: 'ratings v1, 16/s, 10 % errors' }).waitFor();
  const words = 'reviews v3 calls ratings v1, http, mutual TLS, 8/s, p95 22 ms, 21 % errors';
  await shown.page.getByRole('button', { name: words }).waitFor();
  shown.opened.assertClean();
});

test('keys alone lead to a part, open its details and come back', async () => {
  await using shown = await open(bookinfoMesh(), '/graph');
  const { page } = shown;
  await page.locator(chip('workload/default/productpage/v1')).focus();
  await page.keyboard.press('ArrowRight');
  const focused = () => page.evaluate(() => document.activeElement?.querySelector('title')?.textContent);
  const edge = await focused();
  assert.match(edge ?? '', /^productpage v1 calls reviews/);
  await page.keyboard.press('Enter');
  await page.getByRole('complementary').getByRole('heading', { name: 'productpage v1 → reviews' }).waitFor();
  assert.match(page.url(), /selected=/);
  await page.keyboard.press('Escape');
  await eventually('the focus is back', async () => ((await focused()) === edge ? true : undefined));
  shown.opened.assertClean();
});

test('details tell outcomes with their flags, and lead to service, container, traces and rule', async () => {
  await using shown = await open(bookinfoMesh(), `/graph?selected=${encodeURIComponent(RATINGS)}`);
  const panel = shown.page.getByRole('complementary');
  await panel.getByText('503 UF · could not connect').waitFor();
  const links = await panel
    .getByRole('link')
    .evaluateAll((all) => all.map((link) => link.getAttribute('href')));
  for (const href of [
    '/services/default/ratings',
    '/workloads/shop-ratings-1',
    '/traces?service=ratings&status=error',
    '/config?file=ratings.yaml&line=1',
  ])
    assert.ok(links.includes(href), `${href} in ${links}`);
  shown.opened.assertClean();
});

test('nothing moves while only figures change, and what is new finds a place', async () => {
  const mesh = bookinfoMesh();
  await using shown = await open(mesh, '/graph');
  const { page, server } = shown;
  await page.waitForSelector(chip(RATINGS));
  const before = await placesOf(page);
  const answer = (view: Partial<GraphView>) => {
    server.answers['GET /api/graph'] = () => ({
      fromMs: 0,
      untilMs: 60_000,
      nodes: mesh.nodes,
      edges: mesh.edges,
      ...view,
    });
    server.push('traffic');
  };
  answer({ edges: mesh.edges.map((edge) => ({ ...edge, figures: figures(77, 0, 5) })) });
  await page.locator('.label-rate', { hasText: '77/s' }).first().waitFor();
  assert.deepEqual(await placesOf(page), before);
  answer({ edges: mesh.edges.slice(0, 4) });
  await eventually('lines are gone', async () =>
    (await page.locator('.label').count()) === 4 ? true : undefined,
  );
  assert.deepEqual(await placesOf(page), before, 'traffic that ends moves nothing');
  const added = { ...mesh.nodes[2]!, id: 'workload/default/cart/v1', app: 'cart', label: 'cart' };
  answer({ nodes: [...mesh.nodes, added] });
  await page.getByRole('button', { name: 'cart v1' }).waitFor();
  shown.opened.assertClean();
});

test('the past is asked for by the slider, played, and left again', async () => {
  await using shown = await open(bookinfoMesh(), '/graph');
  const { page, server } = shown;
  const slider = page.getByRole('slider', { name: 'Moment' });
  await slider.press('Home');
  const asked = () =>
    server.asked.filter((path) => path.startsWith('GET /api/graph?') && path.includes('until='));
  await eventually('the past is asked for', () => (asked().length > 0 ? true : undefined));
  const count = new Set(asked()).size;
  await page.getByRole('button', { name: 'Play from here' }).click();
  await eventually('it goes on', () => (new Set(asked()).size > count + 1 ? true : undefined));
  await page.getByRole('button', { name: 'Back to now' }).click();
  await page.getByText('now', { exact: true }).waitFor();
  assert.doesNotMatch(page.url(), /until=/);
  shown.opened.assertClean();
});

test('idle parts and other namespaces can be left out, and all of it be read as a table', async () => {
  await using shown = await open(bookinfoMesh(), '/graph');
  const { page } = shown;
  await page.getByText('Hide idle').click();
  await eventually('the idle one is gone', async () =>
    (await page.getByRole('button', { name: /^audit/ }).count()) === 0 ? true : undefined,
  );
  await page.getByText('Hide idle').click();
  await page.getByLabel('Namespace').selectOption('ops');
  await eventually('only it and its neighbour stay', async () =>
    (await page.locator('.card').count()) === 2 ? true : undefined,
  );
  await page.getByLabel('Namespace').selectOption('');
  await page.getByRole('radio', { name: 'Table' }).check();
  const row = page.getByRole('row', { name: /reviews v3 → ratings v1/ });
  assert.match((await row.textContent()) ?? '', /http.*mutual TLS.*8\/s.*21 %/);
  shown.opened.assertClean();
});

test('wheel, drag and keys move and zoom the graph, and it can be fitted again', async () => {
  await using shown = await open(bookinfoMesh(), '/graph');
  const { page } = shown;
  await page.waitForSelector('.chip');
  const transform = () => page.locator('.canvas-svg > g').getAttribute('transform');
  const fitted = await transform();
  const changed = async (what: string, from: string | null) =>
    eventually(what, async () =>
      (await transform()) !== from ? ((await transform()) ?? undefined) : undefined,
    );
  await page.mouse.move(700, 300);
  await page.mouse.wheel(0, -300);
  const zoomed = await changed('the wheel zooms', fitted);
  await page.mouse.down();
  await page.mouse.move(760, 340, { steps: 4 });
  await page.mouse.up();
  const dragged = await changed('a drag moves', zoomed);
  await page.locator('.canvas-svg').focus();
  await page.keyboard.press('ArrowLeft');
  await changed('an arrow moves', dragged);
  await page.keyboard.press('0');
  await eventually('all is seen again', async () => ((await transform()) === fitted ? true : undefined));
  shown.opened.assertClean();
});

test('dots run along busy lines, and everybody can stop them', async () => {
  await using shown = await open(bookinfoMesh(), '/graph');
  const { page } = shown;
  const dots = page.locator('.health-bad .edge-flow').first();
  await dots.waitFor({ state: 'attached' });
  const isSeen = () => dots.evaluate((line) => getComputedStyle(line).visibility === 'visible');
  const offset = () => dots.evaluate((line) => (line as SVGPathElement).style.strokeDashoffset);
  assert.equal(await isSeen(), false, 'who asked the system for less motion has none');
  await page.getByLabel('Motion').check();
  assert.equal(await isSeen(), true);
  const first = await offset();
  await eventually('they move', async () => ((await offset()) !== first ? true : undefined));
  await page.getByLabel('Motion').uncheck();
  assert.equal(await isSeen(), false);
  shown.opened.assertClean();
});

test('services are found and sorted, and each tells of its endpoints, ejections, callers and rules', async () => {
  await using shown = await open(bookinfoMesh(), '/services');
  const { page } = shown;
  await page.getByRole('button', { name: 'Errors' }).click();
  await page.getByRole('button', { name: 'Errors' }).click();
  assert.match((await page.locator('tbody tr').first().textContent()) ?? '', /ratings.*1 ejected.*10 %/);
  await page.keyboard.press('/');
  await page.keyboard.type('revi');
  await eventually('one is left', async () =>
    (await page.locator('tbody tr').count()) === 1 ? true : undefined,
  );
  await page.getByRole('link', { name: 'reviews' }).click();
  await page.getByRole('heading', { name: 'reviews', level: 1 }).waitFor();
  const endpoints = page.getByRole('table', { name: 'Endpoints' });
  assert.match((await endpoints.textContent()) ?? '', /shop-reviews-1.*v1.*starting/);
  assert.match(
    (await page.getByRole('table', { name: 'Callers' }).textContent()) ?? '',
    /productpage v1.*reviews v3.*9 %/,
  );
  await page.getByRole('tab', { name: /^v3/ }).click();
  await page.getByText('503 UF').waitFor();
  await page.goBack();
  await page.getByRole('heading', { name: 'Services', level: 1 }).waitFor();
  shown.opened.assertClean();
});

test('a workload tells of its proxy, its certificate, its breakers, its routes and its logs', async () => {
  await using shown = await open(bookinfoMesh(), '/workloads/shop-reviews-v3-1');
  const { page, server } = shown;
  await page.getByText('spiffe://cluster.local/ns/default/sa/default').waitFor();
  await page.getByText('expires in 20 h').waitFor();
  const clusters = page.getByRole('table', { name: 'Clusters' });
  assert.match(
    (await clusters.textContent()) ?? '',
    /ratings\.default\.svc\.cluster\.local:9080.*1.*37.*112/,
  );
  await page.getByRole('tab', { name: 'Routes' }).click();
  await page.getByText('90 % reviews v1, 10 % reviews v3').waitFor();
  await page.getByText('fault: 10 % abort 500').waitFor();
  assert.equal(
    await page.getByRole('link', { name: /VirtualService reviews reviews.yaml:22/ }).getAttribute('href'),
    '/config?file=reviews.yaml&line=22',
  );
  await page.getByRole('tab', { name: 'Logs' }).click();
  await page.getByRole('radio', { name: 'Agent' }).check();
  await page
    .getByText(/503 UF/)
    .first()
    .waitFor();
  server.answers['GET /api/logs'] = () => ({
    problem: '',
    lines: [{ atMs: 0, stream: 'stdout', text: 'what came later' }],
  });
  await page.getByText('what came later').waitFor();
  shown.opened.assertClean();
});

test('a proxy that refused its configuration is shown with its words', async () => {
  await using shown = await open(bookinfoMesh(), '/workloads');
  const { page } = shown;
  await page
    .getByRole('row', { name: /shop-audit-1/ })
    .getByText('refused it')
    .waitFor();
  await page.getByRole('link', { name: 'shop-audit-1' }).click();
  await page
    .getByText(/the address is taken by the application. What it had before stays in force/)
    .waitFor();
  shown.opened.assertClean();
});

test('while the controller is away a banner says so and the page stays; then it goes on by itself', async () => {
  await using shown = await open(bookinfoMesh(), '/graph');
  const { page, server } = shown;
  await page.waitForSelector(chip(RATINGS));
  server.goAway();
  await page.getByText(/The controller is away since \d\d:\d\d:\d\d/).waitFor();
  assert.equal(await page.locator(chip(RATINGS)).count(), 1);
  await page.getByRole('link', { name: 'Services' }).click();
  await page.getByText(/The controller does not answer|could not be loaded/).waitFor();
  server.comeBack();
  await page.locator('.banner').waitFor({ state: 'detached' });
});

test('a tab that nobody looks at keeps no connection, and follows again when it is seen', async () => {
  await using shown = await open(bookinfoMesh(), '/services');
  const { page, server } = shown;
  const following = (count: number) =>
    eventually(`${count} follow`, () => (server.followers() === count ? true : undefined));
  const show = (isHidden: boolean) =>
    page.evaluate((hidden) => {
      Object.defineProperty(document, 'hidden', { value: hidden, configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    }, isHidden);
  await following(1);
  await page.clock.install();
  await show(true);
  await page.clock.fastForward(16_000);
  await following(0);
  await show(false);
  await following(1);
  assert.equal(await page.locator('.banner').count(), 0);
  shown.opened.assertClean();
});

test('a Docker engine that is away is told, and a refusal asks for the token', async () => {
  await using shown = await open(bookinfoMesh(), '/services');
  const { page, server } = shown;
  const status = server.answers['GET /api/status'];
  server.answers['GET /api/status'] = (query, body) => ({
    ...(status?.(query, body) as object),
    isDockerConnected: false,
  });
  server.push('status');
  await page.getByText(/The Docker engine does not answer the controller/).waitFor();
  shown.opened.assertClean();
});

test('empty pages teach what to do next', async () => {
  for (const [path, words] of [
    ['/graph', /Label a service of your compose file/],
    ['/services', /has the label lateen\.inject: "true"/],
    ['/workloads', /docker compose up -d/],
    ['/services/default/nothing', /docker compose ps nothing/],
    ['/nowhere', /There is no such page/],
  ] as const) {
    await using shown = await open(EMPTY, path);
    await shown.page.getByText(words).first().waitFor();
    shown.opened.assertClean();
  }
});

test('no page has a barrier that axe-core finds, light and dark, wide and on a phone', async () => {
  const found: string[] = [];
  const visits: readonly (readonly [string, string])[] = [
    ['/graph', '.chip'],
    [`/graph?selected=${encodeURIComponent(RATINGS)}`, '.panel .chart canvas'],
    ['/graph?as=table', '.table'],
    ['/services', '.table'],
    ['/services/default/reviews', '.chart canvas'],
    ['/workloads', '.table'],
    ['/workloads/shop-reviews-v3-1', '.chart canvas'],
    ['/workloads/shop-reviews-v3-1?tab=routes', '.route'],
    ['/workloads/shop-reviews-v3-1?tab=logs', '.log-line'],
  ];
  await using server = await startStubServer(pages.folder, fixtureAnswers(bookinfoMesh()));
  const look = async (each: Look) => {
    await using opened = await openConsolePage(browser, `${server.url}/graph`, each);
    for (const [path, ready] of visits) {
      await opened.page.goto(server.url + path);
      await opened.page.waitForSelector(ready);
      const violations = await opened.violations();
      found.push(...violations.map((violation) => `${each.size} ${each.scheme} ${path}: ${violation}`));
    }
    opened.assertClean();
  };
  await Promise.all(LOOKS.map(look));
  assert.deepEqual(found, []);
});

test('fifty services are drawn whole, and nothing sticks out of a phone', async (context) => {
  await using shown = await open(largeMesh(), '/graph');
  const { page } = shown;
  await page.waitForSelector('.chip');
  assert.ok((await page.locator('.card').count()) >= 51);
  const paints = await page.evaluate(() =>
    performance.getEntriesByType('paint').map(({ name, startTime }) => [name, startTime]),
  );
  context.diagnostic(`fifty services: ${JSON.stringify(paints)}`);
  shown.opened.assertClean();
  for (const path of [
    '/graph',
    '/services',
    '/workloads',
    '/services/default/reviews',
    '/workloads/shop-reviews-v3-1',
  ]) {
    await using phone = await open(bookinfoMesh(), path, { size: 'phone', scheme: 'light' });
    await phone.page.getByRole('heading', { level: 1 }).waitFor();
    const width = await phone.page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 390, `${path} is ${width} wide`);
  }
});
