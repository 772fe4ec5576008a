import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { formatViolation } from '../../../istio/format-violation.ts';
import { inject } from '../inject.ts';
import type { NamedText } from '../marks.ts';

const FOLDER = new URL('./', import.meta.url);

/** `NAME.in.yaml`, and a second file `NAME.more.yaml` where there is one; with --all where the name says so. */
export const GOLDEN_NAMES: readonly string[] = readdirSync(FOLDER)
  .filter((file) => file.endsWith('.in.yaml'))
  .map((file) => file.replace('.in.yaml', ''))
  .sort();

export function goldenInput(name: string): NamedText[] {
  return [`${name}.in.yaml`, `${name}.more.yaml`]
    .filter((file) => existsSync(new URL(file, FOLDER)))
    .map((file) => ({ name: file, text: readFileSync(new URL(file, FOLDER), 'utf8') }));
}

/** Variables are not set, so that their defaults count. */
const interpolate = (text: string) =>
  text.replace(/\$\{\w+(?::?-([^}]*))?[^}]*\}/g, (_, fallback: string | undefined) => fallback ?? '');

function read(path: string): NamedText | null {
  const url = new URL(path, FOLDER);
  return statSync(url, { throwIfNoEntry: false })?.isFile()
    ? { name: path, text: readFileSync(url, 'utf8') }
    : null;
}

export function injectGolden(texts: readonly NamedText[], isAll: boolean) {
  const { text, violations } = inject(texts, {
    ...{ isAll, interpolate, read },
    meshFile: 'node_modules/lateen/compose/mesh.yml',
  });
  return text ?? violations.map(formatViolation).join('\n');
}
