import type { FieldPath } from '../field-path.ts';
import type { HeaderEdits, HttpRoute } from '../schema/virtual-service.ts';
import type { Findings } from './finding.ts';

/** RFC 9110 §5.1. */
export const HEADER_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const HEADER_VALUE_FAULT = /[\0-\x08\x0a-\x1f\x7f]/;

const isAuthority = (name: string) => name.toLowerCase() === 'host' || name.toLowerCase() === ':authority';

/** Names and values of `headers.{request,response}.{set,add,remove}`; the host may be set in a request, no more. */
export function validateHeaderEdits(
  edits: HeaderEdits | undefined,
  path: FieldPath,
  findings: Findings,
): void {
  for (const side of ['request', 'response'] as const) {
    const operations = edits?.[side];
    for (const verb of ['set', 'add'] as const) {
      for (const [name, value] of Object.entries(operations?.[verb] ?? {})) {
        const at = [...path, side, verb, name];
        const mayBeSet = HEADER_NAME.test(name)
          ? side === 'request' || !isAuthority(name)
          : isAuthority(name);
        if (!mayBeSet || (side === 'response' && isAuthority(name)))
          findings.error(at, `the header ${JSON.stringify(name)} cannot be set`, remedyFor(name));
        checkValue(value, at, findings);
      }
    }
    (operations?.remove ?? []).forEach((name, index) => {
      if (HEADER_NAME.test(name) && !isAuthority(name)) return;
      const at = [...path, side, 'remove', index];
      findings.error(at, `the header ${JSON.stringify(name)} cannot be removed`, remedyFor(name));
    });
  }
}

function remedyFor(name: string): string {
  if (isAuthority(name)) return 'The host can be set in a request only; see also rewrite.authority.';
  if (name.startsWith(':')) return 'Pseudo-headers cannot be edited; see rewrite.uri.';
  return 'A header name has no blanks or special characters.';
}

function checkValue(value: string, path: FieldPath, findings: Findings): void {
  if (HEADER_VALUE_FAULT.test(value))
    findings.error(path, 'control character in a header value', 'Remove it.');
  else if (hasBadFormat(value))
    findings.error(
      path,
      `invalid operator in ${JSON.stringify(value)}`,
      'A literal percent sign is written "%%".',
    );
}

function hasBadFormat(value: string): boolean {
  return value.replace(/%%|%[A-Z_0-9]+(\([^)]*\))?(:[0-9]+)?%/g, '').includes('%');
}

/** The host of a request can be rewritten in one place only. */
export function checkAuthorities(route: HttpRoute, path: FieldPath, findings: Findings): void {
  const { set = {}, add = {} } = route.headers?.request ?? {};
  const names = [...Object.keys(set), ...Object.keys(add)].filter(isAuthority);
  const places = (route.rewrite?.authority ?? '') === '' ? names : ['rewrite.authority', ...names];
  if (places.length > 1)
    findings.error(
      [...path, 'headers'],
      `the host is rewritten more than once: by ${places.join(' and ')}`,
      'Keep one of them.',
    );
}
