import { existsSync, readFileSync, statSync } from 'node:fs';
import { delimiter, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { errorMessage } from '../../base/errors.ts';
import type { InjectContext } from '../../compose/inject/context.ts';
import type { NamedText } from '../../compose/inject/marks.ts';
import { EXIT } from '../check/analyze.ts';
import { CliError } from '../cli-error.ts';
import { type Environment, interpolate } from '../compose/interpolate.ts';
import { projectName, readEnvFile } from '../compose/read-compose.ts';

/** Compose's own, in its order; the override stands beside the one that is found. */
const NAMES = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];

export interface ComposeFiles {
  readonly texts: readonly NamedText[];
  /** Where relative paths begin. */
  readonly folder: string;
  /** Variables as Compose knows them: the environment over `.env`. */
  readonly env: Environment;
}

/** The files that are named, else those that Compose would take: `COMPOSE_FILE`, or what stands in the folder. */
export async function readComposeFiles(
  named: readonly string[],
  environment: Environment,
): Promise<ComposeFiles> {
  const here = { ...readEnvFile('.env'), ...environment };
  const paths = named.length > 0 ? named : usualFiles(here);
  const texts: NamedText[] = [];
  for (const path of paths) texts.push({ name: path === '-' ? 'stdin' : path, text: await readText(path) });
  const folder = dirname(resolve(paths[0] === '-' ? 'stdin' : (paths[0] ?? '')));
  const env = { ...readEnvFile(join(folder, '.env')), ...environment };
  const name = env['COMPOSE_PROJECT_NAME'] || nameIn(texts) || projectName(folder);
  return { texts, folder, env: { ...env, COMPOSE_PROJECT_NAME: name } };
}

/** The project's, as the first file that names it does. */
function nameIn(texts: readonly NamedText[]): string {
  const found = texts.map(({ text }) => /^name:[ \t]*(["']?)([\w-]+)\1[ \t]*(?:#.*)?$/m.exec(text)?.[2]);
  return found.find((name) => name !== undefined) ?? '';
}

function usualFiles(env: Environment): string[] {
  const given = env['COMPOSE_FILE'] ?? '';
  if (given !== '') return given.split(env['COMPOSE_PATH_SEPARATOR'] ?? delimiter);
  const found = NAMES.find((name) => existsSync(name));
  if (found === undefined)
    throw new CliError(
      'LAT1008',
      'no compose file is named, and there is none here',
      'Name it: -f compose.yml.',
    );
  const override = NAMES.map((name) => name.replace(/\.(ya?ml)$/, '.override.$1')).find((name) =>
    existsSync(name),
  );
  return override === undefined ? [found] : [found, override];
}

async function readText(path: string): Promise<string> {
  let bytes: Buffer;
  try {
    bytes = path === '-' ? await buffer(process.stdin) : readFileSync(path);
  } catch (error) {
    throw new CliError(
      'LAT1020',
      `${path} cannot be read: ${errorMessage(error)}`,
      'Check the path of the compose file.',
    );
  }
  const text = bytes.toString('utf8');
  // What is not text could not be given back to the byte.
  if (!Buffer.from(text, 'utf8').equals(bytes))
    throw new CliError('LAT1021', `${path} is not UTF-8`, 'Save it as UTF-8.', EXIT.unparsable);
  return text;
}

/**
 * How `inject` asks for all that the files do not say themselves. Relative paths begin at the project's folder, or beside
 * the file that has them where it is an extended one.
 */
export function contextOf(folder: string, env: Environment): InjectContext {
  return {
    interpolate: (text) => interpolate(text, env),
    read: (path, from) => otherFile(path, from, folder),
    included: ({ paths: [first = ''], projectDirectory, envFiles }) => {
      const inner =
        projectDirectory === '' ? dirname(resolve(folder, first)) : resolve(folder, projectDirectory);
      const files =
        envFiles.length > 0 ? envFiles.map((file) => resolve(folder, file)) : [join(inner, '.env')];
      const variables = Object.assign({}, ...files.map(readEnvFile)) as Record<string, string>;
      return { ...contextOf(inner, { ...variables, ...env }), variables };
    },
  };
}

/** Its name is the path from here. */
function otherFile(path: string, from: string, folder: string): NamedText | null {
  const candidates = isAbsolute(path) ? [path] : [resolve(dirname(from), path), resolve(folder, path)];
  const found = candidates.find((each) => statSync(each, { throwIfNoEntry: false })?.isFile());
  return found === undefined
    ? null
    : { name: relative('.', found) || found, text: readFileSync(found, 'utf8') };
}
