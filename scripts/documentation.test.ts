import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const pages = ['.', 'docs', 'examples', 'vectors']
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: folder !== '.', encoding: 'utf8' }).map((file) =>
      join(folder, file),
    ),
  )
  .filter((file) => file.endsWith('.md') && !file.includes('node_modules'));

const textOf = (page: string) => readFileSync(join(root, page), 'utf8');
const withoutCode = (text: string) => text.replace(/^```[\s\S]*?^```$/gm, '').replace(/`[^`\n]*`/g, '');

/** As GitHub makes them of headings. */
const anchorsOf = (page: string) =>
  new Set(
    [...textOf(page).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );

test('every link of every page leads somewhere', () => {
  const broken: string[] = [];
  for (const page of pages) {
    const text = withoutCode(textOf(page));
    for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? page : relative('.', join(dirname(page), path));
      if (!existsSync(join(root, file))) broken.push(`${page}: ${target}`);
      else if (anchor !== undefined && file.endsWith('.md') && !anchorsOf(file).has(anchor))
        broken.push(`${page}: ${target}`);
    }
  }
  assert.deepEqual(broken, []);
});

/** Made by the build: a fresh clone has none. */
const isBuilt = (path: string) => path.startsWith('dist/');

test('every file that CONTRIBUTING.md and ARCHITECTURE.md name is there', () => {
  const missing: string[] = [];
  for (const page of ['CONTRIBUTING.md', 'ARCHITECTURE.md'])
    for (const [, path = ''] of textOf(page).matchAll(/`((?:[\w.-]+\/)+(?:[\w.-]+\.\w+)?)`/g))
      if (!path.includes('NAME') && !isBuilt(path) && !existsSync(join(root, path)))
        missing.push(`${page}: ${path}`);
  assert.deepEqual(missing, []);
});

test('the test in docs/testing.md is the one of examples/testing', () => {
  const example = textOf('examples/testing/node-test/canary.test.mjs');
  assert.ok(textOf('docs/testing.md').includes(`\`\`\`js\n${example}\`\`\`\n`));
});

const PARTS = ['## Before', '## Try it', '## Take it back', '## On Istio'];

test('the page of every recipe has the same parts, and names each of its documents', () => {
  for (const recipe of readdirSync(join(root, 'examples/recipes'), { withFileTypes: true })) {
    if (!recipe.isDirectory()) continue;
    const page = `examples/recipes/${recipe.name}/README.md`;
    const text = textOf(page);
    assert.deepEqual(text.match(/^## .*$/gm), PARTS, page);
    for (const file of readdirSync(join(root, dirname(page))).filter((each) => each.endsWith('.yaml')))
      assert.ok(text.includes(`cp ../recipes/${recipe.name}/${file} mesh/`), `${page} does not use ${file}`);
    assert.ok(
      textOf('examples/recipes/README.md').includes(`](${recipe.name})`),
      `${recipe.name} is not listed`,
    );
  }
});
