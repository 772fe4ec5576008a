import type { z } from 'zod';
import { closestWord } from '../base/closest-word.ts';
import { type FieldPath, formatFieldPath } from './field-path.ts';
import { GONE_FIELDS } from './legacy-fields.ts';
import { contentOf, fieldsOf, isList, isRecord, schemaAt } from './schema-walk.ts';

/** Where an unknown field stands: `path` leads from the schema's root to the mapping that holds it. */
export interface FieldPlace {
  readonly schema: z.ZodType;
  readonly value: unknown;
  readonly path: FieldPath;
  /** Where the schema's root stands in the document. */
  readonly root: FieldPath;
}

/**
 * What the writer of an unknown field most likely meant: another spelling, or the right field at the wrong depth,
 * which is what a lost indentation looks like.
 */
export function unknownFieldRemedy(key: string, place: FieldPlace): string {
  const own = schemaAt(place.schema, place.path);
  const known = fieldsOf(own);
  const camel = key.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
  if (camel !== key && known.includes(camel))
    return `Did you mean "${camel}"? Fields are written in camelCase.`;
  const isNear = closestWord(key, known);
  return (
    GONE_FIELDS.get(key) ??
    belowEmptyField(key, own, holderOf(place)) ??
    (isNear === null ? null : `Did you mean "${isNear}"?`) ??
    belowOtherField(key, own) ??
    furtherUp(key, place) ??
    (known.length === 0 ? 'No field is known here.' : `Known here: ${known.join(', ')}.`)
  );
}

function holderOf({ value, path }: FieldPlace): Readonly<Record<string, unknown>> {
  let current = value;
  for (const step of path) current = (current as Readonly<Record<string | number, unknown>>)[step];
  return current as Readonly<Record<string, unknown>>;
}

/** `uri:` has nothing below it, and `exact` stands beside it. */
function belowEmptyField(
  key: string,
  own: z.ZodType,
  holder: Readonly<Record<string, unknown>>,
): string | null {
  const empty = Object.keys(holder).filter((field) => holder[field] === null && field !== key);
  for (const field of empty.reverse()) {
    const content = contentOf(own, field);
    if (isRecord(content)) return `Indent it further: it belongs below "${field}".`;
    const fields = fieldsOf(content);
    if (fields.includes(key)) return `Indent it further: it belongs below "${field}".`;
    const near = closestWord(key, fields);
    if (near !== null) return `Indent it further, below "${field}", and write "${near}".`;
  }
  return null;
}

function belowOtherField(key: string, own: z.ZodType): string | null {
  for (const field of fieldsOf(own)) {
    const fields = fieldsOf(contentOf(own, field));
    const near = fields.includes(key) ? key : closestWord(key, fields);
    if (near === null) continue;
    const where = isList(schemaAt(own, [field])) ? `into an item of "${field}"` : `below "${field}"`;
    return near === key ? `It belongs ${where}.` : `Did you mean "${near}", ${where}?`;
  }
  return null;
}

function furtherUp(key: string, { schema, path, root }: FieldPlace): string | null {
  for (let length = path.length - 1; length >= 0; length--) {
    const outer = path.slice(0, length);
    if (!fieldsOf(schemaAt(schema, outer)).includes(key)) continue;
    const where = formatFieldPath([...root, ...outer]);
    return `Indent it less: it belongs ${where === '' ? 'to the top of the document' : `directly below ${where}`}.`;
  }
  return null;
}
