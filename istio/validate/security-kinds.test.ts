import { describe } from 'node:test';
import { type FaultCase, testFaults } from '../testing/assert-faults.ts';

const peers: FaultCase[] = [
  ['takes a mode', { mtls: { mode: 'STRICT' } }],
  [
    'takes ports of a workload',
    { selector: { matchLabels: { app: 'a' } }, portLevelMtls: { 8080: { mode: 'DISABLE' } } },
  ],
  [
    'refuses ports without selector',
    { portLevelMtls: { 8080: { mode: 'DISABLE' } } },
    /cannot have port level mTLS/,
  ],
  [
    'refuses an empty list of ports',
    { selector: { matchLabels: { app: 'a' } }, portLevelMtls: {} },
    /must name at least one port/,
  ],
  [
    'refuses ports that are none',
    { selector: { matchLabels: { app: 'a' } }, portLevelMtls: { http: {}, 70000: {} } },
    /port http must be/,
    /port 70000 must be/,
  ],
  ['refuses unknown modes', { mtls: { mode: 'HARD' } }, /unknown value "HARD"/],
  ['warns of a selector without labels', { selector: {} }, /^Warning .*selects all workloads/],
];

const key = (fields: object) => JSON.stringify({ keys: [fields] });

const requests: FaultCase[] = [
  ['takes an issuer', { jwtRules: [{ issuer: 'x', jwks: key({ kty: 'RSA', n: 'a', e: 'AQAB' }) }] }],
  [
    'takes a URI',
    { jwtRules: [{ jwksUri: 'https://k.example/j', fromHeaders: [{ name: 'x', prefix: 'y ' }] }] },
  ],
  [
    'refuses a rule about nobody',
    { jwtRules: [{ audiences: [''] }] },
    /issuer or jwksUri must be given/,
    /audiences\[0\]/,
  ],
  [
    'refuses keys that are none',
    {
      jwtRules: [
        { issuer: 'x', jwks: '{}' },
        { issuer: 'x', jwks: 'no' },
        { issuer: 'x', jwks: key({ kty: 'EC', crv: 'P-256' }) },
      ],
    },
    /jwtRules\[0\]\.jwks: jwks key 0 has the unknown type ""/,
    /jwtRules\[1\]\.jwks: jwks is no JSON/,
    /jwtRules\[2\]\.jwks: jwks key 0 lacks x/,
  ],
  [
    'warns of private keys',
    { jwtRules: [{ issuer: 'x', jwks: key({ kty: 'OKP', crv: 'Ed25519', x: 'a', d: 'b' }) }] },
    /^Warning .*is private/,
  ],
  [
    'refuses URIs',
    {
      jwtRules: [
        { issuer: 'x', jwksUri: 'ftp://a' },
        { issuer: 'x', jwksUri: 'a b' },
      ],
    },
    /scheme "ftp:" is not supported/,
    /"a b" is no URI/,
  ],
  [
    'refuses headers for claims',
    {
      jwtRules: [
        {
          issuer: 'x',
          outputClaimToHeaders: [{ header: 'a b', claim: 'c' }, {}],
          fromHeaders: [{}],
          timeout: '0s',
        },
      ],
    },
    /invalid header name "a b"/,
    /header and claim must both/,
    /fromHeaders\[0\]\.name/,
    /duration 0s/,
  ],
  [
    'refuses selector beside targetRefs',
    { selector: { matchLabels: { a: 'b' } }, targetRefs: [{ kind: 'Service', name: 'x', group: '' }] },
    /only one of selector and targetRefs/,
    /^Warning .*waypoints/,
  ],
  [
    'refuses targets',
    { targetRefs: [{ kind: 'Pod', namespace: 'x' }] },
    /the name of a target/,
    /a target of another namespace/,
    /cannot be of kind \/Pod/,
    /^Warning .*waypoints/,
  ],
];

const policies: FaultCase[] = [
  ['takes nothing: deny all', {}],
  ['takes an empty rule: allow all', { rules: [{}] }],
  ['takes empty lists, which mean any', { rules: [{ from: [], to: [] }] }],
  [
    'takes sources, operations and conditions',
    {
      rules: [
        {
          from: [{ source: { namespaces: ['a'], ipBlocks: ['10.0.0.0/8'] } }],
          to: [{ operation: { methods: ['GET'], paths: ['/a/{*}/b', '/c*'], ports: ['80'] } }],
          when: [{ key: 'request.headers[x-a]', values: ['*'] }],
        },
      ],
    },
  ],
  [
    'refuses DENY and CUSTOM without rules',
    { action: 'DENY' },
    /action DENY without rules is never triggered/,
  ],
  [
    'refuses empty sources and operations',
    { rules: [{ from: [{ source: {} }, {}], to: [{ operation: { paths: [] } }] }] },
    /from\[0\]\.source: source must not be empty/,
    /from\[1\]\.source/,
    /to\[0\]\.operation: operation must not be empty/,
  ],
  [
    'refuses empty values',
    { rules: [{ from: [{ source: { principals: [''] } }] }] },
    /principals\[0\]: a value must not be empty/,
  ],
  [
    'says that what other filters of Envoy find out matches nothing',
    { rules: [{ when: [{ key: 'experimental.envoy.filters.a.b[c]', values: ['d'] }] }] },
    /^Warning spec\.rules\[0\]\.when\[0\]\.key: .*matches nothing here/,
  ],
  [
    'refuses accounts beside namespaces, and wildcards in them',
    { rules: [{ from: [{ source: { serviceAccounts: ['a*', 'a/b/c'], namespaces: ['x'] } }] }] },
    /serviceAccounts and namespaces exclude/,
    /"a\*" is no service account/,
    /"a\/b\/c" is no service account/,
  ],
  [
    'refuses addresses and ports',
    {
      rules: [
        { from: [{ source: { ipBlocks: ['10.0.0.0/40'] } }], to: [{ operation: { ports: ['http'] } }] },
      ],
    },
    /"10\.0\.0\.0\/40" is no IP/,
    /"http" is no port/,
  ],
  [
    'refuses path templates',
    { rules: [{ to: [{ operation: { paths: ['/a/{*}/b*', '/{**}/{*}', '/{x}'] } }] }] },
    /paths\[0\]: unsupported segment "b\*"/,
    /paths\[1\]: nothing variable may follow/,
    /paths\[2\]: unsupported segment "\{x\}"/,
  ],
  [
    'refuses unknown conditions, with what was meant',
    {
      rules: [
        {
          when: [
            { key: 'source.namespac', values: ['a'] },
            { key: 'request.headers', values: ['a'] },
            { key: 'source.ip' },
            { values: ['a'] },
          ],
        },
      ],
    },
    /unknown attribute "source\.namespac"/,
    /lacks its name in brackets/,
    /values or notValues must be given/,
    /key must not be empty/,
  ],
  [
    'refuses providers of other actions',
    { provider: { name: 'x' }, rules: [{}] },
    /provider belongs to action CUSTOM/,
  ],
  [
    'refuses CUSTOM by identity',
    {
      action: 'CUSTOM',
      provider: { name: 'x' },
      rules: [
        {
          from: [{ source: { principals: ['a'] } }],
          when: [{ key: 'request.auth.principal', values: ['a'] }],
        },
      ],
    },
    /principals is not supported with action CUSTOM/,
    /request\.auth\.principal is not supported with action CUSTOM/,
  ],
  [
    'warns of DENY by HTTP alone',
    { action: 'DENY', rules: [{ to: [{ operation: { methods: ['GET'] } }] }] },
    /^Warning .*denies all traffic to TCP ports/,
  ],
];

describe('PeerAuthentication', () => testFaults('PeerAuthentication', peers));
describe('RequestAuthentication', () => testFaults('RequestAuthentication', requests));
describe('AuthorizationPolicy', () => testFaults('AuthorizationPolicy', policies));
describe('dry-run', () =>
  testFaults(
    'AuthorizationPolicy',
    [['refuses what is no boolean', { rules: [{}] }, /istio\.io\/dry-run is "maybe"/]],
    {
      name: 'a',
      annotations: { 'istio.io/dry-run': 'maybe' },
    },
  ));
