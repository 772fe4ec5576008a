// npm run check: types, lint, layers, unit and golden tests. Needs no Docker.
import { ensureDependencies } from './dependencies.mjs';
import { main } from './progress.mjs';
import { runChecks } from './suites.mjs';

await main(async () => {
  await ensureDependencies();
  return (await runChecks()) ? 0 : 1;
});
