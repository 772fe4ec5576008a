/** The payload of a verified token; claims that are lists of words separated by blanks are lists here. */
export type JwtClaims = Readonly<Record<string, unknown>>;

/** The claim at the end of these steps; undefined = there is none. */
export function readClaim(claims: JwtClaims, steps: readonly string[]): unknown {
  let value: unknown = claims;
  for (const step of steps) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as JwtClaims)[step];
  }
  return value;
}

/** A text, or one text of a list; numbers and booleans never match (ISTIO.md, correction 22). */
export function someText(value: unknown, test: (text: string) => boolean): boolean {
  if (typeof value === 'string') return test(value);
  return Array.isArray(value) && value.some((item) => typeof item === 'string' && test(item));
}

/** `iss/sub`; '' where either is missing (ISTIO.md, correction 21). */
export function requestPrincipal(claims: JwtClaims): string {
  const { iss, sub } = claims;
  const isWhole = typeof iss === 'string' && typeof sub === 'string' && iss !== '' && sub !== '';
  return isWhole ? `${iss}/${sub}` : '';
}
