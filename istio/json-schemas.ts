import { z } from 'zod';
import { fieldNote } from './field-notes/field-notes.ts';
import { ALL_KINDS, type Kind } from './kinds.ts';
import { duration } from './schema/scalars.ts';

/** As much of JSON Schema as these schemas need. */
export interface JsonSchema {
  readonly type?: string;
  readonly const?: string;
  readonly enum?: readonly string[];
  /** `duration` = Go's: 5s, 250ms. */
  readonly format?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly anyOf?: readonly JsonSchema[];
}

const TEXTS: JsonSchema = { type: 'object', additionalProperties: { type: 'string' } };

/** Kind → schema of a whole document, with a note at each field: what editors complete and explain from. */
export function jsonSchemas(): Record<string, JsonSchema> {
  return Object.fromEntries(ALL_KINDS.map((kind) => [kind.kind, documentSchema(kind)]));
}

function documentSchema(kind: Kind): JsonSchema {
  const raw = z.toJSONSchema(kind.schema, {
    unrepresentable: 'any',
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema === duration) jsonSchema.format = 'duration';
      if (jsonSchema.maximum === 4294967295) delete jsonSchema.maximum;
      delete jsonSchema.propertyNames;
    },
  }) as JsonSchema & { $schema?: string };
  const { $schema: _, ...inner } = raw;
  const spec = annotated(inner, kind.kind, []);
  const metadata: JsonSchema = {
    type: 'object',
    properties: {
      name: { type: 'string' },
      namespace: { type: 'string' },
      labels: TEXTS,
      annotations: TEXTS,
    },
    required: ['name'],
  };
  const head: Record<string, JsonSchema> = {
    apiVersion: { type: 'string', enum: kind.apiVersions },
    kind: { type: 'string', const: kind.kind },
    metadata,
  };
  const description = fieldNote(kind.kind, []);
  return {
    type: 'object',
    description,
    properties: {
      ...annotated({ properties: head }, '', []).properties,
      ...(kind.isFlat ? spec.properties : { spec: { ...spec, description } }),
    },
    required: kind.isFlat ? ['apiVersion', 'kind'] : ['apiVersion', 'kind', 'metadata', 'spec'],
    additionalProperties: false,
  };
}

/** The same schema with the note of each field as its description. */
function annotated(schema: JsonSchema, kind: string, path: readonly string[]): JsonSchema {
  const { items, properties, additionalProperties, anyOf, ...own } = schema;
  const note = path.length === 0 ? '' : fieldNote(kind, path);
  return {
    ...own,
    ...(note === '' ? {} : { description: note }),
    ...(items === undefined ? {} : { items: withoutNote(annotated(items, kind, path)) }),
    ...(anyOf === undefined ? {} : { anyOf: anyOf.map((each) => withoutNote(annotated(each, kind, path))) }),
    ...(additionalProperties === undefined
      ? {}
      : {
          additionalProperties:
            typeof additionalProperties === 'boolean'
              ? additionalProperties
              : annotated(additionalProperties, kind, [...path, '*']),
        }),
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, each]) => [name, annotated(each, kind, [...path, name])]),
          ),
        }),
  };
}

/** The note stands at the list already. */
function withoutNote({ description: _, ...rest }: JsonSchema): JsonSchema {
  return rest;
}
