import { constants, createPublicKey, type KeyObject, verify } from 'node:crypto';
import type { Token } from './token.ts';

/** Public keys of a JSON Web Key Set (RFC 7517), and signatures that are checked with them. */

export interface JwtKey {
  /** '' = none given. */
  readonly keyId: string;
  /** What the key says that it is for; '' = whatever its kind can do. */
  readonly algorithm: string;
  readonly key: KeyObject;
}

/** Keys that cannot be used are left out: others of the set may do. */
export function parseKeys(jwks: string): readonly JwtKey[] {
  return keysOf(jwks).flatMap((jwk) => {
    const { kid, alg, kty } = jwk as Record<string, unknown>;
    if (kty !== 'RSA' && kty !== 'EC' && kty !== 'OKP') return [];
    try {
      const key = createPublicKey({ key: jwk, format: 'jwk' });
      return [
        { keyId: typeof kid === 'string' ? kid : '', algorithm: typeof alg === 'string' ? alg : '', key },
      ];
    } catch {
      return [];
    }
  });
}

function keysOf(jwks: string): readonly object[] {
  try {
    const { keys } = JSON.parse(jwks) as { keys?: unknown };
    return Array.isArray(keys) ? keys.filter((each) => typeof each === 'object' && each !== null) : [];
  } catch {
    return [];
  }
}

export const NO_SUCH_KEY = "Jwks doesn't have key to match kid or alg from Jwt";

/** '' = a key of the set has signed it. */
export function verifySignature(token: Token, keys: readonly JwtKey[]): string {
  let isMatched = false;
  for (const { keyId, algorithm, key } of keys) {
    if (token.keyId !== '' && keyId !== '' && keyId !== token.keyId) continue;
    if (algorithm !== '' && algorithm !== token.algorithm) continue;
    isMatched = true;
    if (isSignedBy(token, key)) return '';
  }
  return isMatched ? 'Jwt verification fails' : NO_SUCH_KEY;
}

/** Curve that each of the elliptic algorithms is defined with (RFC 7518 §3.4). */
const CURVES: Readonly<Record<string, string>> = {
  ES256: 'prime256v1',
  ES384: 'secp384r1',
  ES512: 'secp521r1',
};

/** The kind of the key decides what it may be used for, never the token alone (RFC 8725 §3.1). */
function isSignedBy({ algorithm, signed, signature }: Token, key: KeyObject): boolean {
  const hash = `sha${algorithm.slice(2)}`;
  const kind = key.asymmetricKeyType;
  if (algorithm === 'EdDSA') return kind === 'ed25519' && verify(null, signed, key, signature);
  if (algorithm.startsWith('ES')) {
    if (kind !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== CURVES[algorithm]) return false;
    return verify(hash, signed, { key, dsaEncoding: 'ieee-p1363' }, signature);
  }
  if (kind !== 'rsa') return false;
  if (algorithm.startsWith('RS')) return verify(hash, signed, key, signature);
  const padding = constants.RSA_PKCS1_PSS_PADDING;
  return verify(hash, signed, { key, padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }, signature);
}
