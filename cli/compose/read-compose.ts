import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { isMap, isScalar, LineCounter, parseAllDocuments } from 'yaml';
import { errorMessage } from '../../base/errors.ts';
import { parseEnvText } from '../../compose/inject/env-text.ts';
import { EXIT } from '../check/analyze.ts';
import { CliError } from '../cli-error.ts';
import { type Environment, interpolate, interpolateAll } from './interpolate.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A service as the compose files say, merged; of its fields only those that the mesh reads are looked at. */
export interface ComposeService {
  readonly name: string;
  readonly fields: Fields;
  /** Where it was said first, and the folder that its paths begin at. */
  readonly file: string;
  readonly line: number;
  readonly folder: string;
}

export interface ComposeProject {
  readonly name: string;
  readonly env: Environment;
  readonly services: ReadonlyMap<string, ComposeService>;
}

/**
 * Compose files as `docker compose config` puts them together: several with `-f`, `include`, `extends`, variables,
 * `.env`. Only services are read; every profile counts.
 */
export function readCompose(files: readonly string[], environment: Environment): ComposeProject {
  const folder = dirname(resolve(files[0] ?? '.'));
  const given = { ...readEnvFile(join(folder, '.env')), ...environment };
  const name = given['COMPOSE_PROJECT_NAME'] || nameIn(files, given) || projectName(folder);
  const env = { ...given, COMPOSE_PROJECT_NAME: name };
  const services = new Map<string, ComposeService>();
  for (const file of files)
    for (const content of readFile(resolve(file), env)) addServices(services, content, folder, env);
  return { name, env, services };
}

/** The first that says `name:`. */
function nameIn(files: readonly string[], env: Environment): string {
  const names = files.flatMap((file) => readFile(resolve(file), env)).map(({ fields }) => fields['name']);
  return names.find((name) => typeof name === 'string') ?? '';
}

/** Compose's own rule: lower case, and only letters, digits, dashes and underscores. */
export const projectName = (folder: string) =>
  basename(folder)
    .toLowerCase()
    .replace(/[^a-z0-9_-]/g, '');

interface ComposeFile {
  readonly path: string;
  readonly shown: string;
  readonly fields: Fields;
  lineOf(service: string): number;
}

/** One for each document in it: Compose merges them as it merges files. */
function readFile(path: string, env: Environment): ComposeFile[] {
  const shown = relative('.', path) || path;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new CliError(
      'LAT1020',
      `${shown} cannot be read: ${errorMessage(error)}`,
      'Check the path of the compose file.',
    );
  }
  const lines = new LineCounter();
  const options = { merge: true, lineCounter: lines, logLevel: 'silent', prettyErrors: false } as const;
  const parsed = parseAllDocuments(text, options);
  const documents = Array.isArray(parsed) ? parsed : [];
  const [fault] = documents.flatMap(({ errors }) => errors);
  if (fault !== undefined)
    throw new CliError(
      'LAT1021',
      `${shown}:${lines.linePos(fault.pos[0]).line} is not YAML: ${fault.message.split('\n')[0]}`,
      'Mend the compose file; `docker compose config` checks it.',
      EXIT.unparsable,
    );
  return documents.map((document) => ({
    path,
    shown,
    fields: asFields(interpolateAll(document.toJS(), env)),
    lineOf: (service) => {
      const services = document.get('services');
      const pair = isMap(services) ? services.items.find(({ key }) => String(key) === service) : undefined;
      const start = isScalar(pair?.key) ? pair.key.range?.[0] : undefined;
      return start === undefined ? 0 : lines.linePos(start).line;
    },
  }));
}

function addServices(
  services: Map<string, ComposeService>,
  file: ComposeFile,
  folder: string,
  env: Environment,
): void {
  for (const entry of asList(file.fields['include'])) include(services, entry, folder, env);
  for (const name of Object.keys(asFields(file.fields['services']))) {
    const fields = resolveExtends(file, name, folder, env, []);
    const known = services.get(name);
    services.set(name, {
      name,
      fields: known === undefined ? fields : mergeServices(known.fields, fields),
      file: known?.file ?? file.shown,
      line: known?.line ?? file.lineOf(name),
      folder: known?.folder ?? folder,
    });
  }
}

/** `include`: a path, or `{path, project_directory, env_file}`; relative paths begin at the folder of who includes. */
function include(
  services: Map<string, ComposeService>,
  entry: unknown,
  from: string,
  env: Environment,
): void {
  const {
    path = entry,
    project_directory: directory,
    env_file: envFile,
  } = asFields(entry) as { path?: unknown; project_directory?: unknown; env_file?: unknown };
  const paths = asList(path).map((each) => resolve(from, String(each)));
  const folder = directory === undefined ? dirname(paths[0] ?? from) : resolve(from, String(directory));
  const envFiles = asList(envFile).map((each) => resolve(from, String(each)));
  const said = (envFiles.length > 0 ? envFiles : [join(folder, '.env')]).map(readEnvFile);
  const own = Object.assign({}, ...said, env) as Environment;
  for (const each of paths)
    for (const content of readFile(each, own)) addServices(services, content, folder, own);
}

function resolveExtends(
  file: ComposeFile,
  name: string,
  folder: string,
  env: Environment,
  seen: readonly string[],
): Fields {
  const key = `${file.path} ${name}`;
  if (seen.includes(key))
    throw new CliError(
      'LAT1023',
      `${file.shown}: service ${name} extends itself`,
      'Remove one of the `extends`.',
    );
  const fields = withLabelFiles(asFields(asFields(file.fields['services'])[name]), folder, env);
  const base = fields['extends'];
  if (base === undefined) return fields;
  const { service, file: other } =
    typeof base === 'string' ? { service: base, file: undefined } : asFields(base);
  const path = resolve(folder, String(other));
  const source =
    other === undefined
      ? file
      : readFile(path, env).find(({ fields: all }) => String(service) in asFields(all['services']));
  if (source === undefined) return fields;
  const baseFolder = other === undefined ? folder : dirname(path);
  return mergeServices(resolveExtends(source, String(service), baseFolder, env, [...seen, key]), fields);
}

/** Compose 2.32.2: labels of files, which those that are written out win over. They take the files' place here. */
function withLabelFiles(fields: Fields, folder: string, env: Environment): Fields {
  if (fields['label_file'] === undefined) return fields;
  const labels: Record<string, string> = {};
  for (const path of asList(fields['label_file']).map((each) => resolve(folder, String(each)))) {
    if (!existsSync(path))
      throw new CliError(
        'LAT1020',
        `${relative('.', path)} is not there`,
        'Check the path of the label_file.',
      );
    for (const [name, { text, isOpen }] of parseEnvText(readFileSync(path, 'utf8')))
      labels[name] = isOpen ? interpolate(text, env) : text;
  }
  return { ...fields, label_file: labels };
}

/** Mappings are merged, ports and exposed ports are joined, anything else is replaced. */
function mergeServices(first: Fields, second: Fields): Fields {
  const merged: Record<string, unknown> = { ...first, ...second };
  for (const field of ['labels', 'label_file', 'deploy', 'networks'])
    if (first[field] !== undefined && second[field] !== undefined)
      merged[field] = { ...asMapping(first[field]), ...asMapping(second[field]) };
  for (const field of ['ports', 'expose'])
    if (first[field] !== undefined && second[field] !== undefined)
      merged[field] = [...asList(first[field]), ...asList(second[field])];
  return merged;
}

/** `{a: b}`, or Compose's list form `["a=b", "c"]`. */
export function asMapping(value: unknown): Fields {
  if (!Array.isArray(value)) return asFields(value);
  return Object.fromEntries(
    value.map((item) => {
      const [, key = '', text = ''] = /^([^=]*)=?([\s\S]*)$/.exec(String(item)) ?? [];
      return [key, text];
    }),
  );
}

export function asList(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

export const asFields = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};

export function readEnvFile(path: string): Environment {
  if (!existsSync(path)) return {};
  const values = parseEnvText(readFileSync(path, 'utf8'));
  return Object.fromEntries([...values].map(([name, { text }]) => [name, text]));
}
