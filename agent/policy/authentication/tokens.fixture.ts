import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { AuthenticationSpec, JwtRuleSpec } from '../../../model/authentication.ts';
import type { RequestHead } from '../../codec/head.ts';

/** Keys and tokens for tests: what an issuer does. */

export const KEYS = {
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ec: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ed: generateKeyPairSync('ed25519'),
};

export const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

export function jwks(key: KeyObject, fields: Readonly<Record<string, string>> = { kid: 'k1' }): string {
  return JSON.stringify({ keys: [{ ...key.export({ format: 'jwk' }), ...fields }] });
}

export function signed(
  header: Readonly<Record<string, unknown>>,
  claims: unknown,
  makeSignature: (data: Buffer) => Buffer,
): string {
  const text = `${encode(header)}.${encode(claims)}`;
  return `${text}.${makeSignature(Buffer.from(text)).toString('base64url')}`;
}

export const CLAIMS = { iss: 'me', sub: 'ann', exp: 2000 };

export function rs256(claims: unknown = CLAIMS, header: Readonly<Record<string, unknown>> = {}): string {
  return signed({ alg: 'RS256', kid: 'k1', ...header }, claims, (data) =>
    sign('sha256', data, KEYS.rsa.privateKey),
  );
}

export function policyOf(...rules: Partial<JwtRuleSpec>[]): AuthenticationSpec {
  return {
    name: 'default/p',
    rules: rules.map((rule) => ({
      ...{ issuer: 'me', audiences: [], jwks: jwks(KEYS.rsa.publicKey), jwksUri: '' },
      fromHeaders: [{ name: 'authorization', prefix: 'Bearer ' }],
      ...{ fromParams: ['access_token'], fromCookies: [], forwardsToken: false, payloadHeader: '' },
      ...{ claimHeaders: [], spaceDelimitedClaims: ['scope'], ...rule },
    })),
  };
}

export function headOf(headers: string[], path = '/'): RequestHead {
  return { method: 'GET', path, authority: 'shop', headers } as unknown as RequestHead;
}
