// npm test: on a fresh machine arranges all it needs, then runs every test. `npm test -- NAME` runs the suites so named.
import { ensureBaseImage } from './base-image.mjs';
import { ensureDependencies } from './dependencies.mjs';
import { ensureEngine } from './engine.mjs';
import { buildMeshImage } from './images.mjs';
import { main } from './progress.mjs';
import { printSummary, runChecks, runEngineSuites } from './suites.mjs';

const wanted = process.argv.slice(2);

await main(async () => {
  await ensureDependencies();
  if (wanted.length === 0) await runChecks();
  await ensureEngine();
  await ensureBaseImage();
  await buildMeshImage();
  await runEngineSuites(wanted);
  return printSummary() ? 0 : 1;
});
