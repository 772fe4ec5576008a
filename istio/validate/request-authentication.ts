import type { FieldPath } from '../field-path.ts';
import type { JwtRule, RequestAuthenticationSpec } from '../schema/security.ts';
import type { Findings } from './finding.ts';
import { checkJwks } from './jwks.ts';
import { checkTargets } from './selector.ts';
import { checkDuration } from './values.ts';

/** `ValidateRequestAuthentication` of Istio. */
export function validateRequestAuthentication(spec: RequestAuthenticationSpec, findings: Findings): void {
  checkTargets(spec, findings);
  (spec.jwtRules ?? []).forEach((rule, index) => {
    validateRule(rule, ['jwtRules', index], findings);
  });
}

function validateRule(rule: JwtRule, path: FieldPath, findings: Findings): void {
  const { issuer = '', jwksUri = '', jwks = '' } = rule;
  if (issuer === '' && jwksUri === '')
    findings.error(path, 'issuer or jwksUri must be given', 'Add `issuer:`, the `iss` of the tokens.');
  if (jwksUri !== '') checkUri(jwksUri, [...path, 'jwksUri'], findings);
  if (jwks !== '') {
    checkJwks(jwks, [...path, 'jwks'], findings);
    if (jwksUri !== '') findings.warn([...path, 'jwksUri'], 'jwks is used, not jwksUri', 'Keep one of them.');
  }
  for (const field of ['audiences', 'fromParams', 'fromCookies'] as const) {
    (rule[field] ?? []).forEach((text, index) => {
      if (text === '') findings.error([...path, field, index], `an entry of ${field} must not be empty`);
    });
  }
  (rule.fromHeaders ?? []).forEach(({ name = '' }, index) => {
    if (name === '') findings.error([...path, 'fromHeaders', index, 'name'], 'name must not be empty');
  });
  (rule.outputClaimToHeaders ?? []).forEach(({ header = '', claim = '' }, index) => {
    const at = [...path, 'outputClaimToHeaders', index];
    if (header === '' || claim === '') findings.error(at, 'header and claim must both be given');
    else if (!/^[-_A-Za-z0-9]+$/.test(header))
      findings.error([...at, 'header'], `invalid header name ${JSON.stringify(header)}`);
  });
  checkDuration(rule.timeout, [...path, 'timeout'], findings);
}

function checkUri(uri: string, path: FieldPath, findings: Findings): void {
  const parsed = URL.canParse(uri) ? new URL(uri) : null;
  if (parsed === null)
    findings.error(path, `${JSON.stringify(uri)} is no URI`, 'E.g. https://auth.example.com/jwks.');
  else if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')
    findings.error(path, `URI scheme ${JSON.stringify(parsed.protocol)} is not supported`, 'Use https.');
  else if (parsed.hostname === '') findings.error(path, 'the URI has no host');
}
