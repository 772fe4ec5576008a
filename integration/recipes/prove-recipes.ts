import { after, test } from 'node:test';
import { type Bookinfo, startBookinfo, type WayIn } from '../fixture/bookinfo.ts';
import { PROOFS } from './proofs.ts';
import { stagesOf } from './stages.ts';

/** The sample with each recipe in turn, and what its README promises: one suite for both ways in. */
export async function proveRecipes(
  name: string,
  wayIn: WayIn,
  isMeant: (recipe: string) => boolean = () => true,
): Promise<Bookinfo> {
  const stages = stagesOf(Object.keys(PROOFS).filter(isMeant));
  const mesh = await startBookinfo(name, wayIn);
  after(() => mesh[Symbol.asyncDispose]());
  for (const { recipes, files } of stages)
    for (const recipe of recipes) {
      test(`examples/recipes/${recipe} does what its README says`, async () => {
        await using _ = await mesh.use(recipe, files);
        await PROOFS[recipe]?.(mesh);
      });
    }
  return mesh;
}
