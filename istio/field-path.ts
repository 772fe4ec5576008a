/** A place in a document: keys and indexes from its root. */
export type FieldPath = readonly (string | number)[];

/** `['spec', 'http', 0]` → `spec.http[0]`; keys with dots or such are quoted. */
export function formatFieldPath(path: FieldPath): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (/^[A-Za-z_][\w-]*$/.test(step)) text += text === '' ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}
