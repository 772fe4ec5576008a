import type { FieldPath } from './field-path.ts';

/**
 * The outermost fields of a document below which nothing is in force.
 * @param effective paths of what is, with `*` for every item of a list
 */
export function ineffectiveFields(
  value: object,
  effective: ReadonlySet<string>,
  path: FieldPath = [],
): FieldPath[] {
  return Object.entries(value).flatMap(([field, inner]: [string, unknown]) => {
    const at = [...path, Array.isArray(value) ? Number(field) : field];
    const text = at.map((step) => (isName(step) ? step : '*')).join('.');
    if (inner === undefined || effective.has(text)) return [];
    const isOnTheWay = [...effective].some((known) => known.startsWith(`${text}.`));
    return isOnTheWay && typeof inner === 'object' && inner !== null
      ? ineffectiveFields(inner, effective, at)
      : [at];
  });
}

export const isName = (step: string | number): step is string => typeof step === 'string';
