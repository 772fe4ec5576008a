// In how many processes the unit tests run. A file has a process of its own, but for those of pure folders: what holds
// no state and touches nothing outside cannot disturb its neighbours, and starting Node costs more than most of them.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from './shell.mjs';

/** The tests of each share a process. `scripts/layers.mjs` holds the folders to being pure. */
const PURE_FOLDERS = [
  'istio',
  'agent/codec',
  'agent/policy',
  'controller/compile',
  'controller/world',
  'model',
];

const ENTRIES = join(root, '.cache', 'unit');

/** What is run for these files: one entry for each pure folder, then the other files. */
export function unitTestEntries(files) {
  rmSync(ENTRIES, { recursive: true, force: true });
  mkdirSync(ENTRIES, { recursive: true });
  const shared = PURE_FOLDERS.map((folder) => ({ folder, inside: files.filter(isIn(folder)) }));
  return [
    ...shared
      .filter(({ inside }) => inside.length > 0)
      .map(({ folder, inside }) => writeEntry(folder, inside)),
    ...files.filter((file) => !PURE_FOLDERS.some((folder) => isIn(folder)(file))),
  ];
}

const isIn = (folder) => (file) => file.startsWith(`${folder}/`);

function writeEntry(folder, files) {
  const entry = join(ENTRIES, `${folder.replace('/', '-')}.test.mjs`);
  const imports = files.map((file) => `import ${JSON.stringify(relative(ENTRIES, join(root, file)))};\n`);
  writeFileSync(entry, imports.join(''));
  return relative(root, entry);
}
