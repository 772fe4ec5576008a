// docs/errors.md and docs/reference: what can be read off the code. `npm run reference` writes the pages; `--check` (in
// npm run check) says which are out of date.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { renderCommands } from './reference/commands.mjs';
import { renderErrors } from './reference/errors.mjs';
import { renderKinds } from './reference/kinds.mjs';
import { renderLabels } from './reference/labels.mjs';
import { renderMetrics } from './reference/metrics.mjs';
import { renderPorts } from './reference/ports.mjs';

const root = join(import.meta.dirname, '..');

/** Page → its text. */
const PAGES = {
  'docs/errors.md': renderErrors,
  'docs/reference/commands.md': renderCommands,
  'docs/reference/kinds.md': renderKinds,
  'docs/reference/labels.md': renderLabels,
  'docs/reference/metrics.md': renderMetrics,
  'docs/reference/ports.md': renderPorts,
};

const isCheck = process.argv.includes('--check');
const stale = [];
for (const [page, render] of Object.entries(PAGES)) {
  const path = join(root, page);
  const text = await render();
  if (isCheck) {
    if (!existsSync(path) || readFileSync(path, 'utf8') !== text) stale.push(page);
    continue;
  }
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
if (stale.length > 0) {
  console.error(`Out of date: ${stale.join(', ')}. Run \`npm run reference\`.`);
  process.exitCode = 1;
}
