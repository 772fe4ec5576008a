// npm run screenshots [-- URL [NAME…]]: pictures of the console's pages into docs/images, light and dark, wide and phone.
// Without an address it starts the sample, with traffic and with trouble, and removes it again. With one, `#token=…` of
// the address is what the controller asks for.
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { launchChromium } from '../integration/fixture/chromium.ts';
import { startShownMesh } from '../integration/fixture/shown-mesh.ts';
import { ensureBaseImage } from '../setup/base-image.mjs';
import { ensureDependencies } from '../setup/dependencies.mjs';
import { ensureEngine } from '../setup/engine.mjs';
import { buildMeshImage } from '../setup/images.mjs';
import { main, step } from '../setup/progress.mjs';
import { PICTURES } from './screenshot-pages.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = process.env.LATEEN_PICTURES ?? join(root, 'docs/images');
const SIZES = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };
/** Charts of five minutes are to show something. */
const TRAFFIC_MS = 150_000;
/** Of the sample: may read and write. */
const TOKEN = 'pictures';
/** Until figures have come, and lines of charts are drawn. */
const STILL_MS = 900;

const [address, ...names] = process.argv.slice(2);

await main(async () => {
  await ensureDependencies();
  if (address !== undefined) return takeAll(new URL(address));
  await ensureEngine();
  await ensureBaseImage();
  await buildMeshImage();
  await using shown = await step('Starting the sample', () =>
    startShownMesh('pictures', { LATEEN_WRITE_TOKEN: TOKEN, LATEEN_CONFIG_READ_ONLY: 'false' }, 'bookshop'),
  );
  await step('Letting traffic pass', () => sleep(TRAFFIC_MS));
  // Awaited here: after this the sample goes.
  return await takeAll(new URL(`${shown.url}/#token=${TOKEN}`));
});

async function takeAll({ origin, hash }) {
  await mkdir(folder, { recursive: true });
  const pictures = PICTURES.filter(({ name }) => names.length === 0 || names.includes(name));
  const browser = await launchChromium();
  try {
    for (const [size, viewport] of Object.entries(SIZES))
      for (const colorScheme of ['light', 'dark']) {
        const context = await browser.newContext({ viewport, colorScheme, hasTouch: size === 'phone' });
        for (const picture of pictures)
          await take(context, picture, origin, hash, `console-${picture.name}-${size}-${colorScheme}.png`);
        await context.close();
      }
  } finally {
    await browser.close();
  }
  return 0;
}

async function take(context, { name, path, ready, prepare }, origin, hash, file) {
  const page = await context.newPage();
  page.on('pageerror', (error) => console.error(name, error));
  const found = typeof path === 'string' ? path : await path(asker(origin, hash));
  await page.goto(`${origin}${found}${hash}`);
  await page.waitForSelector(ready);
  await page.waitForSelector('.mesh-state .badge-ok');
  await prepare?.(page);
  await page.waitForTimeout(STILL_MS);
  await page.screenshot({ path: join(folder, file) });
  await page.close();
}

/** Asks the API of the controller. */
function asker(origin, hash) {
  const token = new URLSearchParams(hash.slice(1)).get('token');
  const headers = token === null ? {} : { authorization: `Bearer ${token}` };
  return async (path) => (await fetch(origin + path, { headers })).json();
}
