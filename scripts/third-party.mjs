// The licences of what a build has in it, for those who get the build: told from the very files that were put together.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { licenceOf } from './licences.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const INSIDE_A_PACKAGE = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//;

/** @param files paths of what was bundled, as a bundler names them */
export function thirdPartyNotices(files) {
  const folders = new Set(files.flatMap((file) => INSIDE_A_PACKAGE.exec(resolve(root, file))?.[1] ?? []));
  const packages = [...folders].map(readPackage).sort((a, b) => (a.name < b.name ? -1 : 1));
  const byText = new Map();
  for (const { name, licence, text } of packages)
    byText.set(text, [...(byText.get(text) ?? []), `${name} (${licence})`]);
  const sections = [...byText].map(([text, names]) => `${names.join('\n')}\n\n${text.trim()}\n`);
  return `Lateen is distributed with the software below, each under its own licence.\n\n${sections.join(`\n${'-'.repeat(80)}\n\n`)}`;
}

function readPackage(folder) {
  const { name, version, license, author } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((each) => /^licen[cs]e|^copying/i.test(each));
  const title = `${name} ${version}`;
  const licence = licenceOf(`${name}@${version}`, license);
  const whose = typeof author === 'object' ? author.name : author;
  const text =
    file === undefined
      ? `Licence: ${licence}. Its package has no text of it${whose === undefined ? '' : `; by ${whose}`}.`
      : readFileSync(join(folder, file), 'utf8');
  return { name: title, licence, text };
}
