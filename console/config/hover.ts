import { schemaOfDocument } from './complete.ts';
import { type Schemas, schemaAt, typeInWords } from './schema-place.ts';
import { cursorAt } from './yaml-cursor.ts';

export interface Hover {
  readonly from: number;
  readonly to: number;
  /** `spec.http[].timeout`. */
  readonly path: string;
  readonly type: string;
  readonly note: string;
}

/** What the key under the pointer means; null = it is no key, or none that is known. */
export function hoverAt(text: string, offset: number, schemas: Schemas): Hover | null {
  const word = /[A-Za-z0-9_-]*$/.exec(text.slice(0, offset))?.[0] ?? '';
  const from = offset - word.length;
  const key = /^[A-Za-z0-9_-]+(?=["']?\s*:(\s|$))/.exec(text.slice(from))?.[0];
  if (key === undefined) return null;
  const cursor = cursorAt(text, from + key.length);
  if (cursor === null || cursor.position !== 'key') return null;
  const path = [...cursor.path, key];
  const document = schemaOfDocument(
    { ...cursor, around: withOwnKind(cursor.around, path, text, from) },
    schemas,
  );
  const schema = schemaAt(document, path);
  if (schema === undefined) return null;
  return {
    from,
    to: from + key.length,
    path: path.join('.').replaceAll('.[]', '[]'),
    type: typeInWords(schema),
    note: schema.description ?? '',
  };
}

/** The fields around `kind` are all but `kind` itself. */
function withOwnKind(
  around: readonly Readonly<Record<string, string>>[],
  path: readonly string[],
  text: string,
  from: number,
): readonly Readonly<Record<string, string>>[] {
  if (path.join('.') !== 'kind') return around;
  const kind = /^kind["']?\s*:\s*(\w*)/.exec(text.slice(from))?.[1] ?? '';
  return [{ ...around[0], kind }];
}
