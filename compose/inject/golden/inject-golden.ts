import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { interpolate } from '../../../cli/compose/interpolate.ts';
import { formatViolation } from '../../../istio/format-violation.ts';
import type { IncludedContext } from '../context.ts';
import { parseEnvText } from '../env-text.ts';
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

/** As `docker compose` in this folder, with no variable set. */
function contextIn(folder: string, variables: Readonly<Record<string, string>> = {}): IncludedContext {
  return {
    variables,
    interpolate: (text) => interpolate(text, variables),
    read: (path, from) => textAt(join(dirname(from), path)) ?? textAt(join(folder, path)),
    included: ({ paths: [first = ''], projectDirectory, envFiles }) => {
      const inner = join(folder, projectDirectory === '' ? dirname(first) : projectDirectory);
      const files = envFiles.length > 0 ? envFiles.map((file) => join(folder, file)) : [join(inner, '.env')];
      const said = files.flatMap((file) => [...parseEnvText(textAt(file)?.text ?? '')]);
      return contextIn(inner, {
        ...Object.fromEntries(said.map(([name, { text }]) => [name, text])),
        ...variables,
      });
    },
  };
}

function textAt(path: string): NamedText | null {
  const url = new URL(path, FOLDER);
  return statSync(url, { throwIfNoEntry: false })?.isFile()
    ? { name: path, text: readFileSync(url, 'utf8') }
    : null;
}

export function injectGolden(texts: readonly NamedText[], isAll: boolean) {
  const { text, violations } = inject(texts, {
    ...contextIn('.'),
    isAll,
    meshFile: 'node_modules/lateen/compose/mesh.yml',
  });
  return text ?? violations.map(formatViolation).join('\n');
}
