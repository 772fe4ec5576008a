import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { ADMIN_TOKEN } from './fixture/admin.ts';
import { launchChromium } from './fixture/chromium.ts';
import { type ConsolePage, LOOKS, type Look, openConsolePage } from './fixture/console-page.ts';
import { eventually } from './fixture/eventually.ts';
import { type ShownMesh, startShownMesh } from './fixture/shown-mesh.ts';

const WIDE: Look = { size: 'wide', scheme: 'light' };

/** Every page, and what is to be seen on it when it is there. */
const PAGES: readonly (readonly [string, string])[] = [
  ['/graph', '.chip'],
  ['/graph?selected=workload%2Fdefault%2Fratings%2Fv1', '.panel .chart canvas'],
  ['/graph?as=table', '.table'],
  ['/services', '.table'],
  ['/services/default/reviews', '.chart canvas'],
  ['/workloads', '.table'],
];

let browser: Browser;
let shown: ShownMesh;

before(async () => {
  browser = await launchChromium();
  shown = await startShownMesh('pages');
});

after(async () => {
  await browser?.close();
  await shown?.[Symbol.asyncDispose]();
});

const open = (path: string, look: Look = WIDE): Promise<ConsolePage> =>
  openConsolePage(browser, `${shown.url}${path}#token=${ADMIN_TOKEN}`, look);

const part = (page: Page, name: string | RegExp) => page.getByRole('button', { name });

/** Waits until an element's text is as it should be: figures come a moment after the calls. */
const says = (page: Page, selector: string, words: RegExp) =>
  eventually(`${selector} says ${words}`, async () => {
    const text = await page.locator(selector).first().textContent();
    if (text !== null && words.test(text)) return text;
    throw new Error(`it says: ${text?.slice(0, 500)}`);
  });

test('without the token the console asks for it, and shows nothing of the mesh', async () => {
  await using opened = await openConsolePage(browser, `${shown.url}/graph`, WIDE);
  await opened.page.getByLabel('Token').fill(ADMIN_TOKEN);
  assert.doesNotMatch((await opened.page.textContent('body')) ?? '', /reviews/);
  await opened.page.getByRole('button', { name: 'Use it' }).click();
  await part(opened.page, /^productpage v1/)
    .first()
    .waitFor();
});

test('the graph names the real services, tells of mutual TLS, and marks the calls that fail', async () => {
  await using opened = await open('/graph');
  const { page } = opened;
  await part(page, /^istio-ingressgateway calls productpage v1, http, mutual TLS, [\d.]+\/s, p95 /).waitFor();
  for (const version of ['v1', 'v2', 'v3'])
    await part(page, new RegExp(`^productpage v1 calls reviews ${version}, http, mutual TLS`)).waitFor();
  await part(page, /^client, idle$/).waitFor();
  const failing = part(
    page,
    /^reviews v\d calls ratings \(no reply\), http, [\d.]+\/s, .* 100 % errors$/,
  ).first();
  await failing.waitFor();
  assert.match((await failing.getAttribute('class')) ?? '', /health-bad/);
  await failing.focus();
  await page.keyboard.press('Enter');
  await page.getByText('500 FI · fault injected').waitFor();
  opened.assertClean();
});

test('what stops is seen without a reload, with Envoy’s flags, and so is its return', async () => {
  await using opened = await open('/graph');
  const { page } = opened;
  await part(page, /^productpage v1 calls details v1/).waitFor();
  await shown.mesh.compose('stop', '-t', '0', 'details');
  const lost = part(page, /^productpage v1 calls details \(no reply\), .* errors$/);
  await lost.waitFor({ timeout: 60_000 });
  await lost.focus();
  await page.keyboard.press('Enter');
  await page.getByText(/503 UH · no healthy host/).waitFor({ timeout: 60_000 });
  await page.getByRole('link', { name: 'Services' }).click();
  await page.getByRole('row', { name: /^details default no endpoint/ }).waitFor({ timeout: 60_000 });
  await shown.mesh.compose('start', 'details');
  await page.getByRole('row', { name: /^details default 1 of 1 ready/ }).waitFor({ timeout: 60_000 });
  opened.assertClean();
});

test('a service tells of its endpoints, its callers, its rules and its traffic', async () => {
  await using opened = await open('/services/default/reviews');
  const { page } = opened;
  await says(
    page,
    '[aria-label="Endpoints"]',
    /reviews-v1-1.*ready.*reviews-v2-1.*ready.*reviews-v3-1.*ready/,
  );
  await says(page, '[aria-label="Callers"]', /productpage v1.*reviews v1.*http, mutual TLS.*\/s/);
  const rule = page.getByRole('link', { name: 'VirtualService reviews reviews.yaml:2' });
  assert.equal(await rule.getAttribute('href'), '/config?file=reviews.yaml&line=2');
  await page.getByRole('tab', { name: /^v2/ }).click();
  await page.getByText('Inbound requests').waitFor();
  opened.assertClean();
});

test('a workload tells of identity, certificate, sync, routes and logs', async () => {
  await using opened = await open('/workloads');
  const { page } = opened;
  await page.getByRole('link', { name: /productpage-1$/ }).click();
  await page.getByText('spiffe://cluster.local/ns/default/sa/productpage').waitFor();
  await says(page, '.facts', /in sync.*valid.*expires in/);
  await page.getByRole('tab', { name: 'Routes' }).click();
  await page.getByText('40 % reviews v1, 30 % reviews v2, 30 % reviews v3').first().waitFor();
  await page.getByText('header end-user = jason').first().waitFor();
  await page.getByRole('tab', { name: 'Logs' }).click();
  await page.getByRole('radio', { name: 'Agent' }).check();
  await says(page, '.log', /"GET \/reviews\/0 HTTP\/1\.1" 200/);
  opened.assertClean();
});

test('while the controller is away its pages stay and say so, and then go on', async () => {
  await using opened = await open('/graph');
  const { page } = opened;
  await part(page, /^productpage v1/)
    .first()
    .waitFor();
  await shown.mesh.compose('stop', '-t', '1', 'lateen-controller');
  await page.getByText(/The controller is away since/).waitFor();
  assert.ok((await page.locator('.chip').count()) > 5);
  await shown.mesh.compose('start', 'lateen-controller');
  await page.locator('.banner').waitFor({ state: 'detached', timeout: 60_000 });
  await part(page, /^productpage v1 calls reviews v1, .*\/s/).waitFor({ timeout: 60_000 });
});

test('no page has a barrier that axe-core finds, an error, or a request to anybody else', async () => {
  const found: string[] = [];
  const workload = `/workloads/${shown.mesh.project}-reviews-v2-1`;
  const own: typeof PAGES = [
    [workload, '.chart canvas'],
    [`${workload}?tab=routes`, '.route'],
    [`${workload}?tab=logs&of=agent`, '.log-line'],
  ];
  for (const look of LOOKS) {
    await using opened = await open('/graph', look);
    for (const [path, ready] of [...PAGES, ...own]) {
      await opened.page.goto(shown.url + path);
      await opened.page.locator(ready).first().waitFor();
      found.push(
        ...(await opened.violations()).map((each) => `${look.size} ${look.scheme} ${path}: ${each}`),
      );
    }
    opened.assertClean();
  }
  assert.deepEqual(found, []);
});
