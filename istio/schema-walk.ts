import { z } from 'zod';
import type { FieldPath } from './field-path.ts';

/** Walks zod schemas along the paths of values: through optionals, arrays and records. */

/** The schema of the value at a path; `z.unknown()` where there is none. */
export function schemaAt(schema: z.ZodType, path: FieldPath): z.ZodType {
  let current = unwrap(schema);
  for (const step of path) current = unwrap(stepInto(current, step));
  return current;
}

/** Names of an object's fields; none for anything else. */
export function fieldsOf(schema: z.ZodType): readonly string[] {
  const inner = unwrap(schema);
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}

/** The objects and records directly below a field: those of a list's items, too. */
export function contentOf(schema: z.ZodType, field: string): z.ZodType {
  const inner = schemaAt(schema, [field]);
  return inner instanceof z.ZodArray ? unwrap(inner.element as z.ZodType) : inner;
}

export const isRecord = (schema: z.ZodType) => schema instanceof z.ZodRecord;
export const isList = (schema: z.ZodType) => schema instanceof z.ZodArray;

function unwrap(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable)
    return unwrap(schema.unwrap() as z.ZodType);
  return schema;
}

function stepInto(schema: z.ZodType, step: string | number): z.ZodType {
  if (schema instanceof z.ZodObject)
    return (schema.shape[String(step)] as z.ZodType | undefined) ?? z.unknown();
  if (schema instanceof z.ZodArray) return schema.element as z.ZodType;
  if (schema instanceof z.ZodRecord) return schema.valueType as z.ZodType;
  return z.unknown();
}
