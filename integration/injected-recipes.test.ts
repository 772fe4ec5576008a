import { proveRecipes } from './recipes/prove-recipes.ts';

await proveRecipes('injected', 'inject');
