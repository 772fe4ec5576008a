import type { Resource } from '../../../istio/resource.ts';
import type { JwtRule, RequestAuthenticationSpec } from '../../../istio/schema/security.ts';
import type { AuthenticationSpec, JwtRuleSpec } from '../../../model/authentication.ts';
import type { Workload } from '../world.ts';
import type { WorldIndex } from '../world-index.ts';
import { securityPolicies } from './policy-scope.ts';

/** The RequestAuthentications that act at a proxy, with the keys that the controller has fetched for them. */
export function compileAuthentication(
  index: WorldIndex,
  proxy: Workload,
): ReadonlyMap<string, AuthenticationSpec> {
  const { shared, world } = index;
  const specs = securityPolicies(index, proxy, index.requestAuthentications).map((policy) =>
    shared.keep(`authentication ${policy.namespace}/${policy.name}`, [policy, world.jwks], () =>
      compilePolicy(index, policy),
    ),
  );
  return shared.keep(`authentication of ${proxy.id}`, specs, () => mapOf(specs));
}

const mapOf = (specs: readonly AuthenticationSpec[]) => new Map(specs.map((spec) => [spec.name, spec]));

function compilePolicy(index: WorldIndex, policy: Resource<RequestAuthenticationSpec>): AuthenticationSpec {
  const { jwks } = index.world;
  return {
    name: `${policy.namespace}/${policy.name}`,
    rules: (policy.spec.jwtRules ?? []).map((rule) => compileRule(rule, jwks ?? NOTHING_FETCHED)),
  };
}

const NOTHING_FETCHED: ReadonlyMap<string, string> = new Map();

/**
 * Where a rule's keys are to be fetched; '' = the document has them. Without any, they are found by OpenID Connect
 * Discovery, from the issuer.
 */
export function keySourceOf({ issuer = '', jwksUri = '', jwks = '' }: JwtRule): string {
  if (jwks !== '') return '';
  return jwksUri === '' ? `${issuer.replace(/\/$/, '')}${DISCOVERY_PATH}` : jwksUri;
}

/** OpenID Connect Discovery 1.0 §4. */
export const DISCOVERY_PATH = '/.well-known/openid-configuration';

function compileRule(rule: JwtRule, fetched: ReadonlyMap<string, string>): JwtRuleSpec {
  const { fromHeaders = [], fromParams = [], fromCookies = [] } = rule;
  const source = keySourceOf(rule);
  // Any place of its own takes the place of the usual ones.
  const isUsual = fromHeaders.length + fromParams.length + fromCookies.length === 0;
  return {
    issuer: rule.issuer ?? '',
    audiences: rule.audiences ?? [],
    jwks: source === '' ? (rule.jwks ?? '') : (fetched.get(source) ?? ''),
    jwksUri: source,
    fromHeaders: isUsual
      ? [{ name: 'authorization', prefix: 'Bearer ' }]
      : fromHeaders.map(({ name = '', prefix = '' }) => ({ name: name.toLowerCase(), prefix })),
    fromParams: isUsual ? ['access_token'] : fromParams,
    fromCookies,
    forwardsToken: rule.forwardOriginalToken ?? false,
    payloadHeader: (rule.outputPayloadToHeader ?? '').toLowerCase(),
    claimHeaders: (rule.outputClaimToHeaders ?? []).map(({ header = '', claim = '' }) => {
      return { header: header.toLowerCase(), claim: claim.split('.') };
    }),
    spaceDelimitedClaims: [...new Set(['scope', 'permission', ...(rule.spaceDelimitedClaims ?? [])])],
  };
}
