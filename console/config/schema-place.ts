import type { JsonSchema } from '../../istio/json-schemas.ts';

export type Schemas = Readonly<Record<string, JsonSchema>>;

/** The schema at a path of keys and `[]`; undefined = nothing is known there. */
export function schemaAt(schema: JsonSchema | undefined, path: readonly string[]): JsonSchema | undefined {
  const [step, ...rest] = path;
  if (schema === undefined || step === undefined) return schema;
  if (schema.anyOf !== undefined) {
    const found = schema.anyOf.map((each) => schemaAt(each, path)).find((each) => each !== undefined);
    return found;
  }
  if (step === '[]') return schemaAt(schema.items, rest);
  const named = schema.properties?.[step];
  if (named !== undefined) return schemaAt(named, rest);
  return typeof schema.additionalProperties === 'object'
    ? schemaAt(schema.additionalProperties, rest)
    : undefined;
}

/** What `null | X` means besides null. */
export function solid(schema: JsonSchema): JsonSchema {
  const real = schema.anyOf?.filter(({ type }) => type !== 'null') ?? [];
  return real.length === 1 && real[0] !== undefined ? { ...schema, ...real[0] } : schema;
}

/** What a value there has to be, in words. */
export function typeInWords(raw: JsonSchema): string {
  const schema = solid(raw);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return `one of ${schema.enum.join(', ')}`;
  if (schema.format === 'duration') return 'duration, such as 5s or 250ms';
  switch (schema.type) {
    case 'array':
      return schema.items === undefined ? 'list' : `list of ${plural(typeInWords(schema.items))}`;
    case 'object':
      return schema.properties === undefined ? 'names and values' : 'mapping';
    case 'integer':
      return 'whole number';
    case 'boolean':
      return 'true or false';
    case 'string':
      return 'text';
    default:
      return schema.type ?? 'number or text';
  }
}

const plural = (words: string) =>
  /^(mapping|text|duration|whole number)$/.test(words) ? `${words}s` : words;
