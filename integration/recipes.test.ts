import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { recipeNames, startBookinfo } from './fixture/bookinfo.ts';
import { PROOFS } from './recipes/proofs.ts';

const mesh = await startBookinfo('recipes');
after(() => mesh[Symbol.asyncDispose]());

test('every recipe has its proof', async () => {
  assert.deepEqual((await recipeNames()).sort(), Object.keys(PROOFS).sort());
});

for (const [name, prove] of Object.entries(PROOFS)) {
  test(`examples/recipes/${name} does what its README says`, async () => {
    await using _ = await mesh.use(name);
    await prove(mesh);
  });
}
