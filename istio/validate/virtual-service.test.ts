import { describe } from 'node:test';
import { type FaultCase, testFaults } from '../testing/assert-faults.ts';

const to = (host: string) => ({ destination: { host } });
const route = [to('a')];
const rules = (...http: object[]) => ({ hosts: ['a'], http });
const rule = (fields: object) => rules({ route, ...fields });

const valid: FaultCase[] = [
  ['takes the least', rules({ route })],
  [
    'takes wildcards and addresses as hosts',
    { hosts: ['*.a.example', '10.0.0.1', '::1', '*-b.example'], http: [{ route }] },
  ],
  [
    'takes names of compose services with underscores',
    { hosts: ['my_app'], http: [{ route: [to('my_app_v2')] }] },
  ],
  ['takes * at a gateway', { hosts: ['*'], gateways: ['front'], http: [{ route }] }],
  [
    'takes a gateway of another namespace beside mesh',
    { hosts: ['a'], gateways: ['mesh', 'ns/front'], http: [{ route }] },
  ],
  ['takes a delegate: no hosts', { http: [{ route }] }],
  [
    'takes weights of any sum, and 0 among others',
    rule({
      route: [
        { ...to('a'), weight: 30 },
        { ...to('b'), weight: 0 },
      ],
    }),
  ],
  ['takes a null header match for presence', rule({ match: [{ headers: { 'x-a': null } }] })],
  ['takes an empty match', rule({ match: [{}] })],
  [
    'takes the star as presence in withoutHeaders',
    rule({ match: [{ withoutHeaders: { 'x-a': { regex: '*' } } }] }),
  ],
  ['takes pseudo-headers in a match', rule({ match: [{ headers: { ':method': { exact: 'GET' } } }] })],
  ['takes an empty prefix of the uri', rule({ match: [{ uri: { prefix: '' } }] })],
  [
    'takes claims at a gateway',
    {
      hosts: ['a'],
      gateways: ['front'],
      http: [{ route, match: [{ headers: { '@request.auth.claims.role': { exact: 'x' } } }] }],
    },
  ],
  [
    'takes host as a header to set in a request',
    rule({ headers: { request: { set: { Host: 'b.example' } } } }),
  ],
  [
    'takes operators in header values',
    rule({ headers: { response: { add: { 'x-a': '100%% %REQ(X-B?:PATH):12%' } } } }),
  ],
  [
    'takes durations down to a millisecond',
    rule({ timeout: '1ms', retries: { attempts: 2, perTryTimeout: '1m30s', backoff: '25ms' } }),
  ],
  [
    'takes words and codes in retryOn',
    rule({ retries: { attempts: 1, retryOn: '5xx,reset,unavailable,503' } }),
  ],
  ['takes attempts 0 alone', rule({ retries: { attempts: 0 } })],
  [
    'takes a redirect with its match and headers',
    rules({
      match: [{ uri: { prefix: '/a' } }],
      redirect: { prefixRewrite: '/b' },
      headers: { response: { set: { a: 'b' } } },
    }),
  ],
  ['takes a direct response', rules({ directResponse: { status: 503, body: { string: 'closed' } } })],
  ['takes a delegation', rules({ delegate: { name: 'leaf', namespace: 'other' } })],
  [
    'takes delay and abort together',
    rule({
      fault: {
        delay: { fixedDelay: '5s', percentage: { value: 0.1 } },
        abort: { httpStatus: 500, percentage: { value: 100 } },
      },
    }),
  ],
  [
    'takes tls and tcp routes',
    {
      hosts: ['*.a.example'],
      tls: [{ match: [{ sniHosts: ['x.a.example'], port: 443 }], route }],
      tcp: [{ match: [{ port: 5432, destinationSubnets: ['10.0.0.0/8'] }], route }],
    },
  ],
];

const hosts: FaultCase[] = [
  [
    'refuses * in the mesh',
    { hosts: ['*'], http: [{ route }] },
    /hosts\[0\]: wildcard host \* is not allowed/,
  ],
  [
    'refuses * in the mesh and at a gateway',
    { hosts: ['*'], gateways: ['mesh', 'front'], http: [{ route }] },
    /wildcard host \*/,
  ],
  [
    'refuses what is no host',
    { hosts: ['a b', 'x.*.y', ''], http: [{ route }] },
    /hosts\[0\]: invalid host "a b"/,
    /hosts\[1\]: invalid/,
    /hosts\[2\]: invalid host ""/,
  ],
  [
    'refuses hosts that overlap',
    { hosts: ['x.example', '*.example'], http: [{ route }] },
    /hosts\[1\]: duplicate hosts: "\*\.example" and "x\.example" overlap/,
  ],
  [
    'refuses a delegate with gateways or tls',
    { gateways: ['front'], tls: [{ match: [{ sniHosts: ['a'] }], route }] },
    /spec\.gateways: .*delegate/,
    /spec\.tls: .*delegate/,
    /sniHosts\[0\]: SNI host "a" is not covered/,
  ],
  [
    'refuses a namespace of gateways that is a dot',
    { hosts: ['a'], gateways: ['./front'], http: [{ route }] },
    /gateways\[0\]: invalid value for namespace: "\."/,
  ],
  [
    'refuses names of gateways',
    { hosts: ['a'], gateways: ['ns/a.b', 'A_B!'], http: [{ route }] },
    /gateways\[0\]: invalid gateway name "a\.b"/,
    /gateways\[1\]: invalid gateway name/,
  ],
  [
    'warns of the old form of names of gateways',
    { hosts: ['a'], gateways: ['front.ns.svc.cluster.local'], http: [{ route }] },
    /^Warning .*old form/,
  ],
  [
    'refuses exportTo',
    { hosts: ['a'], exportTo: ['*', 'b'], http: [{ route }] },
    /exportTo\[0\]: no other entry may stand beside "\*"/,
  ],
  [
    'refuses exportTo twice',
    { hosts: ['a'], exportTo: ['.', 'default'], http: [{ route }] },
    /exportTo\[1\]: duplicate entry "default"/,
  ],
  [
    'refuses exportTo nobody',
    { hosts: ['a'], exportTo: ['~'], http: [{ route }] },
    /exportTo\[0\]: "~" is allowed for ServiceEntry only/,
  ],
  ['refuses a VirtualService without rules', { hosts: ['a'] }, /^Error spec: http, tcp or tls must be given/],
];

const l4: FaultCase[] = [
  [
    'refuses TLS routes without match, SNI or destination',
    { hosts: ['a.example'], tls: [{}, { match: [{}], route }] },
    /tls\[0\]\.match: a TLS route must have at least one match/,
    /tls\[0\]\.route: TCP and TLS routes need a destination/,
    /sniHosts: a TLS match must have at least one/,
    /tls\[1\]: rule #1 is never reached/,
  ],
  [
    'refuses SNI that the hosts do not cover',
    { hosts: ['a.example'], tls: [{ match: [{ sniHosts: ['b.example', '*.a.example'] }], route }] },
    /sniHosts\[0\]: SNI host "b\.example" is not covered/,
    /sniHosts\[1\]/,
  ],
  [
    'warns of addresses as SNI',
    { hosts: ['10.0.0.1'], tls: [{ match: [{ sniHosts: ['10.0.0.1'] }], route }] },
    /^Warning .*IP address/,
  ],
  [
    'refuses TCP routes',
    {
      hosts: ['a'],
      tcp: [{ match: [{ destinationSubnets: ['10.0.0.0/33'], port: 0 }], route: [to('a'), to('b')] }],
    },
    /"10\.0\.0\.0\/33" is no IP address or range/,
    /port number 0/,
    /total destination weight = 0/,
  ],
];

describe('a valid VirtualService', () => testFaults('VirtualService', valid));
describe('hosts and gateways of a VirtualService', () => testFaults('VirtualService', hosts));
describe('TLS and TCP rules', () => testFaults('VirtualService', l4));

const matching = (...matches: (object[] | null)[]) => ({
  hosts: ['a'],
  http: matches.map((match) => (match === null ? { route } : { match, route })),
});

const shadowed: FaultCase[] = [
  [
    'finds a rule behind one without match',
    matching(null, [{ uri: { prefix: '/a' } }]),
    /^Warning spec\.http\[1\]: rule #1 is never reached: rule #0/,
  ],
  [
    'finds a rule behind prefix /',
    matching([{ uri: { prefix: '/' } }], [{ uri: { exact: '/a' } }]),
    /^Warning spec\.http\[1\]: rule #1 is never reached/,
  ],
  ['lets a default stand last', matching([{ uri: { prefix: '/a' } }], null)],
  [
    'finds a prefix behind a shorter one',
    matching([{ uri: { prefix: '/a' } }], [{ uri: { prefix: '/a/b' } }]),
    /^Info spec\.http\[1\]\.match\[0\]: this match is not used: .*wider prefix \/a/,
  ],
  [
    'finds an exact path behind its prefix',
    matching([{ uri: { prefix: '/a' } }], [{ uri: { exact: '/ab' } }]),
    /^Info spec\.http\[1\]/,
  ],
  ['lets a longer prefix stand first', matching([{ uri: { prefix: '/a/b' } }], [{ uri: { prefix: '/a' } }])],
  [
    'finds the same match twice',
    matching([{ uri: { prefix: '/a' } }], [{ name: 'again', uri: { prefix: '/a' } }]),
    /^Info .*match\[0\]: this match is not used: it is in rule #0/,
    /^Warning spec\.http\[1\]: rule #1 is never reached: rules before it/,
  ],
  [
    'lets a rule stand of which one match is new',
    matching([{ uri: { prefix: '/a' } }], [{ uri: { prefix: '/a' } }, { uri: { prefix: '/b' } }]),
    /^Info spec\.http\[1\]\.match\[0\]/,
  ],
  [
    'lets a wider path stand that asks for a header',
    matching([{ uri: { prefix: '/a' }, headers: { x: { exact: '1' } } }], [{ uri: { prefix: '/a/b' } }]),
  ],
  [
    'finds a narrower match that asks for more',
    matching(
      [{ headers: { x: { exact: '1' } } }],
      [{ headers: { x: { exact: '1' }, y: { exact: '2' } }, uri: { prefix: '/' } }],
    ),
    /^Info spec\.http\[1\]/,
  ],
  [
    'lets other values of a header stand',
    matching([{ headers: { x: { exact: '1' } } }], [{ headers: { x: { exact: '2' } } }]),
  ],
  [
    'knows that case matters',
    matching([{ uri: { prefix: '/A' } }], [{ uri: { prefix: '/a/b' }, ignoreUriCase: true }]),
  ],
  [
    'knows where case does not matter',
    matching([{ uri: { prefix: '/A' }, ignoreUriCase: true }], [{ uri: { prefix: '/a/b' } }]),
    /^Info spec\.http\[1\]/,
  ],
  [
    'lets other methods, ports and gateways stand',
    matching(
      [{ uri: { prefix: '/a' }, method: { exact: 'GET' } }],
      [{ uri: { prefix: '/a/b' }, method: { exact: 'POST' } }],
      [{ uri: { prefix: '/a/b' }, port: 80 }],
    ),
  ],
  [
    'calls rules by their names',
    {
      hosts: ['a'],
      http: [
        { name: 'all', route },
        { name: 'rest', match: [{ uri: { prefix: '/' } }], route },
      ],
    },
    /rule "rest" is never reached: rule "all" before it/,
  ],
  [
    'finds TCP rules behind one for all',
    { hosts: ['a'], tcp: [{ route }, { match: [{ port: 1 }], route }] },
    /^Warning spec\.tcp\[1\]: rule #1 is never reached/,
  ],
];

describe('rules that are never reached', () => testFaults('VirtualService', shadowed));
