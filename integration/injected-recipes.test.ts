import { hasServices } from './fixture/bookinfo.ts';
import { proveRecipes } from './recipes/prove-recipes.ts';

await proveRecipes('injected', 'inject', (recipe) => !hasServices(recipe));
