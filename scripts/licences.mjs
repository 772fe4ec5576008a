// Says whether every package that the lock file names may be used (a permissive licence), and is named exactly.
// `node scripts/licences.mjs [FOLDER]`: the folder with package.json and package-lock.json, the project's by default.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Licences that ask for no more than to be named: SPDX identifiers. */
const PERMISSIVE = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'ISC',
  'MIT',
  'Python-2.0',
  'Unlicense',
]);

/** Packages that name their licence in an old way, which the lock file leaves out; looked at in this very version. */
const LOOKED_AT = {
  'buildcheck@0.0.7': 'MIT',
  'cpu-features@0.0.10': 'MIT',
  'ssh2@1.17.0': 'MIT',
};

/**
 * Tools of the build and of tests whose licence (MPL-2.0) asks something of those who pass them on: nobody does, no file of
 * theirs is in the package (scripts/package.test.ts).
 */
const ONLY_USED = /^(axe-core|lightningcss(-[\w-]+)?)@/;

const EXACT = /^\d+\.\d+\.\d+(-[\w.]+)?$/;

/** What a package of that name and version says, or what was found by looking. */
export const licenceOf = (name, said) => said ?? LOOKED_AT[name];

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = process.argv[2] ?? dirname(dirname(fileURLToPath(import.meta.url)));
  const read = (file) => JSON.parse(readFileSync(join(folder, file), 'utf8'));
  const problems = [...licenceProblems(read('package-lock.json')), ...versionProblems(read('package.json'))];
  for (const problem of problems) console.error(problem);
  console.log(`${problems.length} problems with dependencies`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}

function licenceProblems({ packages }) {
  return Object.entries(packages)
    .filter(([path, { link }]) => path !== '' && link !== true)
    .map(([path, { version, license }]) => {
      const name = `${path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)}@${version}`;
      return { name, licence: licenceOf(name, license) };
    })
    .filter(({ name, licence }) => !(licence === 'MPL-2.0' && ONLY_USED.test(name)))
    .filter(({ licence }) => licence === undefined || !isPermissive(licence))
    .map(
      ({ name, licence = 'none that its package names' }) =>
        `${name}: its licence (${licence}) is not among the permissive ones of scripts/licences.mjs`,
    );
}

/** `A OR B` is ours to choose, `A AND B` means both; more than that is for a person to read. */
function isPermissive(licence) {
  const terms = licence.replace(/^\((.*)\)$/, '$1');
  if (terms.includes(' OR ')) return terms.split(' OR ').some(isPermissive);
  return terms.split(' AND ').every((term) => PERMISSIVE.has(term));
}

function versionProblems({ dependencies = {}, devDependencies = {} }) {
  return Object.entries({ ...dependencies, ...devDependencies })
    .filter(([, version]) => !EXACT.test(version))
    .map(([name, version]) => `${name}: ${version} is no exact version`);
}
