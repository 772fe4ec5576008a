import type { JsonSchema } from '../../istio/json-schemas.ts';
import type { Known } from './known.ts';
import { type Offer, offeredValues } from './known-values.ts';
import { type Schemas, schemaAt, solid, typeInWords } from './schema-place.ts';
import { type Cursor, cursorAt } from './yaml-cursor.ts';

export type { Offer } from './known-values.ts';

export interface Completion {
  readonly from: number;
  readonly offers: readonly Offer[];
}

/** What fits at a place of a YAML text; null = nothing that is known. */
export function completeAt(text: string, offset: number, schemas: Schemas, known: Known): Completion | null {
  const cursor = cursorAt(text, offset);
  if (cursor === null) return null;
  const schema = schemaOfDocument(cursor, schemas);
  const offers = offersAt(cursor, schema, schemas, known, text[offset - 1] === ':');
  return offers.length === 0 ? null : { from: cursor.from, offers };
}

/** The schema of the document that a place is in; before its kind is known, what all kinds have. */
export function schemaOfDocument(cursor: Cursor, schemas: Schemas): JsonSchema {
  const kind = cursor.around.at(-1)?.['kind'] ?? '';
  const found = schemas[kind];
  if (found !== undefined) return found;
  const { apiVersion, metadata } = Object.values(schemas)[0]?.properties ?? {};
  const kinds: JsonSchema = {
    type: 'string',
    enum: Object.keys(schemas),
    description: 'What this document is.',
  };
  return {
    type: 'object',
    properties: {
      apiVersion: { ...apiVersion, enum: apiVersionsOf(schemas) },
      kind: kinds,
      ...(metadata === undefined ? {} : { metadata }),
      spec: { type: 'object' },
    },
  };
}

const apiVersionsOf = (schemas: Schemas) => [
  ...new Set(Object.values(schemas).flatMap(({ properties }) => properties?.['apiVersion']?.enum ?? [])),
];

function offersAt(
  cursor: Cursor,
  document: JsonSchema,
  schemas: Schemas,
  known: Known,
  isBehindColon: boolean,
): Offer[] {
  const raw = schemaAt(document, cursor.path);
  if (raw === undefined) return [];
  const schema = solid(raw);
  if (cursor.position === 'value' || isScalar(schema)) {
    const offers = [...valuesOf(schema, cursor, schemas), ...offeredValues(cursor, known)];
    return isBehindColon ? offers.map((offer) => ({ ...offer, insert: ` ${offer.insert}` })) : offers;
  }
  const isDashMissing = schema.type === 'array' && schema.items !== undefined;
  const inner = isDashMissing ? solid(schema.items ?? {}) : schema;
  const offers = isDashMissing && isScalar(inner) ? offeredValues(asItem(cursor), known) : [];
  const keys = keysOf(inner, isDashMissing ? asItem(cursor) : cursor);
  return [...keys, ...newDocuments(cursor, schemas), ...offers].map((offer) =>
    isDashMissing ? { ...offer, insert: `- ${offer.insert}` } : offer,
  );
}

const isScalar = ({ type }: JsonSchema) => type !== 'object' && type !== 'array';

/** As if the dash were there. */
const asItem = (cursor: Cursor): Cursor => ({
  ...cursor,
  path: [...cursor.path, '[]'],
  indent: cursor.indent + 2,
  around: [{}, ...cursor.around],
});

function keysOf(schema: JsonSchema, cursor: Cursor): Offer[] {
  const present = cursor.around[0] ?? {};
  const required = schema.required ?? [];
  return Object.entries(schema.properties ?? {})
    .filter(([name]) => !(name in present))
    .map(([name, field]) => ({
      label: name,
      insert: `${name}:${behindKey(solid(field), cursor)}`,
      detail: typeInWords(field),
      info: field.description ?? '',
      type: 'property',
      isFirst: required.includes(name),
    }));
}

function behindKey(field: JsonSchema, { isFlow, indent }: Cursor): string {
  if (isScalar(field) || isFlow) return ' ';
  const below = `\n${' '.repeat(indent + 2)}`;
  return field.type === 'array' ? `${below}- ` : below;
}

function valuesOf(schema: JsonSchema, cursor: Cursor, schemas: Schemas): Offer[] {
  const offer = (value: string, info = ''): Offer => ({
    label: value,
    insert: value,
    detail: '',
    info,
    type: 'enum',
    isFirst: false,
  });
  if (cursor.path.join('.') === 'kind') {
    const version = cursor.around[0]?.['apiVersion'];
    return Object.entries(schemas)
      .filter(
        ([, { properties }]) =>
          version === undefined || properties?.['apiVersion']?.enum?.includes(version) === true,
      )
      .map(([kind, { description }]) => offer(kind, description));
  }
  if (schema.const !== undefined) return [offer(schema.const)];
  if (schema.enum !== undefined) return schema.enum.map((value) => offer(value));
  return schema.type === 'boolean' ? [offer('true'), offer('false')] : [];
}

/** At the beginning of an empty document: the head of each kind at once. */
function newDocuments(cursor: Cursor, schemas: Schemas): Offer[] {
  if (cursor.path.length > 0 || cursor.indent > 0 || Object.keys(cursor.around[0] ?? {}).length > 0)
    return [];
  return Object.entries(schemas).map(([kind, { description = '', properties }]) => ({
    label: kind,
    insert: `apiVersion: ${properties?.['apiVersion']?.enum?.[0] ?? ''}\nkind: ${kind}\nmetadata:\n  name: ${
      properties?.['spec'] === undefined ? kind.toLowerCase() : 'NAME\nspec:\n  '
    }`,
    detail: 'new document',
    info: description,
    type: 'class',
    isFirst: true,
  }));
}
