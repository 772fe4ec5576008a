import type { AuthenticationSpec, JwtRuleSpec } from '../../../model/authentication.ts';
import type { RequestHead } from '../../codec/head.ts';
import { removeHeader } from '../headers.ts';
import { toWireText } from '../wire-text.ts';
import { type JwtClaims, readClaim } from './claims.ts';
import { type JwtKey, parseKeys, verifySignature } from './keys.ts';
import { type Location, locationsOf, readLocation, removeFrom } from './locations.ts';
import { parseToken, type Token } from './token.ts';

/**
 * RequestAuthentication: every token that a request carries must be good under one of the rules that look where it is;
 * a request without any passes, and is nobody's. The rules of all policies add up.
 */
export interface Authenticator {
  /** Edits the head: tokens are taken out, and claims put in, as the rules say. */
  authenticate(head: RequestHead, nowMs: number): Authentication;
  /** The controller fetches some of the keys, and may find new ones. */
  readonly canLearnKeys: boolean;
}

export interface Authentication {
  /** Of the first good token; null = there was none. */
  readonly claims: JwtClaims | null;
  /** Why a token is not good; '' = none is bad. */
  readonly refusal: string;
}

/** Both sides' clocks may differ by so much (Envoy's `clock_skew_seconds`). */
const CLOCK_SKEW_S = 60;
/** Verified tokens that a rule remembers; each is about 2 KB. */
const MAX_REMEMBERED = 256;

export const UNKNOWN_ISSUER = 'Jwt issuer is not configured';
export const WRONG_AUDIENCE = 'Audiences in Jwt are not allowed';

const NO_TOKEN: Authentication = Object.freeze({ claims: null, refusal: '' });

interface Rule {
  readonly spec: JwtRuleSpec;
  readonly keys: readonly JwtKey[];
  /** As {@link plainAudience} gives them; empty = not asked for. */
  readonly audiences: ReadonlySet<string>;
  /** By the token's text, oldest first: a signature is checked once. */
  readonly verified: Map<string, Verified>;
}

interface Place {
  readonly location: Location;
  readonly rules: readonly Rule[];
}

interface Verified {
  readonly expiresAt: number;
  readonly notBefore: number;
  readonly claims: JwtClaims;
  /** Headers for the application, name and value in turn. */
  readonly headers: readonly string[];
}

/** null = no policy asks for anything. */
export function createAuthenticator(policies: readonly AuthenticationSpec[]): Authenticator | null {
  const rules = policies.flatMap((policy) => policy.rules).map(createRule);
  if (rules.length === 0) return null;
  const places = placesOf(rules);
  const outputs = [...new Set(rules.flatMap(({ spec }) => outputNames(spec)))];
  return {
    canLearnKeys: rules.some(({ spec }) => spec.jwksUri !== ''),
    authenticate(head, nowMs) {
      // Nobody but this proxy says what a token says.
      for (const name of outputs) removeHeader(head.headers, name);
      let claims: JwtClaims | null = null;
      for (const { location, rules: candidates } of places) {
        const text = readLocation(location, head);
        if (text === null) continue;
        const result = verifyUnderOne(text, candidates, Math.floor(nowMs / 1000));
        if (typeof result === 'string') return { claims: null, refusal: result };
        const { rule, verified } = result;
        claims ??= verified.claims;
        if (!rule.spec.forwardsToken) removeFrom(location, head);
        for (const each of verified.headers) head.headers.push(each);
      }
      return claims === null ? NO_TOKEN : { claims, refusal: '' };
    },
  };
}

function createRule(spec: JwtRuleSpec): Rule {
  const audiences = new Set(spec.audiences.map(plainAudience));
  return { spec, keys: parseKeys(spec.jwks), audiences, verified: new Map() };
}

/** An audience is often an address: Envoy compares it without its scheme and the slash at its end. */
function plainAudience(audience: string): string {
  return audience.replace(/^https?:\/\//, '').replace(/\/$/, '');
}

/** Headers first, then parameters, then cookies; a place that several rules name is looked at once. */
function placesOf(rules: readonly Rule[]): readonly Place[] {
  const byKey = new Map<string, { location: Location; rules: Rule[] }>();
  for (const rule of rules) {
    for (const location of locationsOf(rule.spec)) {
      const key = JSON.stringify(location);
      const place = byKey.get(key) ?? { location, rules: [] };
      place.rules.push(rule);
      byKey.set(key, place);
    }
  }
  const order = ['header', 'param', 'cookie'];
  return [...byKey.values()].sort((a, b) => order.indexOf(a.location.kind) - order.indexOf(b.location.kind));
}

function outputNames({ payloadHeader, claimHeaders }: JwtRuleSpec): string[] {
  const names = claimHeaders.map(({ header }) => header);
  return payloadHeader === '' ? names : [payloadHeader, ...names];
}

interface Success {
  readonly rule: Rule;
  readonly verified: Verified;
}

/** A text is the reason of the last rule that the token could have been for. */
function verifyUnderOne(text: string, rules: readonly Rule[], nowS: number): Success | string {
  for (const rule of rules) {
    const verified = rule.verified.get(text);
    if (verified !== undefined && timeFault(verified, nowS) === '') return { rule, verified };
  }
  const token = parseToken(text);
  if (typeof token === 'string') return token;
  let refusal = UNKNOWN_ISSUER;
  for (const rule of rules) {
    const { issuer } = rule.spec;
    if (issuer !== '' && issuer !== token.issuer) continue;
    refusal = checkToken(token, rule, nowS);
    if (refusal !== '') continue;
    const verified = verifiedToken(token, rule.spec);
    remember(rule, text, verified);
    return { rule, verified };
  }
  return refusal;
}

/** In Envoy's order, which decides what a token with several faults is told. */
function checkToken(token: Token, { audiences, keys }: Rule, nowS: number): string {
  const time = timeFault(token, nowS);
  if (time !== '') return time;
  if (audiences.size > 0 && !token.audiences.some((each) => audiences.has(plainAudience(each))))
    return WRONG_AUDIENCE;
  return verifySignature(token, keys);
}

function timeFault({ expiresAt, notBefore }: Pick<Token, 'expiresAt' | 'notBefore'>, nowS: number): string {
  if (expiresAt !== 0 && expiresAt + CLOCK_SKEW_S < nowS) return 'Jwt is expired';
  return notBefore > nowS + CLOCK_SKEW_S ? 'Jwt not yet valid' : '';
}

function remember({ verified }: Rule, text: string, token: Verified): void {
  if (verified.size >= MAX_REMEMBERED) verified.delete(verified.keys().next().value ?? '');
  // Not a slice of the head, which would keep all of the head's memory.
  verified.set(Buffer.from(text, 'latin1').latin1Slice(), token);
}

function verifiedToken({ claims, payload, expiresAt, notBefore }: Token, spec: JwtRuleSpec): Verified {
  const headers = spec.payloadHeader === '' ? [] : [spec.payloadHeader, payload];
  for (const { header, claim } of spec.claimHeaders) {
    const value = headerValue(readClaim(claims, claim));
    if (value !== null) headers.push(header, value);
  }
  return { expiresAt, notBefore, headers, claims: splitClaims(claims, spec.spaceDelimitedClaims) };
}

/** Lists and objects as base64 of their JSON, as Envoy writes them; null = there is nothing to say. */
function headerValue(value: unknown): string | null {
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (typeof value === 'object' && value !== null)
    return Buffer.from(JSON.stringify(value), 'utf8').toString('base64');
  // A claim is no way to write another header.
  return typeof value === 'string' && !/[\r\n\0]/.test(value) ? toWireText(value) : null;
}

function splitClaims(claims: JwtClaims, names: readonly string[]): JwtClaims {
  const split: Record<string, unknown> = {};
  for (const name of names) {
    const value = Object.hasOwn(claims, name) ? claims[name] : undefined;
    if (typeof value === 'string') split[name] = value.split(' ');
  }
  return Object.keys(split).length === 0 ? claims : { ...claims, ...split };
}
