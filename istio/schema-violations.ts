import type { z } from 'zod';
import { closestWord } from '../base/closest-word.ts';
import { type FieldPath, formatFieldPath } from './field-path.ts';
import { duration } from './schema/scalars.ts';
import { fieldsOf, schemaAt } from './schema-walk.ts';
import { unknownFieldRemedy } from './unknown-field.ts';

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
  const given = valueAt(value, inner);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({
        path: [...path, key],
        message: `unknown field "${key}"${path.length === 0 ? '' : ` at ${formatFieldPath(path)}`}`,
        remedy: unknownFieldRemedy(key, { schema, value, path: inner, root }),
      }));
    case 'invalid_type':
      return [
        {
          path,
          message: `expected ${nameOfType(issue.expected)}, found ${nameOf(given)}`,
          remedy: typeRemedy(issue.expected, given, schemaAt(schema, inner)),
        },
      ];
    case 'invalid_value':
      return [{ path, ...describeEnum(given, issue.values.map(String)) }];
    case 'too_small':
    case 'too_big':
      return [{ path, message: `${nameOf(given)} is out of range`, remedy: rangeRemedy(issue) }];
    case 'invalid_union':
      return [{ path, message: `found ${nameOf(given)}`, remedy: 'Give a number or a name.' }];
    default:
      return [{ path, message: issue.message, remedy: '' }];
  }
}

function describeEnum(given: unknown, values: readonly string[]): { message: string; remedy: string } {
  const text = String(given);
  const upper = text.toUpperCase().replaceAll('-', '_');
  const near = values.includes(upper) ? upper : closestWord(text, values);
  const known = values.join(', ');
  return {
    message: `unknown value ${JSON.stringify(given) ?? 'undefined'}`,
    remedy: near === null ? `Use one of ${known}.` : `Did you mean "${near}"? Known: ${known}.`,
  };
}

function rangeRemedy(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  return issue.code === 'too_small' ? `At least ${issue.minimum}.` : `At most ${issue.maximum}.`;
}

function valueAt(value: unknown, path: FieldPath): unknown {
  let current = value;
  for (const step of path) {
    if (typeof current !== 'object' || current === null) return undefined;
    current = (current as Record<string | number, unknown>)[step];
  }
  return current;
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'text',
  boolean: 'true or false',
  number: 'a number',
  int: 'a whole number',
  object: 'a mapping of fields',
  record: 'a mapping of names to values',
  array: 'a list',
};

const nameOfType = (expected: string) => TYPE_NAMES[expected] ?? expected;

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

function typeRemedy(expected: string, given: unknown, schema: z.ZodType): string {
  if (given === null && (expected === 'object' || expected === 'record' || expected === 'array'))
    return 'Is the block below it indented far enough? Else leave the field out.';
  if (expected === 'array') return 'Write it as a list, each item behind a dash.';
  if (schema === duration) return 'Write a duration with its unit, such as 5s, 250ms or 1m30s.';
  if (expected === 'string' && typeof given === 'boolean')
    return 'Put it in quotes: unquoted y, n, yes, no, on and off are booleans in YAML.';
  if (expected === 'string' && typeof given === 'number') return `Put it in quotes: "${given}".`;
  if ((expected === 'number' || expected === 'int') && typeof given === 'string')
    return /^-?\d+(\.\d+)?$/.test(given) ? `Write it without quotes: ${given}.` : 'Write a number.';
  if (expected === 'int' && typeof given === 'number') return 'Write a number without a fraction.';
  if (expected === 'boolean' && typeof given === 'string') return 'Write true or false, without quotes.';
  if (expected === 'object' || expected === 'record') return mappingRemedy(given, schema);
  return '';
}

/** Text or a number where a mapping belongs: most often the value of the mapping's first field. */
function mappingRemedy(given: unknown, schema: z.ZodType): string {
  if (Array.isArray(given)) return 'Remove the dash: this is not a list.';
  const fields = fieldsOf(schema);
  const first = fields.includes('exact') ? matchFor(given) : fields[0];
  if (first === undefined) return '';
  const others = fields.length > 1 && fields.length <= 4 ? ` Its fields: ${fields.join(', ')}.` : '';
  return `Write { ${first}: ${JSON.stringify(given)} }.${others}`;
}

/** The member of a StringMatch that a bare text was meant as. */
const matchFor = (given: unknown) => (/^\^|\$$|\.[*+]/.test(String(given)) ? 'regex' : 'exact');
