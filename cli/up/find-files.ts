import { existsSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { CliError } from '../cli-error.ts';

const NAMES = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];

/**
 * The compose files that `docker compose` would take: those given, else COMPOSE_FILE (of the environment or `.env`), else
 * the file of a usual name in this folder or above it, with the `override` beside it.
 */
export function findComposeFiles(
  given: readonly string[],
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
): string[] {
  if (given.length > 0) return given.map((file) => existing(resolve(folder, file), file));
  const listed = env['COMPOSE_FILE'] ?? fromEnvFile(join(folder, '.env'), 'COMPOSE_FILE');
  if (listed !== undefined && listed !== '')
    return listed
      .split(env['COMPOSE_PATH_SEPARATOR'] ?? delimiter)
      .map((file) => existing(resolve(folder, file), file));
  for (let at = resolve(folder); ; at = dirname(at)) {
    const found = NAMES.map((name) => join(at, name)).find(existsSync);
    if (found !== undefined) return [found, ...overrideOf(at)];
    if (dirname(at) === at)
      throw new CliError(
        'LAT1029',
        `there is no compose file in ${folder} nor above it`,
        'Go to the folder of your project, or name the file with -f.',
      );
  }
}

/** The first of them that is there, whatever the first file is called: Compose does so too. */
function overrideOf(folder: string): string[] {
  const names = NAMES.map((name) => join(folder, name.replace(/\.ya?ml$/, '.override$&')));
  return names.filter(existsSync).slice(0, 1);
}

function existing(path: string, file: string): string {
  if (existsSync(path)) return path;
  throw new CliError('LAT1020', `${file} is not there`, 'Check the path of the compose file.');
}

function fromEnvFile(path: string, name: string): string | undefined {
  if (!existsSync(path)) return undefined;
  const line = new RegExp(`^\\s*(?:export\\s+)?${name}\\s*=\\s*(.*?)\\s*$`, 'm');
  return line.exec(readFileSync(path, 'utf8'))?.[1]?.replace(/^(["'])(.*)\1$/, '$2');
}
