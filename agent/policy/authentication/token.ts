/**
 * A JSON Web Token in compact form (RFC 7519, RFC 7515 §3.1), read but not verified. Whatever the text is, the result
 * is a token or the reason why it is none, in the words of Envoy's library.
 */

export interface Token {
  readonly algorithm: string;
  /** '' = not given. */
  readonly keyId: string;
  readonly issuer: string;
  readonly audiences: readonly string[];
  /** Seconds since 1970; 0 = not given. */
  readonly expiresAt: number;
  readonly notBefore: number;
  readonly claims: Readonly<Record<string, unknown>>;
  /** The payload as it was sent, base64url. */
  readonly payload: string;
  /** What the signature is about. */
  readonly signed: Buffer;
  readonly signature: Buffer;
}

type Fields = Readonly<Record<string, unknown>>;

export const JWT_BAD_FORMAT =
  'Jwt is not in the form of Header.Payload.Signature with two dots and 3 sections';

/** A text is the reason of a refusal. */
export function parseToken(text: string): Token | string {
  const parts = text.split('.');
  const [head = '', payload = '', end = ''] = parts;
  if (parts.length !== 3 || head === '' || payload === '' || end === '') return JWT_BAD_FORMAT;
  const header = readFields(head, 'header');
  if (typeof header === 'string') return header;
  const headerFault = checkHeader(header);
  if (headerFault !== '') return headerFault;
  const claims = readFields(payload, 'payload');
  if (typeof claims === 'string') return claims;
  const claimsFault = checkClaims(claims);
  if (claimsFault !== '') return claimsFault;
  if (!isBase64Url(end)) return 'Jwt signature is an invalid Base64url encoded';
  return {
    algorithm: header['alg'] as string,
    keyId: (header['kid'] as string | undefined) ?? '',
    issuer: (claims['iss'] as string | undefined) ?? '',
    audiences: typeof claims['aud'] === 'string' ? [claims['aud']] : ((claims['aud'] as string[]) ?? []),
    expiresAt: (claims['exp'] as number | undefined) ?? 0,
    notBefore: (claims['nbf'] as number | undefined) ?? 0,
    ...{ claims, payload },
    signed: Buffer.from(`${head}.${payload}`, 'latin1'),
    signature: Buffer.from(end, 'base64url'),
  };
}

/** Node's own decoder skips what it does not know. */
function isBase64Url(text: string): boolean {
  return /^[A-Za-z0-9_-]+$/.test(text) && text.length % 4 !== 1;
}

function readFields(text: string, part: 'header' | 'payload'): Fields | string {
  if (!isBase64Url(text)) return `Jwt ${part} is an invalid Base64url encoded`;
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Fields) : `Jwt ${part} is an invalid JSON`;
  } catch {
    return `Jwt ${part} is an invalid JSON`;
  }
}

/** `none`, and symmetric keys, are no algorithms here: who could check a token could make it. */
const ALGORITHMS: ReadonlySet<unknown> = new Set([
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'],
]);

function checkHeader({ alg, kid, crit }: Fields): string {
  if (typeof alg !== 'string') return 'Jwt header [alg] field is required and must be a string';
  if (!ALGORITHMS.has(alg)) return 'Jwt header [alg] is not supported';
  if (kid !== undefined && typeof kid !== 'string') return 'Jwt header [kid] field is not a string';
  // RFC 7515 §4.1.11: extensions that must be understood, and none is.
  return crit === undefined ? '' : 'Jwt header [crit] is not supported';
}

function checkClaims(claims: Fields): string {
  for (const name of ['iss', 'sub']) {
    if (claims[name] !== undefined && typeof claims[name] !== 'string')
      return `Jwt payload [${name}] field is not a string`;
  }
  for (const name of ['iat', 'nbf', 'exp']) {
    const value = claims[name];
    if (value === undefined) continue;
    if (typeof value !== 'number' || !Number.isFinite(value))
      return `Jwt payload [${name}] field is not an integer`;
    if (value < 0) return `Jwt payload [${name}] field is out of range`;
  }
  const { aud } = claims;
  const isList = Array.isArray(aud) && aud.every((each) => typeof each === 'string');
  if (aud !== undefined && typeof aud !== 'string' && !isList)
    return 'Jwt payload [aud] field is not a string or string list';
  return '';
}
