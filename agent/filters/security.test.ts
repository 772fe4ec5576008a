import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { AuthorizationSpec, ExternalAuthorizerSpec } from '../../model/authorization.ts';
import { type MemoryUpstream, sendRequest } from '../exchange/memory-codec.ts';
import { headerOf, openProxy } from '../exchange/pipeline.fixture.ts';
import { policyOf, rs256 } from '../policy/authentication/tokens.fixture.ts';
import { clusterSpec, endpointSpec, routeSpec } from '../snapshot.fixture.ts';

const AUTHORIZER: ExternalAuthorizerSpec = {
  ...{ name: 'door', cluster: 'door', pathPrefix: '/check', timeoutMs: 500 },
  ...{ failOpen: false, statusOnError: 403, clearsRoute: false },
  includeHeaders: ['x-user', 'x-ticket-*'],
  addHeaders: [['x-from', 'lateen']],
  headersToUpstreamOnAllow: ['x-role'],
  headersToDownstreamOnAllow: ['x-seen'],
  headersToDownstreamOnDeny: ['x-why'],
};

const CLUSTERS = [
  [clusterSpec('north'), [endpointSpec(1)]],
  [clusterSpec('door'), [endpointSpec(2)]],
] as const;

function policy(
  action: AuthorizationSpec['action'],
  path: string,
  provider: ExternalAuthorizerSpec | null = null,
): AuthorizationSpec {
  const to = [[{ attribute: 'request.path' as const, key: [], values: [path], notValues: [] }]];
  const origin = { resource: '', file: '', line: 0 };
  return {
    ...{ name: `default/${action}`, action, isDryRun: false, provider, origin },
    rules: [{ to, from: [], when: [] }],
  };
}

function open(
  authorization: readonly AuthorizationSpec[],
  door: (upstream: MemoryUpstream) => void = () => {},
  routes = [routeSpec(['north'])],
) {
  return openProxy(routes, {
    ...{ direction: 'inbound', clusters: CLUSTERS, policies: { authorization } },
    handler: (upstream, cluster) => (cluster === 'door' ? door(upstream) : upstream.respond(200)),
  });
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
    const { pipeline } = open([policy('DENY', '/admin')], () => {}, []);
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
          match: { kind: 'exact', value: 'ann' },
        },
      ],
    },
  });
  const { pipeline, records } = openProxy([byClaim, routeSpec(['north'])], {
    ...{ direction: 'gateway', clusters: CLUSTERS },
    policies: { authentication: [policyOf({})] },
  });
  sendRequest(pipeline, { headers: ['authorization', `Bearer ${rs256()}`] });
  sendRequest(pipeline, { headers: ['@request.auth.claims.sub', 'ann'] });
  assert.deepEqual(
    records.map(({ cluster }) => cluster),
    ['door', 'north'],
  );
});

describe('an external authorizer', () => {
  const custom = [policy('CUSTOM', '/locked*', AUTHORIZER)];
  const locked = {
    path: '/locked/a',
    headers: ['x-user', 'ann', 'x-role', 'root', 'x-ticket-1', 't', 'y', '1'],
  };

  test('is asked with what it may see, and says who passes', () => {
    const { pipeline, seen } = open(custom, (door) => {
      door.respond(200, ['x-role', 'cook', 'x-seen', 'yes', 'x-more', '1']);
    });
    const { response } = sendRequest(pipeline, locked).downstream;
    const [question, request] = seen;
    assert.deepEqual([question?.head.path, question?.head.authority], ['/check/locked/a', 'service']);
    assert.deepEqual(question?.head.headers, ['x-user', 'ann', 'x-ticket-1', 't', 'x-from', 'lateen']);
    assert.equal(headerOf(request?.head.headers, 'x-role'), 'cook');
    assert.equal(headerOf(response?.headers, 'x-seen'), 'yes');
    assert.equal(headerOf(response?.headers, 'x-more'), undefined);
  });

  test('is not asked about other requests', () => {
    const { pipeline, seen } = open(custom);
    assert.equal(sendRequest(pipeline, { path: '/open' }).downstream.response?.status, 200);
    assert.equal(seen.length, 1);
  });

  test('refuses in its own words', () => {
    const { pipeline, records } = open(custom, (door) => {
      door.respond(302, ['location', '/login', 'x-why', 'no ticket', 'x-secret', '1'], 'go away');
    });
    const { response } = sendRequest(pipeline, locked).downstream;
    assert.deepEqual([response?.status, response?.body], [302, 'go away']);
    assert.equal(headerOf(response?.headers, 'location'), '/login');
    assert.equal(headerOf(response?.headers, 'x-why'), 'no ticket');
    assert.equal(headerOf(response?.headers, 'x-secret'), undefined);
    assert.deepEqual([records[0]?.flags, records[0]?.details], ['UAEX', 'ext_authz_denied']);
  });

  test('that fails or is silent refuses, or lets pass where failOpen says so', () => {
    const silent = open(custom);
    const { downstream } = sendRequest(silent.pipeline, locked);
    assert.equal(downstream.isEnded, false);
    silent.clock.advance(500);
    assert.equal(downstream.response?.status, 403);
    assert.equal(silent.seen[0]?.isCancelled, true);
    assert.equal(silent.records[0]?.details, 'ext_authz_error');
    const isOpen = [policy('CUSTOM', '/locked*', { ...AUTHORIZER, failOpen: true })];
    const { pipeline } = open(isOpen, (door) => door.respond(503));
    assert.equal(sendRequest(pipeline, locked).downstream.response?.status, 200);
  });

  test('is asked before the body goes on', () => {
    const questions: MemoryUpstream[] = [];
    const { pipeline, seen } = open(custom, (door) => questions.push(door));
    const { downstream } = sendRequest(pipeline, { ...locked, method: 'POST', body: 'hello' });
    assert.equal(seen.length, 1);
    questions[0]?.respond(200);
    assert.equal(seen[1]?.body, 'hello');
    assert.equal(downstream.response?.status, 200);
  });

  test('is given up when the caller leaves', () => {
    const { pipeline, seen } = open(custom);
    sendRequest(pipeline, locked).exchange.onDownstreamClosed();
    assert.equal(seen[0]?.isCancelled, true);
  });

  test('that nobody knows refuses what its policy matches', () => {
    const { pipeline } = open([policy('CUSTOM', '/locked*')]);
    assert.equal(sendRequest(pipeline, locked).downstream.response?.status, 403);
  });
});
