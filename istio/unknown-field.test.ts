import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stringify } from 'yaml';
import { z } from 'zod';
import { type FieldPath, formatFieldPath } from './field-path.ts';
import { ALL_KINDS, type Kind } from './kinds.ts';
import { read } from './testing/read-text.ts';

/** Every mapping of every kind, at any depth, is asked for a field that it does not have. */

interface Mapping {
  readonly path: FieldPath;
  readonly fields: readonly string[];
}

function unwrap(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodNullable
    ? unwrap(schema.unwrap() as z.ZodType)
    : schema;
}

function* mappingsOf(schema: z.ZodType, path: FieldPath): Generator<Mapping> {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodObject) {
    yield { path, fields: Object.keys(inner.shape) };
    for (const [field, content] of Object.entries(inner.shape))
      yield* mappingsOf(content as z.ZodType, [...path, field]);
  } else if (inner instanceof z.ZodArray) yield* mappingsOf(inner.element as z.ZodType, [...path, 0]);
  else if (inner instanceof z.ZodRecord)
    yield* mappingsOf(inner.valueType as z.ZodType, [...path, 'some-key']);
}

/** The smallest value with something at the path. */
function valueWith(path: FieldPath, content: unknown): unknown {
  return path.reduceRight<unknown>(
    (inner, step) => (typeof step === 'number' ? [inner] : { [step]: inner }),
    content,
  );
}

function textOf(kind: Kind, path: FieldPath, content: unknown): string {
  const spec = valueWith(path, content) as object;
  const body = kind.isFlat ? spec : { spec };
  return stringify({ apiVersion: kind.apiVersions[0], kind: kind.kind, metadata: { name: 'test' }, ...body });
}

function placeOf(text: string, key: string): { line: number; column: number } {
  const lines = text.split('\n');
  const index = lines.findIndex((line) => line.replace(/^[\s-]*/, '').startsWith(`${key}:`));
  return { line: index + 1, column: (lines[index] ?? '').indexOf(key) + 1 };
}

describe('an unknown field', () => {
  // A ConfigMap without limits is none of ours, whatever else is in it.
  for (const kind of ALL_KINDS.filter(({ isOurs }) => isOurs === undefined)) {
    const mappings = [...mappingsOf(kind.schema, [])];
    it(`is found at any depth of ${kind.kind} (${mappings.length} mappings), with place and remedy`, () => {
      for (const { path, fields } of mappings) {
        const meant = fields.at(-1) ?? 'anything';
        const key = `${meant}x`;
        const text = textOf(kind, path, { [key]: 'value' });
        const at = formatFieldPath(kind.isFlat ? path : ['spec', ...path]);
        const { violations, resources } = read(text);
        const found = violations.find(({ message }) => message.startsWith(`unknown field "${key}"`));
        assert.ok(found, `${kind.kind} ${at}.${key}`);
        assert.deepEqual(
          {
            code: found.code,
            severity: found.severity,
            message: found.message,
            file: found.file,
            line: found.line,
            column: found.column,
          },
          {
            code: 'IST0106',
            severity: 'Error',
            message: `unknown field "${key}"${at === '' ? '' : ` at ${at}`}`,
            file: 'mesh/test.yaml',
            ...placeOf(text, key),
          },
        );
        if (fields.length > 0) assert.match(found.remedy, /^Did you mean "/, `${at}.${key}`);
        assert.equal(resources.length, 0);
      }
    });
  }

  it('proposes the very field where one letter is missing', () => {
    const spec = { http: [{ match: [{ uri: { prefx: '/a' } }] }] };
    const kind = ALL_KINDS.find((each) => each.kind === 'VirtualService');
    assert.ok(kind);
    const [violation] = read(textOf(kind, [], spec)).violations;
    assert.equal(violation?.path, 'spec.http[0].match[0].uri.prefx');
    assert.equal(violation?.message, 'unknown field "prefx" at spec.http[0].match[0].uri');
    assert.equal(violation?.remedy, 'Did you mean "prefix"?');
  });
});

describe('a value of the wrong type', () => {
  // A ConfigMap without limits is none of ours, whatever else is in it.
  for (const kind of ALL_KINDS.filter(({ isOurs }) => isOurs === undefined)) {
    it(`is found in every scalar of ${kind.kind}`, () => {
      for (const path of scalarsOf(kind.schema, [])) {
        const at = formatFieldPath(kind.isFlat ? path : ['spec', ...path]);
        const { violations, resources } = read(textOf(kind, path, [['nested']]));
        const found = violations.find((violation) => violation.path === at);
        assert.ok(found, `${kind.kind} ${at}`);
        assert.match(found.message, /found a list|unknown value/, at);
        assert.equal(resources.length, 0);
      }
    });
  }
});

function* scalarsOf(schema: z.ZodType, path: FieldPath): Generator<FieldPath> {
  const inner = unwrap(schema);
  if (inner instanceof z.ZodObject)
    for (const [field, content] of Object.entries(inner.shape))
      yield* scalarsOf(content as z.ZodType, [...path, field]);
  else if (inner instanceof z.ZodArray) yield* scalarsOf(inner.element as z.ZodType, [...path, 0]);
  else if (inner instanceof z.ZodRecord)
    yield* scalarsOf(inner.valueType as z.ZodType, [...path, 'some-key']);
  else if (!(inner instanceof z.ZodUnknown)) yield path;
}
