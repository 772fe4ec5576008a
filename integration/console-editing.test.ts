import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import type { Browser, Locator, Page } from 'playwright-core';
import type { ConsoleStatus } from '../model/console.ts';
import { ADMIN_TOKEN } from './fixture/admin.ts';
import { launchChromium } from './fixture/chromium.ts';
import { consoleOf } from './fixture/console.ts';
import { type ConsolePage, LOOKS, openConsolePage, SIZES } from './fixture/console-page.ts';
import { eventually } from './fixture/eventually.ts';
import { type Mesh, startMesh } from './fixture/mesh.ts';
import { CLIENT, SHOP, SUBSETS } from './fixture/shop.ts';

const WRITE_TOKEN = 'may write';
const SHARES = `# Who gets the new version
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: shop}
spec:
    hosts: [ "shop" ]
    http:
    -   name: by-share
        route:
        # the old one
        - destination: { host: shop, subset: v1 }
          weight:   100   # all of it
        - weight: 0
          destination: {host: shop, subset: 'v2'}
`;
const ALL_TRACES = `
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: { name: all, namespace: istio-system }
spec:
  tracing: [{ randomSamplingPercentage: 100 }]
  accessLogging: [{ providers: [{ name: envoy }] }]
`;

let mesh: Mesh;
let browser: Browser;
let opened: ConsolePage;
let page: Page;
let url: string;

before(async () => {
  mesh = await startMesh({
    name: 'editing',
    services: CLIENT + SHOP,
    env: { LATEEN_WRITE_TOKEN: WRITE_TOKEN, LATEEN_CONFIG_READ_ONLY: 'false' },
    config: { 'subsets.yaml': SUBSETS, 'shares.yaml': SHARES, 'telemetry.yaml': ALL_TRACES },
  });
  url = `http://127.0.0.1:${(await consoleOf(mesh)).port}`;
  browser = await launchChromium();
  opened = await openConsolePage(browser, `${url}/config#token=${ADMIN_TOKEN}`);
  page = opened.page;
  // Leaving with a draft is asked about.
  page.on('dialog', (dialog) => void dialog.accept());
});

after(async () => {
  await browser?.close();
  await mesh?.[Symbol.asyncDispose]();
});

const editor = (file: string): Locator => page.getByRole('textbox', { name: `YAML of ${file}` });
const button = (name: string | RegExp): Locator => page.getByRole('button', { name });
const onDisk = (file: string) => readFile(join(mesh.folder, 'mesh', file), 'utf8');

/** Previews, saves, and waits until the editor shows it as saved. */
async function save(token = ''): Promise<void> {
  await button('Preview and save').click();
  await button('Save').click();
  if (token !== '') {
    await page.getByLabel('Write token').fill(token);
    await page.keyboard.press('Enter');
  }
  await page.getByText('not saved', { exact: true }).waitFor({ state: 'detached' });
  await button('Preview and save').waitFor();
}

const versions = async () =>
  (await mesh.call('client', { url: 'http://shop:8080/', times: 20 })).map(
    ({ body }) => /"version":"(v\d)"/.exec(body)?.[1],
  );

test('a slider moves traffic, and writes nothing but its figures', async () => {
  await page.goto(`${url}/config?file=shares.yaml`);
  await page.getByLabel(/shop v2/).fill('100');
  await button('Preview and save').click();
  await page.getByText('Nothing is wrong with it').waitFor();
  await page.getByRole('heading', { name: /client/ }).waitFor();
  assert.equal(await onDisk('shares.yaml'), SHARES, 'a preview changes nothing');
  await button('Back to the text').click();

  await button('Preview and save').click();
  await button('Save').click();
  await page.getByLabel('Write token').fill('a wrong one');
  await page.keyboard.press('Enter');
  await page.getByText(/token/i).first().waitFor();
  assert.equal(await onDisk('shares.yaml'), SHARES, 'nor does who may not');
  await page.getByLabel('Write token').fill(WRITE_TOKEN);
  await page.keyboard.press('Enter');
  await page.getByText('in force').waitFor();

  const wanted = SHARES.replace('weight:   100', 'weight:   0').replace('- weight: 0', '- weight: 100');
  assert.equal(await onDisk('shares.yaml'), wanted);
  await mesh.settled();
  assert.deepEqual([...new Set(await versions())], ['v2']);
});

test('what is typed is completed from the mesh, and marked at the very line where it is wrong', async () => {
  await page.goto(`${url}/config?file=shares.yaml&line=11`);
  await editor('shares.yaml').waitFor();
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await page.keyboard.type('headers: {}', { delay: 0 });
  await page.keyboard.press('Enter');
  await page.keyboard.type('wei');
  assert.equal(
    await page.locator('.cm-tooltip-autocomplete').count(),
    0,
    'a field that is there is not offered',
  );
  await page.keyboard.type('hgt: 3');
  const problem = page.getByRole('region', { name: 'Problems' });
  await problem.getByText('unknown field "weihgt"').waitFor();
  await problem.getByText('Did you mean "weight"?').waitFor();
  await problem.getByRole('button', { name: 'line 13' }).click();
  assert.equal(await page.locator('.cm-lintRange-error').first().textContent(), 'weihgt');

  await save();
  await page.getByText('not in force as it is').waitFor();
  assert.match(await onDisk('shares.yaml'), /headers: \{\}\n {10}weihgt: 3\n/);
  await mesh.settled();
  assert.deepEqual([...new Set(await versions())], ['v2'], 'the last good version stays in force');
});

test('a change is rolled back out of the history', async () => {
  await page.goto(`${url}/history`);
  await page
    .getByRole('link', { name: /shares\.yaml changed/ })
    .first()
    .click();
  await button('Roll back').click();
  await page.getByText('Nothing is wrong with it').waitFor();
  await button('Save').click();
  await button('Preview and save').waitFor();
  await page.getByText('in force').waitFor();
  assert.doesNotMatch(await onDisk('shares.yaml'), /weihgt/);
});

test('a file that changes on the disk takes nothing from who works on it', async () => {
  await page.goto(`${url}/config?file=subsets.yaml`);
  await editor('subsets.yaml').click();
  await page.keyboard.press('Control+End');
  await page.keyboard.type('# mine, typed at once', { delay: 0 });
  await mesh.write('subsets.yaml', `${SUBSETS}# by another hand\n`);
  await page.getByText('The file was changed on the disk.').waitFor();
  await button('Show both').click();
  await page.getByText('# by another hand').waitFor();
  await page.reload();
  await page.getByText('The file was changed on the disk.').waitFor();
  assert.match((await editor('subsets.yaml').textContent()) ?? '', /# mine, typed at once/);
  await page.goto(`${url}/history?file=subsets.yaml`);
  await page.getByText('that are not saved').waitFor();
  assert.equal(await button('Roll back').isDisabled(), true, 'nor does the history');
  await page.goto(`${url}/config?file=subsets.yaml`);
  await button('Keep mine').click();
  await save();
  assert.equal(await onDisk('subsets.yaml'), `${SUBSETS}# mine, typed at once`);
});

test('a form writes a rule that acts, and the file goes again', async () => {
  await page.goto(`${url}/config?new=fault`);
  await page.getByLabel('Calls to').selectOption('client');
  await page.getByLabel('What happens').selectOption('abort');
  await page.getByLabel('With status').fill('418');
  await page.getByLabel('Share of requests in percent').fill('100');
  await button('Open in the editor').click();
  await save();
  await mesh.settled();
  const [outcome] = await mesh.call('client', { url: 'http://client:8080/' });
  assert.equal(outcome?.status, 418);

  await button('Delete').click();
  await button('Delete').click();
  await eventually('the file is gone', async () => {
    const rest = await page.getByRole('link', { name: 'client-fault.yaml' }).count();
    return rest === 0 ? true : undefined;
  });
  await mesh.settled();
  const [later] = await mesh.call('client', { url: 'http://client:8080/' });
  assert.equal(later?.status, 200);
});

test('a span of a real request leads to the line of the rule that routed it, and to its log line', async () => {
  await mesh.call('client', { url: 'http://shop:8080/traced?status=503' });
  await page.goto(`${url}/traces?service=client.default&status=5xx`);
  await page
    .getByRole('link', { name: /client\.default/ })
    .first()
    .click();
  const rows = page.getByRole('treegrid').getByRole('row');
  await rows.filter({ hasText: 'client.default' }).first().waitFor();
  await rows.filter({ hasText: 'shop.default' }).first().waitFor();
  await rows.nth(1).focus();
  await page.keyboard.press('Enter');
  const panel = page.getByRole('complementary', { name: 'client.default' });
  await panel.getByText('GET http://shop:8080/traced?status=503').waitFor();
  await panel.locator('pre', { hasText: '/traced' }).waitFor();
  await page.keyboard.press('Escape');
  await panel.waitFor({ state: 'detached' });
  assert.equal(
    await rows.nth(1).evaluate((row) => row.matches(':focus')),
    true,
    'one goes on from the same span',
  );
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.getByRole('complementary', { name: 'shop.default' }).waitFor();
  await rows.nth(1).click();
  await panel.getByRole('link', { name: /VirtualService shop shares\.yaml:\d+/ }).click();
  await page.waitForURL(/\/config\?file=shares\.yaml&line=8/);
  await page.locator('.cm-target-line', { hasText: 'by-share' }).waitFor();
});

test('pages of configuration, history and traces have no fault that axe-core finds, at any width, light and dark', async () => {
  const paths = [
    '/config',
    '/config?file=shares.yaml',
    '/config?new=choose',
    '/config?new=traffic-shift',
    '/history',
    '/traces',
  ];
  // Contrast follows from the scheme, places from the size: two of the four looks show each of both.
  for (const { size, scheme } of LOOKS.filter(
    (look) => (look.size === 'wide') === (look.scheme === 'light'),
  )) {
    // Tall: what the bar at the bottom hides is reached by scrolling, which axe-core does not do.
    await page.setViewportSize({ width: SIZES[size].width, height: 4000 });
    await page.emulateMedia({ colorScheme: scheme });
    const check = async (what: string) => {
      await eventually('nothing is being loaded', async () => {
        return (await page.locator('.loading, .page-loading').count()) === 0 ? true : undefined;
      });
      assert.deepEqual(await opened.violations(), [], `${what}, ${size}, ${scheme}`);
    };
    for (const path of paths) {
      await page.goto(url + path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await check(path);
    }
    await page
      .getByRole('link', { name: /client\.default/ })
      .first()
      .click();
    await page.getByRole('treegrid').getByRole('row').nth(1).click();
    await page.getByRole('complementary', { name: 'client.default' }).waitFor();
    await check('a trace');
    await page.goto(`${url}/config?file=shares.yaml`);
    await page.getByLabel(/shop v2/).fill('50');
    await button('Preview and save').click();
    await page.getByText('Nothing is wrong with it').waitFor();
    await check('a preview');
    await button('Back to the text').click();
    await button('Discard').click();
  }
});

test('where nothing can be written the console says why, and still shows what a change would do', async () => {
  const whyReadOnly = 'no write token is set';
  await page.route('**/api/status', async (route) => {
    const status = (await (await route.fetch()).json()) as ConsoleStatus;
    await route.fulfill({ json: { ...status, canWrite: false, whyReadOnly } });
  });
  await page.goto(`${url}/config?file=shares.yaml`);
  await page.getByText(`Read-only: ${whyReadOnly}`).waitFor();
  await page.getByLabel(/shop v2/).fill('50');
  await button('Preview and save').click();
  await page.getByText('Nothing is wrong with it').waitFor();
  assert.equal(await button('Save').isDisabled(), true);
});

test('no page had an error of its own, or asked anybody else', () => {
  // The browser tells of the wrong token by itself.
  assert.deepEqual(
    opened.errors.filter((error) => !/40[13].*\/api\/config/.test(error)),
    [],
  );
  assert.deepEqual(opened.foreign, []);
});
