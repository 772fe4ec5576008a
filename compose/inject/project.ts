import { carryAll } from './carry-variables.ts';
import { ComposeFault, type ComposeText, lineOfTop, parseComposeText } from './compose-text.ts';
import type { InjectContext } from './context.ts';
import { readLabelFiles } from './label-files.ts';
import { mergeServices, settle } from './merge-services.ts';
import { bare, type Fields, isFields, listOf, textOf, type Value } from './value.ts';

/** One service as all files together say. */
export interface ProjectService {
  readonly name: string;
  readonly fields: Fields;
  /** The files that say something of it, in their order. */
  readonly files: readonly ComposeText[];
  /** What included files say of it, in words that mean the same in the file that includes; null = nothing. */
  readonly included: Fields | null;
}

export interface Included {
  readonly path: string;
  /** null = it cannot be read. */
  readonly file: ComposeText | null;
  /** Where the `include` is written. */
  readonly by: ComposeText;
  readonly line: number;
}

interface ReadFiles {
  readonly services: ReadonlyMap<string, ProjectService>;
  /** Of every depth. */
  readonly included: readonly Included[];
}

export interface ComposeProjectTexts extends ReadFiles {
  readonly files: readonly ComposeText[];
}

/** Files as Compose puts them together: with `extends`, and with what they include. */
export function readProject(files: readonly ComposeText[], context: InjectContext): ComposeProjectTexts {
  return { files, ...readFiles(files, context, []) };
}

/** Every text that could be read. */
export const allTexts = ({ files, included }: ComposeProjectTexts): ComposeText[] => [
  ...files,
  ...included.flatMap(({ file }) => file ?? []),
];

function readFiles(
  files: readonly ComposeText[],
  context: InjectContext,
  seen: readonly string[],
): ReadFiles {
  const services = new Map<string, ProjectService>();
  const included: Included[] = [];
  for (const file of files) {
    for (const entry of listOf(file.fields['include'])) {
      const inner = readInclude(entry, file, context, [...seen, file.name]);
      included.push(...inner.included);
      for (const service of inner.services.values()) addService(services, service);
    }
    for (const name of file.services.keys())
      addService(services, {
        ...{ name, files: [file], included: null },
        fields: effectiveFields(file, name, context),
      });
  }
  for (const [name, service] of services) services.set(name, { ...service, fields: settle(service.fields) });
  return { services, included };
}

function addService(services: Map<string, ProjectService>, service: ProjectService): void {
  const known = services.get(service.name);
  if (known === undefined) services.set(service.name, service);
  else
    services.set(service.name, {
      name: service.name,
      fields: mergeServices(known.fields, service.fields),
      files: [...known.files, ...service.files],
      included: known.included ?? service.included,
    });
}

/** An entry of `include`: a path, or `{path, project_directory, env_file}` with one path or several. */
function readInclude(
  entry: Value,
  by: ComposeText,
  context: InjectContext,
  seen: readonly string[],
): ReadFiles {
  const { path = entry, project_directory: directory, env_file: envFile } = isFields(entry) ? entry : {};
  const textsOf = (value: Value | undefined) =>
    listOf(value).map((item) => context.interpolate(textOf(item)));
  const paths = textsOf(isFields(path) ? undefined : path);
  const line = lineOfTop(by, 'include');
  const files = paths.map((each) => {
    const text = context.read(each, by.name);
    return text === null || seen.includes(text.name) ? null : parseComposeText(text);
  });
  const told = paths.map((each, at) => ({ path: each, file: files[at] ?? null, by, line }));
  const readable = files.filter((file) => file !== null);
  if (readable.length < files.length) return { services: new Map(), included: told };
  const inside = context.included({
    paths,
    projectDirectory: context.interpolate(textOf(directory)),
    envFiles: textsOf(envFile),
  });
  const { services, included } = readFiles(readable, inside, seen);
  const carried = [...services].map(([name, service]): [string, ProjectService] => {
    const fields = carryAll(service.fields, inside.variables) as Fields;
    return [name, { ...service, fields, included: fields }];
  });
  return { services: new Map(carried), included: [...told, ...included] };
}

/** What one file says of a service, with what it extends. */
function effectiveFields(file: ComposeText, name: string, context: InjectContext): Fields {
  return mergeServices(extendedFields(file, name, context), ownFields(file, name, context));
}

/** What a service takes from those that it extends; {} = it extends none. */
export function extendedFields(
  file: ComposeText,
  name: string,
  context: InjectContext,
  seen: readonly string[] = [],
): Fields {
  const base = baseOf(file, name, context);
  if (base === null) return {};
  const key = `${base.file.name} ${base.service}`;
  if (seen.includes(key)) throw new ComposeFault(`service ${name} extends itself`, 0);
  if (!base.file.services.has(base.service))
    throw new ComposeFault(`service ${name} extends ${base.service}, which is not in ${base.file.name}`, 0);
  return mergeServices(
    extendedFields(base.file, base.service, context, [...seen, key]),
    ownFields(base.file, base.service, context),
  );
}

/** As it is written, but with the labels that `label_file` brings in the place of their files. */
function ownFields(file: ComposeText, name: string, context: InjectContext): Fields {
  const fields = file.services.get(name)?.fields ?? {};
  if (fields['label_file'] === undefined) return fields;
  return { ...fields, label_file: readLabelFiles(fields['label_file'], file, name, context) };
}

export interface Base {
  readonly file: ComposeText;
  readonly service: string;
}

export function baseOf(file: ComposeText, name: string, context: InjectContext): Base | null {
  const written = bare(file.services.get(name)?.fields['extends']);
  if (written === undefined) return null;
  if (!isFields(written)) return { file, service: context.interpolate(textOf(written)) };
  const service = context.interpolate(textOf(written['service']));
  if (written['file'] === undefined) return { file, service };
  const path = context.interpolate(textOf(written['file']));
  const other = context.read(path, file.name);
  if (other === null)
    throw new ComposeFault(`service ${name} extends a file that cannot be read: ${path}`, 0);
  return { file: parseComposeText(other), service };
}
