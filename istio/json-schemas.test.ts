import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FIELD_NOTES } from './field-notes/field-notes.ts';
import { type JsonSchema, jsonSchemas } from './json-schemas.ts';
import { ALL_KINDS } from './kinds.ts';

const schemas = jsonSchemas();

test('every kind has a schema of its whole documents, with a note on what it is for', () => {
  assert.deepEqual(
    Object.keys(schemas),
    ALL_KINDS.map(({ kind }) => kind),
  );
  for (const [kind, schema] of Object.entries(schemas)) {
    assert.notEqual(schema.description, '', kind);
    assert.ok(schema.properties?.['apiVersion']?.enum?.length, kind);
  }
});

test('a field of a spec stands below spec, one of a flat kind beside metadata', () => {
  const timeout = below(schemas['VirtualService'], 'spec', 'http', 'timeout');
  assert.deepEqual([timeout?.type, timeout?.format], ['string', 'duration']);
  assert.match(timeout?.description ?? '', /attempts included/);
  assert.equal(below(schemas['MeshConfig'], 'accessLogFile')?.type, 'string');
});

test('no note is about a field that there is not', () => {
  for (const [kind, notes] of Object.entries(FIELD_NOTES)) {
    const paths = pathsOf(schemas[kind] ?? {}, '.');
    for (const end of Object.keys(notes))
      assert.ok(
        paths.some((path) => path.endsWith(`.${end}`) || end === ''),
        `${kind}: ${end}`,
      );
  }
});

test('most fields of the kinds that people write have a note', () => {
  for (const kind of [
    'VirtualService',
    'DestinationRule',
    'Gateway',
    'ServiceEntry',
    'AuthorizationPolicy',
  ]) {
    const properties = Object.entries(schemas[kind]?.properties?.['spec']?.properties ?? {});
    for (const [name, { description }] of properties) assert.ok(description, `${kind}.${name}`);
  }
});

test('all schemas together are small enough to be sent to a browser', () => {
  assert.ok(JSON.stringify(schemas).length < 250_000, String(JSON.stringify(schemas).length));
});

function below(schema: JsonSchema | undefined, ...path: string[]): JsonSchema | undefined {
  return path.reduce<JsonSchema | undefined>((at, name) => (at?.items ?? at)?.properties?.[name], schema);
}

function pathsOf(schema: JsonSchema, prefix: string): string[] {
  const more =
    typeof schema.additionalProperties === 'object'
      ? pathsOf(schema.additionalProperties, `${prefix}*.`)
      : [];
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, each]) => [
    `${prefix}${name}`,
    ...pathsOf(each, `${prefix}${name}.`),
  ]);
  const items = schema.items === undefined ? [] : pathsOf(schema.items, prefix);
  return [...own, ...more, ...items, ...(schema.anyOf ?? []).flatMap((each) => pathsOf(each, prefix))];
}
