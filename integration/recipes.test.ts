import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recipeNames } from './fixture/bookinfo.ts';
import { PROOFS } from './recipes/proofs.ts';
import { proveRecipes } from './recipes/prove-recipes.ts';

await proveRecipes('recipes', 'attach');

test('every recipe has its proof', async () => {
  assert.deepEqual((await recipeNames()).sort(), Object.keys(PROOFS).sort());
});
