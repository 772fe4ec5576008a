// In how many processes the unit tests run. Starting Node costs more than most files of tests, so those of a folder share
// one; a hook, a timer or a socket that is left over fails them as it would fail one file. What starts programs, watches
// files, measures memory or mostly waits has a process for each file.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { root } from './shell.mjs';

const APART = [
  'agent/http/',
  'agent/http2/',
  'agent/identity/',
  'cli/',
  'controller/sources/',
  'examples/',
  'scripts/',
];

const ENTRIES = join(root, '.cache', 'unit');

/** What is run for these files: an entry for each folder, named after it, and the files that are apart; those first. */
export function unitTestEntries(files) {
  rmSync(ENTRIES, { recursive: true, force: true });
  mkdirSync(ENTRIES, { recursive: true });
  const isApart = (file) => APART.some((folder) => file.startsWith(folder));
  const folders = new Map();
  for (const file of files.filter((each) => !isApart(each))) {
    const folder = folderOf(file);
    folders.set(folder, [...(folders.get(folder) ?? []), file]);
  }
  return [
    ...files.filter(isApart),
    ...[...folders].map(([folder, inside]) => (inside.length === 1 ? inside[0] : writeEntry(folder, inside))),
  ];
}

/** `agent/policy/balancer/x.test.ts` → `agent/policy`; all of `istio/` is one. */
const folderOf = (file) => {
  const [first, second, third] = file.split('/');
  return third === undefined || first === 'istio' ? first : `${first}/${second}`;
};

function writeEntry(folder, files) {
  const entry = join(ENTRIES, `${folder.replaceAll('/', '-')}.test.mjs`);
  const imports = files.map((file) => `import ${JSON.stringify(relative(ENTRIES, join(root, file)))};\n`);
  writeFileSync(entry, imports.join(''));
  return relative(root, entry);
}
