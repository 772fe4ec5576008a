import { AssertionError } from 'node:assert/strict';

/**
 * Scenario → what it needs that is not built yet. A test sees to it that each of them really still fails; whoever builds
 * what it waits for takes it off. One line each, so that lists of several hands merge.
 */
const WAITING: Readonly<Record<string, string>> = {
  'authorization/allow-and-deny': 'AuthorizationPolicy',
  'authorization/at-a-gateway': 'AuthorizationPolicy',
  'authorization/deny-on-negatives': 'AuthorizationPolicy',
  'authorization/empty-policies': 'AuthorizationPolicy',
  'authorization/empty-rule': 'AuthorizationPolicy',
  'authorization/empty-rule-deny': 'AuthorizationPolicy',
  'authorization/ip-blocks': 'AuthorizationPolicy',
  'authorization/methods-and-negatives': 'AuthorizationPolicy',
  'authorization/namespaces': 'AuthorizationPolicy',
  'authorization/path-templates': 'AuthorizationPolicy',
  'authorization/paths': 'AuthorizationPolicy',
  'authorization/ports-and-hosts': 'AuthorizationPolicy',
  'authorization/principals': 'AuthorizationPolicy',
  'authorization/scope': 'AuthorizationPolicy',
  'authorization/when-headers': 'AuthorizationPolicy',
  'authorization/when-other-keys': 'AuthorizationPolicy',
  'path-normalisation/policy-sees-normalised': 'AuthorizationPolicy',
  'peer-authentication/destination-rule-tls': 'mutual TLS and PeerAuthentication',
  'peer-authentication/levels': 'mutual TLS and PeerAuthentication',
  'peer-authentication/port-level': 'mutual TLS and PeerAuthentication',
  'peer-authentication/strict': 'mutual TLS and PeerAuthentication',
  'random/authz-1': 'AuthorizationPolicy',
  'random/authz-10': 'AuthorizationPolicy',
  'random/authz-11': 'AuthorizationPolicy',
  'random/authz-12': 'AuthorizationPolicy',
  'random/authz-15': 'AuthorizationPolicy',
  'random/authz-2': 'AuthorizationPolicy',
  'random/authz-3': 'AuthorizationPolicy',
  'random/authz-4': 'AuthorizationPolicy',
  'random/authz-5': 'AuthorizationPolicy',
  'random/authz-6': 'AuthorizationPolicy',
  'random/authz-7': 'AuthorizationPolicy',
  'random/authz-8': 'AuthorizationPolicy',
  'random/authz-9': 'AuthorizationPolicy',
  'request-authentication/at-a-gateway': 'RequestAuthentication',
  'request-authentication/audiences': 'RequestAuthentication',
  'request-authentication/claims': 'RequestAuthentication',
  'request-authentication/forwarding': 'RequestAuthentication',
  'request-authentication/locations': 'RequestAuthentication',
  'request-authentication/required': 'RequestAuthentication',
  'request-authentication/several-policies': 'RequestAuthentication',
  'request-authentication/tokens': 'RequestAuthentication',
  'sidecar-scoping/ingress-listener': 'mutual TLS and PeerAuthentication',
};

export const NOT_YET: ReadonlyMap<string, string> = new Map(Object.entries(WAITING));

/** Another answer than the recorded one, and not a crash. */
export function isDifference(error: unknown): boolean {
  return error instanceof AssertionError;
}
