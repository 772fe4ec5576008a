import { dirname, relative } from 'node:path';
import { type Finished, lastWords, type RunOptions, runDocker } from '../ask/docker-program.ts';
import { CliError } from '../cli-error.ts';
import { requireComposeForUp } from '../compose/compose-version.ts';
import { readCompose } from '../compose/read-compose.ts';
import { type ComposeConfig, formatPlace, type Place } from './compose-config.ts';
import { findComposeFiles } from './find-files.ts';
import { locate } from './locate.ts';

export interface ProjectOptions {
  readonly file: readonly string[];
  readonly projectName?: string;
  readonly profile: readonly string[];
  readonly envFile: readonly string[];
}

/** A compose project of the user's, as Compose itself reads it. */
export interface Project {
  readonly name: string;
  readonly folder: string;
  /** As given, without those that they include. */
  readonly files: readonly string[];
  readonly config: ComposeConfig;
  /** Where something is said; included files are looked at too. */
  place(path: readonly string[]): Place | null;
  /** `docker compose` with these files, and with more of them on top. */
  compose(more: readonly string[], args: readonly string[], options?: RunOptions): Promise<Finished>;
}

export async function loadProject(options: ProjectOptions): Promise<Project> {
  const files = findComposeFiles(options.file, process.cwd(), process.env);
  await requireComposeForUp();
  const globals = globalArguments(options);
  const argsOf = (more: readonly string[]) => [
    'compose',
    ...globals,
    ...[...files, ...more].flatMap((file) => ['-f', file]),
  ];
  const read = await runDocker([...argsOf([]), 'config', '--format', 'json']);
  if (read.status !== 0) throw invalidProject(files, read);
  const config = JSON.parse(read.stdout) as ComposeConfig;
  const all = [...files, ...includedFiles(files)];
  return {
    name: config.name,
    folder: dirname(files[0] ?? '.'),
    files,
    config,
    place: (path) => locate(all, path),
    compose: (more, args, run) =>
      runDocker([...argsOf(more), '-p', config.name, '--ansi', 'never', ...args], run),
  };
}

const globalArguments = ({ projectName, profile, envFile }: ProjectOptions) => [
  ...(projectName === undefined ? [] : ['-p', projectName]),
  ...profile.flatMap((name) => ['--profile', name]),
  ...envFile.flatMap((file) => ['--env-file', file]),
];

/** What Compose refuses whatever the machine and the environment are: a field of another shape, or a name that is nowhere. */
const WRONG =
  /Additional property|must be a|is not allowed|depends on undefined|refers to undefined|invalid (mount|port)|validating /i;

/**
 * Where Compose is at hand it is asked whether the files themselves are right; what they lack here, such as an `env_file`,
 * is no matter yet.
 * @throws CliError
 */
export async function refuseInvalid(files: readonly string[]): Promise<void> {
  const read = await runDocker(['compose', ...files.flatMap((file) => ['-f', file]), 'config', '-q']);
  if (read.status !== 0 && WRONG.test(read.stderr)) throw invalidProject(files, read);
}

/** Compose's own words, with the place that they mean in the user's files. */
function invalidProject(files: readonly string[], finished: Finished): CliError {
  const said = lastWords(finished, 1).trim();
  const known = notTheFiles(said);
  if (known !== null) return known;
  // Where it is no YAML at all, ours are better: they name the file.
  readable(files);
  const words = said.replace(/^validating [^:]+: /, '').replace(': invalid compose project', '');
  const path = /\b(services|networks|volumes|configs|secrets)\.([\w.-]+)/.exec(words)?.[0].split('.');
  const service = /service "([^"]+)"/.exec(words)?.[1];
  const [, undefinedThing] = /undefined \w+ "?([\w.-]+)"?/.exec(words) ?? [];
  const place =
    path !== undefined
      ? locate(files, extraProperty(path, words))
      : service !== undefined
        ? locate(files, placeOfUse(files, service, undefinedThing))
        : locate(files, []);
  const shown = files.map((file) => relative('.', file) || file).join(', ');
  // Where the YAML is of another shape Compose tells the line itself, of the first file.
  const [, line, rest] = /^line (\d+): (.*)/.exec(words) ?? [];
  return new CliError(
    'LAT1028',
    `${line === undefined ? formatPlace(place, shown) : `${place?.file}:${line}`}: ${rest ?? words}`,
    'Mend the compose file: `docker compose config` checks it.',
  );
}

/** What has nothing to do with what stands in the files. */
function notTheFiles(words: string): CliError | null {
  if (/project name/.test(words))
    return new CliError(
      'LAT1028',
      words,
      'Name the project in lower-case letters, digits, `-` and `_`: by -p NAME, COMPOSE_PROJECT_NAME, or `name:` in the compose file.',
    );
  if (/docker endpoint|Failed to initialize/.test(words))
    return new CliError(
      'LAT1001',
      `the Docker client cannot tell where its engine is: ${words.replace(/^Failed to initialize: /, '')}`,
      'Look at DOCKER_CONTEXT, DOCKER_HOST and DOCKER_TLS_VERIFY: `docker context ls` lists what is known.',
    );
  return null;
}

/** `services.web Additional property foo is not allowed` means `services.web.foo`. */
function extraProperty(path: readonly string[], words: string): string[] {
  const extra = /Additional property (\S+) is not allowed/i.exec(words)?.[1];
  return extra === undefined ? [...path] : [...path, extra];
}

/** Of a service that names what is not there: the field that does. */
function placeOfUse(files: readonly string[], service: string, name: string | undefined): string[] {
  const own = ['services', service];
  const fields = ['depends_on', 'networks', 'volumes', 'secrets', 'configs', 'network_mode'];
  const said = name === undefined ? [] : fields.filter((field) => isSaid(files, [...own, field]));
  return said[0] === undefined ? own : [...own, said[0]];
}

const isSaid = (files: readonly string[], path: readonly string[]) => {
  const [exact, parent] = [locate(files, path), locate(files, path.slice(0, -1))];
  return exact !== null && exact.line !== parent?.line;
};

function readable(files: readonly string[]): void {
  try {
    readCompose(files, process.env);
  } catch (error) {
    if (error instanceof CliError && error.code === 'LAT1021') throw error;
    // Anything else Compose says with more knowledge.
  }
}

function includedFiles(files: readonly string[]): string[] {
  try {
    const known = [...readCompose(files, process.env).services.values()].map(({ file }) => file);
    return [...new Set(known)].filter((file) => !files.some((each) => each.endsWith(file)));
  } catch {
    // Places are of use, and no more: Compose has read the project.
    return [];
  }
}
