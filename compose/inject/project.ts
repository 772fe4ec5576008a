import { ComposeFault, type ComposeText, parseComposeText } from './compose-text.ts';
import type { NamedText } from './marks.ts';
import { mergeServices, settle } from './merge-services.ts';
import { bare, type Fields, isFields, listOf, textOf, type Value } from './value.ts';

/** How the outside is asked; all of it may be left out by who has none. */
export interface InjectContext {
  /** Variables put in, as Compose does it. */
  interpolate(text: string): string;
  /** The text of another compose file, by its path as it is written there; null = it cannot be read. */
  read(path: string, from: string): NamedText | null;
}

/** One service as all files together say. */
export interface ProjectService {
  readonly name: string;
  readonly fields: Fields;
  /** The files that say something of it, in their order. */
  readonly files: readonly ComposeText[];
}

export interface Included {
  readonly path: string;
  /** null = it cannot be read. */
  readonly file: ComposeText | null;
  /** Where the `include` is written. */
  readonly by: ComposeText;
}

export interface ComposeProjectTexts {
  readonly files: readonly ComposeText[];
  readonly services: ReadonlyMap<string, ProjectService>;
  readonly included: readonly Included[];
}

/** Files as Compose puts them together: with `extends`, and with what they include. */
export function readProject(files: readonly ComposeText[], context: InjectContext): ComposeProjectTexts {
  const services = new Map<string, ProjectService>();
  for (const file of files) {
    for (const name of file.services.keys()) {
      const fields = effectiveFields(file, name, context);
      const known = services.get(name);
      services.set(name, {
        name,
        fields: known === undefined ? fields : mergeServices(known.fields, fields),
        files: [...(known?.files ?? []), file],
      });
    }
  }
  for (const [name, service] of services) services.set(name, { ...service, fields: settle(service.fields) });
  return { files, services, included: files.flatMap((file) => includedBy(file, context, [])) };
}

/** What one file says of a service, with what it extends. */
export function effectiveFields(file: ComposeText, name: string, context: InjectContext): Fields {
  return mergeServices(extendedFields(file, name, context), file.services.get(name)?.fields ?? {});
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
  const found = base.file.services.get(base.service);
  if (found === undefined)
    throw new ComposeFault(`service ${name} extends ${base.service}, which is not in ${base.file.name}`, 0);
  return mergeServices(extendedFields(base.file, base.service, context, [...seen, key]), found.fields);
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

function includedBy(file: ComposeText, context: InjectContext, seen: readonly string[]): Included[] {
  return listOf(file.fields['include'])
    .flatMap((entry: Value) => (isFields(entry) ? listOf(entry['path']) : [entry]))
    .flatMap((value) => {
      const path = context.interpolate(textOf(value));
      const text = context.read(path, file.name);
      if (text === null || seen.includes(text.name)) return [{ path, file: null, by: file }];
      const parsed = parseComposeText(text);
      return [{ path, file: parsed, by: file }, ...includedBy(parsed, context, [...seen, text.name])];
    });
}
