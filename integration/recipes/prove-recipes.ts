import { after, test } from 'node:test';
import { startBookinfo, type WayIn } from '../fixture/bookinfo.ts';
import { PROOFS } from './proofs.ts';

/** The sample with each recipe in turn, and what its README promises: one suite for both ways in. */
export async function proveRecipes(
  name: string,
  wayIn: WayIn,
  isMeant: (recipe: string) => boolean = () => true,
): Promise<void> {
  const mesh = await startBookinfo(name, wayIn);
  after(() => mesh[Symbol.asyncDispose]());
  for (const [recipe, prove] of Object.entries(PROOFS)) {
    if (!isMeant(recipe)) continue;
    test(`examples/recipes/${recipe} does what its README says`, async () => {
      await using _ = await mesh.use(recipe);
      await prove(mesh);
    });
  }
}
