import { hasServices } from './fixture/bookinfo.ts';
import { proveRecipes } from './recipes/prove-recipes.ts';

await proveRecipes('services', 'inject', hasServices);
