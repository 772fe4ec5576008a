import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AuthorizationSpec } from '../../model/authorization.ts';
import { formatAuthorization } from './authz-check.ts';

const policy = (
  action: AuthorizationSpec['action'],
  name: string,
  rules: AuthorizationSpec['rules'],
): AuthorizationSpec => ({
  ...{ name, action, isDryRun: action === 'DENY', provider: null, rules },
});

test('policies are listed in the order of their turn, with what each rule matches', () => {
  const path = { attribute: 'request.path', key: [], values: ['/a', '/b*'], notValues: ['/bb'] } as const;
  const header = { attribute: 'request.headers', key: ['x-user'], values: [], notValues: ['*'] } as const;
  const text = formatAuthorization(
    {
      proxy: 'web.default',
      places: {
        'AuthorizationPolicy/default/all': 'mesh/authz.yaml:9',
        'AuthorizationPolicy/default/none': 'mesh/authz.yaml:6',
        'AuthorizationPolicy/istio-system/trial': 'mesh/authz.yaml:3',
      },
      authorization: [
        policy('ALLOW', 'default/none', []),
        policy('ALLOW', 'default/all', [{ from: [], to: [], when: [] }]),
        policy('DENY', 'istio-system/trial', [{ from: [], to: [[path]], when: [header] }]),
      ],
    },
    'short',
  );
  const rows = text.split('\n').map((line) => line.split(/ {2,}/).map((cell) => cell.trim()));
  assert.deepEqual(rows.slice(1), [
    [
      'DENY (dry run)',
      'istio-system/trial',
      '0',
      'request.path = /a, /b* and request.path ≠ /bb; request.headers[x-user] ≠ *',
      'mesh/authz.yaml:3',
    ],
    ['ALLOW', 'default/all', '0', 'everything', 'mesh/authz.yaml:9'],
    ['ALLOW', 'default/none', '-', 'nothing', 'mesh/authz.yaml:6'],
  ]);
});

test('with CUSTOM it is told who is asked', () => {
  const provider = { name: 'door' } as AuthorizationSpec['provider'];
  const custom = { ...policy('CUSTOM', 'default/ask', [{ from: [], to: [], when: [] }]), provider };
  const of = (spec: AuthorizationSpec) =>
    formatAuthorization({ proxy: 'web.default', authorization: [spec], places: {} }, 'short').split(
      '\n',
    )[1] ?? '';
  assert.match(of(custom), /^CUSTOM \(asks door\) +default\/ask +0 +everything/);
  assert.match(of({ ...custom, provider: null }), /^CUSTOM \(unknown provider: refuses\) /);
});

test('without any policy everybody may call', () => {
  assert.match(formatAuthorization({ proxy: 'web.default', places: {} }, 'short'), /everybody may call it$/);
});
