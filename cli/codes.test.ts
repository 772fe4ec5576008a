import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../', import.meta.url));
const codesIn = (text: string) => text.match(/LAT\d{4}/g) ?? [];

test('docs/codes.md explains every code that is told, and no other', () => {
  const sources = ['istio', 'controller', 'compose'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts') && !path.endsWith('.test.ts'))
      .map((path) => readFileSync(join(root, folder, path), 'utf8')),
  );
  const told = new Set(sources.flatMap(codesIn));
  const explained = new Set(codesIn(readFileSync(join(root, 'docs', 'codes.md'), 'utf8')));
  assert.deepEqual([...explained].sort(), [...told].sort());
});
