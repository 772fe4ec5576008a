import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AuthorizationSpec } from '../../model/authorization.ts';
import { sendRequest } from '../exchange/memory-codec.ts';
import { headerOf, openProxy } from '../exchange/pipeline.fixture.ts';
import { CLAIMS, policyOf, rs256 } from '../policy/authentication/tokens.fixture.ts';
import { clusterSpec, endpointSpec, routeSpec } from '../snapshot.fixture.ts';

const CLUSTERS = [
  [clusterSpec('north'), [endpointSpec(1)]],
  [clusterSpec('door'), [endpointSpec(2)]],
] as const;

function policy(action: AuthorizationSpec['action'], path: string): AuthorizationSpec {
  const to = [[{ attribute: 'request.path' as const, key: [], values: [path], notValues: [] }]];
  const origin = { resource: '', file: '', line: 0 };
  return {
    ...{ name: `default/${action}`, action, isDryRun: false, provider: null, origin },
    rules: [{ to, from: [], when: [] }],
  };
}

function open(authorization: readonly AuthorizationSpec[], routes = [routeSpec(['north'])]) {
  return openProxy(routes, { direction: 'inbound', clusters: CLUSTERS, policies: { authorization } });
}

describe('a refused request', () => {
  test('gets 403, and the log names the rule', () => {
    const { pipeline, records, seen } = open([policy('DENY', '/admin')]);
    const { response } = sendRequest(pipeline, { path: '/admin?x=1' }).downstream;
    assert.deepEqual([response?.status, response?.body], [403, 'RBAC: access denied']);
    assert.equal(records[0]?.details, 'rbac_access_denied_matched_policy[ns[default]-policy[DENY]-rule[0]]');
    assert.equal(seen.length, 0);
  });

  test('is not told whether there is a route', () => {
    const { pipeline } = open([policy('DENY', '/admin')], []);
    assert.equal(sendRequest(pipeline, { path: '/admin' }).downstream.response?.status, 403);
    assert.equal(sendRequest(pipeline, { path: '/else' }).downstream.response?.status, 404);
  });

  test('of gRPC gets status 7', () => {
    const { pipeline } = open([policy('DENY', '/a.B/C')]);
    const headers = ['content-type', 'application/grpc'];
    const { response } = sendRequest(pipeline, { path: '/a.B/C', headers }).downstream;
    assert.deepEqual([response?.status, headerOf(response?.headers, 'grpc-status')], [200, '7']);
  });

  test('is none where requests leave', () => {
    const { pipeline } = openProxy([routeSpec(['north'])], {
      policies: { authorization: [policy('DENY', '*')] },
    });
    assert.equal(sendRequest(pipeline, {}).downstream.response?.status, 200);
  });
});

test('a claim chooses the route once its token is verified', () => {
  const byClaim = routeSpec(['door'], {
    match: {
      ...{ path: null, queryParams: [] },
      headers: [
        {
          ...{ name: '@request.auth.claims.sub', invert: false, missingIsEmpty: false },
          match: { kind: 'exact', value: 'J\u00fcrgen' },
        },
      ],
    },
  });
  const { pipeline, records } = openProxy([byClaim, routeSpec(['north'])], {
    ...{ direction: 'gateway', clusters: CLUSTERS },
    policies: { authentication: [policyOf({})] },
  });
  const token = rs256({ ...CLAIMS, sub: 'J\u00fcrgen' });
  sendRequest(pipeline, { headers: ['authorization', `Bearer ${token}`] });
  sendRequest(pipeline, { headers: ['@request.auth.claims.sub', 'ann'] });
  assert.deepEqual(
    records.map(({ cluster }) => cluster),
    ['door', 'north'],
  );
});
