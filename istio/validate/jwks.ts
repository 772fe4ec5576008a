import type { FieldPath } from '../field-path.ts';
import type { Findings } from './finding.ts';

/** RFC 7518 §6: what each type of key cannot be without. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  RSA: ['n', 'e'],
  EC: ['crv', 'x', 'y'],
  OKP: ['crv', 'x'],
  oct: ['k'],
};

/** Keys given inline: a set (RFC 7517 §5), or a single key. */
export function checkJwks(text: string, path: FieldPath, findings: Findings): void {
  const keys = parseKeys(text);
  if (keys === null) {
    findings.error(path, 'jwks is no JSON of keys', 'E.g. {"keys":[{"kty":"RSA","n":"...","e":"AQAB"}]}.');
    return;
  }
  keys.forEach((key, index) => {
    const type = String(key['kty'] ?? '');
    const required = REQUIRED[type];
    const missing = required?.find((field) => typeof key[field] !== 'string');
    if (required === undefined)
      findings.error(path, `jwks key ${index} has the unknown type ${JSON.stringify(type)}`, knownTypes);
    else if (missing !== undefined) findings.error(path, `jwks key ${index} lacks ${missing}`);
    else if (type === 'oct' || 'd' in key)
      findings.warn(path, `jwks key ${index} is private: anyone who reads the file can sign tokens`);
  });
}

const knownTypes = `Known: ${Object.keys(REQUIRED).join(', ')}.`;

function parseKeys(text: string): readonly Readonly<Record<string, unknown>>[] | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // Reported by the caller as a fault of the field.
    return null;
  }
  const keys: unknown = isMapping(value) && 'keys' in value ? value['keys'] : [value];
  return Array.isArray(keys) && keys.every(isMapping) ? keys : null;
}

function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
