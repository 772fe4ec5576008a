import { z } from 'zod';
import { duration, flag, targetReference, text, workloadSelector } from './scalars.ts';

/** security/v1: peer_authentication.proto, request_authentication.proto, authorization_policy.proto */

const mutualTls = z.strictObject({ mode: z.enum(['UNSET', 'DISABLE', 'PERMISSIVE', 'STRICT']).optional() });

export const peerAuthentication = z.strictObject({
  selector: workloadSelector.optional(),
  mtls: mutualTls.optional(),
  portLevelMtls: z.record(z.string(), mutualTls).optional(),
});

const jwtRule = z.strictObject({
  issuer: text.optional(),
  audiences: z.array(text).optional(),
  jwksUri: text.optional(),
  jwks: text.optional(),
  fromHeaders: z.array(z.strictObject({ name: text.optional(), prefix: text.optional() })).optional(),
  fromParams: z.array(text).optional(),
  fromCookies: z.array(text).optional(),
  outputPayloadToHeader: text.optional(),
  outputClaimToHeaders: z
    .array(z.strictObject({ header: text.optional(), claim: text.optional() }))
    .optional(),
  forwardOriginalToken: flag.optional(),
  timeout: duration.optional(),
  spaceDelimitedClaims: z.array(text).optional(),
});

export const requestAuthentication = z.strictObject({
  selector: workloadSelector.optional(),
  targetRef: targetReference.optional(),
  targetRefs: z.array(targetReference).optional(),
  jwtRules: z.array(jwtRule).optional(),
});

const texts = z.array(text).optional();

const source = z.strictObject({
  principals: texts,
  notPrincipals: texts,
  requestPrincipals: texts,
  notRequestPrincipals: texts,
  namespaces: texts,
  notNamespaces: texts,
  serviceAccounts: texts,
  notServiceAccounts: texts,
  trustDomains: texts,
  notTrustDomains: texts,
  ipBlocks: texts,
  notIpBlocks: texts,
  remoteIpBlocks: texts,
  notRemoteIpBlocks: texts,
});

const operation = z.strictObject({
  hosts: texts,
  notHosts: texts,
  ports: texts,
  notPorts: texts,
  methods: texts,
  notMethods: texts,
  paths: texts,
  notPaths: texts,
});

/** Which requests a rule is about. */
export const authorizationRuleFields = {
  from: z.array(z.strictObject({ source: source.optional() })).optional(),
  to: z.array(z.strictObject({ operation: operation.optional() })).optional(),
  when: z.array(z.strictObject({ key: text.optional(), values: texts, notValues: texts })).optional(),
};

const rule = z.strictObject(authorizationRuleFields);

export const authorizationPolicy = z.strictObject({
  selector: workloadSelector.optional(),
  targetRef: targetReference.optional(),
  targetRefs: z.array(targetReference).optional(),
  rules: z.array(rule).optional(),
  action: z.enum(['ALLOW', 'DENY', 'AUDIT', 'CUSTOM']).optional(),
  provider: z.strictObject({ name: text.optional() }).optional(),
});

export type PeerAuthenticationSpec = z.infer<typeof peerAuthentication>;
export type RequestAuthenticationSpec = z.infer<typeof requestAuthentication>;
export type AuthorizationPolicySpec = z.infer<typeof authorizationPolicy>;
export type JwtRule = z.infer<typeof jwtRule>;
export type AuthorizationRule = z.infer<typeof rule>;
export type AuthorizationSource = z.infer<typeof source>;
export type AuthorizationOperation = z.infer<typeof operation>;
