import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recipeNames } from './fixture/bookinfo.ts';
import { PROOFS } from './recipes/proofs.ts';
import { proveRecipes } from './recipes/prove-recipes.ts';

const mesh = await proveRecipes('recipes', 'attach');

for (const page of ['examples/bookinfo/README.md', 'docs/observability.md', 'docs/console.md'])
  test(`${page}: what it says is typed and seen`, () => mesh.follow(page));

test('every recipe has its proof', async () => {
  assert.deepEqual((await recipeNames()).sort(), Object.keys(PROOFS).sort());
});
