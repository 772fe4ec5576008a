import { z } from 'zod';
import { closestWord } from '../base/closest-word.ts';
import { type FieldPath, formatFieldPath } from './field-path.ts';

/** What a schema found wrong, in words for the person who wrote the YAML. */
export interface SchemaFault {
  readonly path: FieldPath;
  readonly message: string;
  readonly remedy: string;
}

/** All faults of a value against a kind's schema, at any depth. `root` is where the value stands in its document. */
export function checkSchema(schema: z.ZodType, value: unknown, root: FieldPath): SchemaFault[] {
  const result = schema.safeParse(value);
  if (result.success) return [];
  return result.error.issues.flatMap((issue) => describe(issue, schema, value, root));
}

function describe(
  issue: z.core.$ZodIssue,
  schema: z.ZodType,
  value: unknown,
  root: FieldPath,
): SchemaFault[] {
  const inner = issue.path.filter((step) => typeof step !== 'symbol');
  const path = [...root, ...inner];
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => describeUnknownField(key, knownFields(schema, inner), path));
    case 'invalid_type': {
      const given = valueAt(value, inner);
      return [
        {
          path,
          message: `expected ${article(issue.expected)}, found ${nameOf(given)}`,
          remedy: typeRemedy(issue.expected, given),
        },
      ];
    }
    case 'invalid_value': {
      const values = issue.values.map(String);
      const given = String(valueAt(value, inner));
      const near = closestWord(given, values);
      return [
        {
          path,
          message: `unknown value ${JSON.stringify(given)}`,
          remedy:
            near === null
              ? `Use one of ${values.join(', ')}.`
              : `Did you mean "${near}"? Known: ${values.join(', ')}.`,
        },
      ];
    }
    case 'too_small':
    case 'too_big':
      return [{ path, message: `the number is out of range: ${issue.message}`, remedy: '' }];
    case 'invalid_union':
      return [
        { path, message: `found ${nameOf(valueAt(value, inner))}`, remedy: 'Give a number or a name.' },
      ];
    default:
      return [{ path, message: issue.message, remedy: '' }];
  }
}

function describeUnknownField(key: string, known: readonly string[], path: FieldPath): SchemaFault {
  const where = formatFieldPath(path);
  const camel = key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  const near = known.includes(camel) ? camel : closestWord(key, known);
  const place = where === '' ? '' : ` in ${where}`;
  return {
    path: [...path, key],
    message: `unknown field "${key}"${place}`,
    remedy: near === null ? `Known here: ${known.join(', ')}.` : `Did you mean "${near}"?`,
  };
}

/** The fields that the schema has at a path, found by walking through optionals, arrays, records and unions. */
function knownFields(schema: z.ZodType, path: FieldPath): string[] {
  let current: z.ZodType = schema;
  for (const step of path) current = stepInto(unwrap(current), step);
  const last = unwrap(current);
  return last instanceof z.ZodObject ? Object.keys(last.shape) : [];
}

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

function valueAt(value: unknown, path: FieldPath): unknown {
  let current = value;
  for (const step of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as Record<string | number, unknown>)[step];
  }
  return current;
}

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'text',
  boolean: 'true or false',
  number: 'a number',
  int: 'a whole number',
  object: 'a mapping of fields',
  record: 'a mapping of names to values',
  array: 'a list',
};

const article = (expected: string) => EXPECTED[expected] ?? expected;

function nameOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'nothing (null)';
  if (Array.isArray(value)) return 'a list';
  switch (typeof value) {
    case 'string':
      return `the text ${JSON.stringify(value)}`;
    case 'object':
      return 'a mapping';
    default:
      return `the ${typeof value} ${String(value)}`;
  }
}

function typeRemedy(expected: string, given: unknown): string {
  if (expected === 'array') return 'Write it as a list, each item behind a dash.';
  if (expected === 'string' && typeof given === 'boolean') {
    return 'Put it in quotes: unquoted y, n, yes, no, on and off are booleans in YAML.';
  }
  if (expected === 'string' && typeof given === 'number') return 'Put it in quotes.';
  if ((expected === 'number' || expected === 'int') && typeof given === 'string')
    return 'Write it without quotes.';
  if (expected === 'object' && Array.isArray(given)) return 'Remove the dash: this is not a list.';
  if (expected === 'object' && given === null) return 'Is the block below it indented far enough?';
  return '';
}
