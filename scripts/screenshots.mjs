// npm run screenshots [-- URL [NAME…]]: pictures of the console's pages into docs/images, light and dark, wide and phone.
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launchChromium } from '../integration/fixture/chromium.ts';
import { PICTURES } from './screenshot-pages.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = process.env.LATEEN_PICTURES ?? join(root, 'docs/images');
const SIZES = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };

const [address = '', ...names] = process.argv.slice(2);
/** `#token=…` of the address is what the controller asks for. */
const { origin: url, hash } = new URL(address);
const token = new URLSearchParams(hash.slice(1)).get('token');
const get = async (path) =>
  (await fetch(url + path, { headers: token === null ? {} : { authorization: `Bearer ${token}` } })).json();
await mkdir(folder, { recursive: true });
const browser = await launchChromium();
for (const [size, viewport] of Object.entries(SIZES))
  for (const colorScheme of ['light', 'dark']) {
    const context = await browser.newContext({
      viewport,
      colorScheme,
      deviceScaleFactor: 1,
      hasTouch: size === 'phone',
    });
    for (const picture of PICTURES.filter(({ name }) => names.length === 0 || names.includes(name))) {
      const page = await context.newPage();
      page.on(
        'console',
        (message) => message.type() === 'error' && console.error(picture.name, message.text()),
      );
      page.on('pageerror', (error) => console.error(picture.name, error));
      const path = typeof picture.path === 'string' ? picture.path : await picture.path(get);
      await page.goto(`${url}${path}${hash}`);
      await page.waitForSelector(picture.ready);
      await picture.prepare?.(page, size);
      await page.waitForTimeout(900);
      await page.screenshot({
        path: join(folder, `console-${picture.name}-${size}-${colorScheme}.png`),
        ...picture.options,
      });
      await page.close();
    }
    await context.close();
  }
await browser.close();
