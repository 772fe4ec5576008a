import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type {
  AuthorizationRuleSpec,
  AuthorizationSpec,
  ConditionSpec,
} from '../../../model/authorization.ts';
import type { RequestHead } from '../../codec/head.ts';
import type { JwtClaims } from '../authentication/claims.ts';
import { createAuthorizer, type Traffic } from './authorizer.ts';
import { Subject } from './subject.ts';

interface Call {
  readonly method?: string;
  readonly path?: string;
  readonly host?: string;
  readonly headers?: string[];
  readonly identity?: string;
  readonly from?: string;
  readonly remote?: string;
  readonly to?: string;
  readonly port?: number;
  readonly sni?: string;
  readonly claims?: JwtClaims;
}

function subject(call: Call, traffic: Traffic = 'http'): Subject {
  const { method = 'GET', path = '/', host = 'shop', headers = [], from = '10.0.0.7', remote = from } = call;
  const request = { method, path, authority: host, headers } as unknown as RequestHead;
  const peer = {
    ...{ remoteAddress: from, identity: call.identity ?? '', serverName: call.sni ?? '' },
    originalDestination: { address: call.to ?? '10.1.0.1', port: call.port ?? 9000 },
  };
  return new Subject(peer, traffic === 'http' ? request : null, call.claims ?? null, () => remote);
}

const condition = (
  attribute: ConditionSpec['attribute'],
  values: string[],
  notValues: string[] = [],
  key: string[] = [],
): ConditionSpec => ({ attribute, key, values, notValues });

function policy(
  action: AuthorizationSpec['action'],
  rules: Partial<AuthorizationRuleSpec>[],
  name = 'default/p',
): AuthorizationSpec {
  return {
    ...{ name, action, isDryRun: false, provider: null },
    rules: rules.map((rule) => ({ from: [], to: [], when: [], ...rule })),
  };
}

const when = (each: ConditionSpec) => [policy('ALLOW', [{ when: [each] }])];
const passes = (policies: AuthorizationSpec[], call: Call, traffic: Traffic = 'http') =>
  (createAuthorizer(policies, traffic)?.refuse(subject(call, traffic)) ?? null) === null;

const CLIENT = 'spiffe://cluster.local/ns/default/sa/client';
const IPV6 = '2001:db8::7';

/** What is asked for, a call that has it, and one that has not. */
const TABLE: readonly (readonly [string, ConditionSpec, Call, Call])[] = [
  ['an exact path', condition('request.path', ['/a']), { path: '/a?q=1' }, { path: '/a/' }],
  ['a prefix of the path', condition('request.path', ['/a*']), { path: '/ab' }, { path: '/b' }],
  ['a suffix of the path', condition('request.path', ['*.png']), { path: '/a.png' }, { path: '/a.pngx' }],
  ['one segment', condition('request.path', ['/a/{*}/b']), { path: '/a/1/b' }, { path: '/a/1/2/b' }],
  ['any segments', condition('request.path', ['/a/{**}']), { path: '/a/1/2' }, { path: '/a' }],
  ['a method', condition('request.method', ['GET', 'P*']), { method: 'PUT' }, { method: 'DELETE' }],
  ['a host in any case', condition('request.host', ['shop']), { host: 'SHOP' }, { host: 'shop:80' }],
  ['a host with port', condition('request.host', ['shop:*']), { host: 'shop:80' }, { host: 'shop' }],
  ['the workload port', condition('destination.port', ['9000']), { port: 9000 }, { port: 8080 }],
  ['the destination', condition('destination.ip', ['10.1.0.0/16']), { to: '10.1.2.3' }, { to: '10.2.0.1' }],
  ['an address', condition('source.ip', ['10.0.0.7']), { from: '10.0.0.7' }, { from: '10.0.0.70' }],
  ['a range', condition('source.ip', ['10.0.0.0/23']), { from: '10.0.1.255' }, { from: '10.0.2.0' }],
  ['an IPv6 range', condition('source.ip', ['2001:db8::/32']), { from: IPV6 }, { from: '2001:db9::7' }],
  ['IPv6 is not IPv4', condition('source.ip', ['::/0']), { from: IPV6 }, { from: '10.0.0.7' }],
  ['the client behind proxies', condition('remote.ip', ['1.2.3.0/24']), { remote: '1.2.3.4' }, {}],
  [
    'a remote that is no address',
    condition('remote.ip', ['10.0.0.7']),
    { remote: 'x' },
    { remote: '1.1.1.1' },
  ],
  [
    'a principal',
    condition('source.principal', ['cluster.local/ns/default/sa/client']),
    { identity: CLIENT },
    {},
  ],
  ['any principal', condition('source.principal', ['*']), { identity: CLIENT }, {}],
  ['a namespace', condition('source.namespace', ['def*']), { identity: CLIENT }, {}],
  [
    'a namespace with a wildcard within',
    condition('source.namespace', ['d*t']),
    { identity: CLIENT },
    { identity: 'spiffe://cluster.local/ns/dock/sa/client' },
  ],
  ['an account', condition('source.serviceAccount', ['default/client']), { identity: CLIENT }, {}],
  ['a trust domain', condition('source.trustDomain', ['cluster.*']), { identity: CLIENT }, {}],
  ['no principal', condition('source.principal', [], ['*']), {}, { identity: CLIENT }],
  ['a server name', condition('connection.sni', ['*.example']), { sni: 'a.example' }, {}],
  [
    'a header',
    condition('request.headers', ['gold'], [], ['x-pass']),
    { headers: ['X-Pass', 'tin', 'x-pass', 'gold'] },
    { headers: ['x-pass', 'tin,gold'] },
  ],
  [
    'an empty header as presence',
    condition('request.headers', ['*'], [], ['x-pass']),
    { headers: ['x-pass', ''] },
    {},
  ],
  [
    'a header that must not be',
    condition('request.headers', [], ['gold'], ['x-pass']),
    {},
    { headers: ['x-pass', 'gold'] },
  ],
  [
    'an issuer and subject',
    condition('request.auth.principal', ['*']),
    { claims: { iss: 'i', sub: 's' } },
    { claims: { iss: 'i' } },
  ],
  [
    'an audience of several',
    condition('request.auth.audiences', ['b']),
    { claims: { aud: ['a', 'b'] } },
    { claims: {} },
  ],
  ['a presenter', condition('request.auth.presenter', ['b']), { claims: { azp: 'b' } }, {}],
  [
    'a nested claim',
    condition('request.auth.claims', ['up*'], [], ['a', 'b']),
    { claims: { a: { b: 'upper' } } },
    { claims: { a: 'upper' } },
  ],
  [
    'a claim that is no text',
    condition('request.auth.claims', [], ['7'], ['level']),
    { claims: { level: 7 } },
    { claims: { level: '7' } },
  ],
];

describe('an AuthorizationPolicy asks for', () => {
  for (const [title, each, good, bad] of TABLE) {
    test(title, () => {
      assert.equal(passes(when(each), good), true, 'what has it');
      assert.equal(passes(when(each), bad), false, 'what has it not');
    });
  }
});

describe('a request principal is compared issuer by issuer and subject by subject', () => {
  const token = (iss: string, sub: string): Call => ({ claims: { iss, sub } });
  const ann = token('https://id', 'ann');
  const cases: readonly (readonly [string, Call[], Call[]])[] = [
    ['https://id/ann', [ann], [token('https://id', 'ben'), token('https:/', 'id/ann')]],
    // A subject that holds a slash is no longer issuer.
    ['https://id/x/ann', [token('https://id/x', 'ann')], [token('https://id', 'x/ann')]],
    ['https://id/*', [ann], [token('https://id/x', 'ann'), token('https://id', '')]],
    ['https://id/a*', [ann], [token('https://id', 'ben'), token('https://id', 'x/ann')]],
    ['*/ann', [ann, token('other', 'ann')], [token('other', 'joann')]],
    ['*.example/ann', [token('id.example', 'ann')], [ann]],
    ['*ann', [ann, token('x', 'joann')], [token('x', 'ben')]],
    ['id*', [token('id.example', 'ann')], [ann, token('id', '')]],
    ['*', [ann], [token('https://id', ''), { claims: { iss: 'a' } }, { claims: { sub: 'a' } }, {}]],
    ['J\u00fcrgen/*', [token('J\u00fcrgen', 'x')], [ann]],
  ];
  for (const [value, good, bad] of cases) {
    test(value, () => {
      const policies = when(condition('request.auth.principal', [value]));
      for (const call of good) assert.equal(passes(policies, call), true, JSON.stringify(call));
      for (const call of bad) assert.equal(passes(policies, call), false, JSON.stringify(call));
    });
  }
});

test('a claim outside of ASCII is matched as it is written', () => {
  const call = { claims: { name: 'J\u00fcrgen' } };
  assert.equal(passes(when(condition('request.auth.claims', ['J\u00fcr*'], [], ['name'])), call), true);
  assert.equal(passes(when(condition('request.auth.claims', [], ['J\u00fcrgen'], ['name'])), call), false);
});

describe('policies decide', () => {
  const admin = { to: [[condition('request.path', ['/admin'])]] };

  test('that everything passes where there is none', () => {
    assert.equal(createAuthorizer([], 'http'), null);
  });

  test('that nothing passes where an ALLOW policy has no rules, and everything with one empty rule', () => {
    assert.equal(passes([policy('ALLOW', [])], {}), false);
    assert.equal(passes([policy('ALLOW', [{}])], {}), true);
  });

  test('DENY before ALLOW, and tell the rule by its name', () => {
    const policies = [
      policy('ALLOW', [{}]),
      policy('DENY', [{ when: [], to: [[condition('request.method', ['PUT'])]] }, admin], 'sea/lock'),
    ];
    const refuse = (call: Call) => createAuthorizer(policies, 'http')?.refuse(subject(call));
    assert.equal(
      refuse({ path: '/admin' }),
      'rbac_access_denied_matched_policy[ns[sea]-policy[lock]-rule[1]]',
    );
    assert.equal(refuse({}), null);
    assert.equal(
      createAuthorizer([policy('ALLOW', [admin])], 'http')?.refuse(subject({})),
      'rbac_access_denied_matched_policy[none]',
    );
  });

  test('nothing by AUDIT and by dry runs', () => {
    const dryRun = (action: 'ALLOW' | 'DENY', rules: Partial<AuthorizationRuleSpec>[]) => ({
      ...policy(action, rules),
      isDryRun: true,
    });
    for (const each of [policy('AUDIT', [{}]), dryRun('DENY', [{}]), dryRun('ALLOW', [])])
      assert.equal(createAuthorizer([each], 'http')?.refuse(subject({})), null);
  });

  test('on plain connections without what is of requests: ALLOW less, DENY more', () => {
    const mixed = { ...admin, from: [[condition('source.ip', ['10.0.0.7'])]] };
    assert.equal(passes([policy('ALLOW', [mixed])], {}, 'tcp'), false);
    assert.equal(passes([policy('DENY', [mixed])], {}, 'tcp'), false);
    assert.equal(passes([policy('DENY', [mixed])], { from: '10.0.0.8' }, 'tcp'), true);
    assert.equal(passes([policy('DENY', [admin])], {}, 'tcp'), false);
  });
});
