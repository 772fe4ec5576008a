import type { FieldNotes } from './notes.ts';

/** Who calls and what is called: AuthorizationPolicy and RateLimit have it alike. */
const RULES: FieldNotes = {
  'from.source': 'Who calls; all that is named must hold.',
  'rules.from': 'Who calls: any of these. Left out = everybody.',
  'rules.to': 'What is called: any of these. Left out = everything.',
  'rules.when': 'Further conditions, all of which must hold.',
  'source.principals': 'Identities from mutual TLS: cluster.local/ns/NAMESPACE/sa/ACCOUNT; * at either end.',
  'source.requestPrincipals': 'ISSUER/SUBJECT of the token; "*" = any valid token.',
  'source.namespaces': 'Namespaces of the callers, from mutual TLS.',
  'source.serviceAccounts': 'NAMESPACE/ACCOUNT of the callers, from mutual TLS.',
  'source.ipBlocks': 'Addresses of the connection, as ADDRESS/BITS.',
  'source.remoteIpBlocks': 'Addresses of the first caller, by X-Forwarded-For as far as it is trusted.',
  'to.operation': 'What is called; all that is named must hold.',
  'operation.hosts': 'Host headers.',
  'operation.ports': 'Ports of the workload, in quotes.',
  'operation.methods': 'Methods: GET, POST …; "*" = any, which also means: it is HTTP.',
  'operation.paths': 'Paths: exact, "/api/*", "*/status", or with {*} and {**} for segments.',
  'when.key': 'request.headers[NAME], source.ip, request.auth.claims[NAME], connection.sni …',
  'when.values': 'Any of these values.',
  'when.notValues': 'None of these values.',
};

export const POLICY_NOTES: Readonly<Record<string, FieldNotes>> = {
  PeerAuthentication: {
    '': 'Whether callers must use mutual TLS.',
    mtls: 'For all ports of the workloads.',
    'mtls.mode':
      'STRICT: mutual TLS only. PERMISSIVE: plain too. DISABLE: plain only. UNSET: as its namespace or mesh.',
    portLevelMtls: 'Port of the workload → mode, where it differs. Needs a selector.',
    mode: 'STRICT: mutual TLS only. PERMISSIVE: plain too. DISABLE: plain only. UNSET: as around it.',
  },
  RequestAuthentication: {
    '': 'Tokens (JWT) that are looked at. A bad one is refused; none at all passes, so add an AuthorizationPolicy.',
    jwtRules: 'Issuers that are trusted.',
    'jwtRules.issuer': 'The iss claim that the token must have.',
    'jwtRules.audiences': 'Any of them must be among the aud claim.',
    'jwtRules.jwksUri': 'Where the keys of the issuer are fetched.',
    'jwtRules.jwks': 'The keys themselves, instead.',
    'jwtRules.fromHeaders':
      'Headers that hold the token. Left out: Authorization: Bearer, and ?access_token=.',
    'jwtRules.fromParams': 'Names in the query that hold the token.',
    'jwtRules.fromCookies': 'Cookies that hold the token.',
    'jwtRules.outputPayloadToHeader': "Header that gets the token's claims, base64url.",
    'jwtRules.outputClaimToHeaders': 'Single claims that go into headers.',
    'jwtRules.forwardOriginalToken': 'true = the token is passed on to the service.',
  },
  AuthorizationPolicy: {
    ...RULES,
    '': 'Who may call what. With any ALLOW policy, what none allows is refused; DENY goes before ALLOW.',
    action: 'ALLOW (unless said), DENY, AUDIT, or CUSTOM: another service decides.',
    rules: 'It holds if any of these does. None = never: with ALLOW, everything is refused.',
    provider: 'For CUSTOM: an extension provider of MeshConfig.',
  },
  RateLimit: {
    ...RULES,
    '': 'How many requests may pass in a time.',
    mode: 'LOCAL: each proxy counts for itself. GLOBAL: one count for all.',
    rules: 'Limits; each that fits counts, the strictest decides.',
    'rules.per': 'One count for each value of these: a header, an address, a path.',
    'rules.limit': 'How many in how long.',
    'limit.requests': 'How many.',
    'limit.unit': 'In how long.',
    'limit.burst': 'How many at once at most.',
    provider: 'A service that speaks the rate limit protocol of Envoy; left out = the controller.',
  },
  EnvoyFilter: {
    '': "Patches of Envoy's configuration. Only those for rate limits are read here; others are told of.",
    configPatches: 'The patches, in order.',
    'configPatches.applyTo': 'What is patched.',
    'configPatches.match': 'Where.',
    'configPatches.patch': 'How.',
  },
};
