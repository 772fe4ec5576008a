import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { renderFamilies } from '../../base/exposition.ts';
import type { AuthorizationSpec } from '../../model/authorization.ts';
import { MemoryDownstream, sendRequest } from '../exchange/memory-codec.ts';
import { openProxy } from '../exchange/pipeline.fixture.ts';
import { routeSpec } from '../snapshot.fixture.ts';
import { policyMetrics } from '../telemetry/policy-metrics.ts';
import { createSecurity, refuseConnection } from './security.ts';

const DRY_RUN = { isDryRun: true };

function policy(
  action: AuthorizationSpec['action'],
  name: string,
  path: string,
  change: Partial<AuthorizationSpec> = {},
): AuthorizationSpec {
  const to = [[{ attribute: 'request.path' as const, key: [], values: [path], notValues: [] }]];
  return {
    ...{ name: `foo/${name}`, action, isDryRun: false, provider: null },
    rules: [{ to, from: [], when: [] }],
    ...change,
  };
}

function open(authorization: readonly AuthorizationSpec[], direction: 'inbound' | 'gateway' = 'inbound') {
  const proxy = openProxy([routeSpec(['north'])], { direction, policies: { authorization } });
  return {
    ...proxy,
    send: (path: string) => sendRequest(proxy.pipeline, { path }).downstream.response?.status,
    counts: () =>
      renderFamilies(policyMetrics(proxy.watch), 'text')
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#')),
  };
}

const NAME = 'envoy_http_inbound_0_0_0_0_8080_rbac';

describe('a dry run', () => {
  test('of DENY lets everything pass, and counts and logs what it would have refused', () => {
    const { send, counts, lines } = open([policy('DENY', 'deny-path', '/headers', DRY_RUN)]);
    assert.deepEqual([send('/headers?token=x'), send('/ip')], [200, 200]);
    assert.deepEqual(counts(), [
      `${NAME}{authz_enforce_result="allowed"} 2`,
      `${NAME}{authz_enforce_result="denied"} 0`,
      `${NAME}{authz_dry_run_action="deny",authz_dry_run_result="allowed"} 1`,
      `${NAME}{authz_dry_run_action="deny",authz_dry_run_result="denied"} 1`,
    ]);
    assert.match(
      lines.join(''),
      /info shadow denied, matched policy ns\[foo\]-policy\[deny-path\]-rule\[0\] caller="no identity" address=\S+ port=8080 method=GET host=\S+ path=\/headers\n$/,
    );
  });

  test('of ALLOW counts what matches none of its rules, and does not make others be refused', () => {
    const { send, counts, lines } = open([policy('ALLOW', 'allow-path', '/ip', DRY_RUN)]);
    assert.deepEqual([send('/headers'), send('/ip')], [200, 200]);
    assert.deepEqual(counts().slice(2), [
      `${NAME}{authz_dry_run_action="allow",authz_dry_run_result="allowed"} 1`,
      `${NAME}{authz_dry_run_action="allow",authz_dry_run_result="denied"} 1`,
    ]);
    assert.match(lines.join(''), /shadow denied, matched policy none /);
  });

  test('without rules would refuse everything, as ALLOW does', () => {
    const { send, counts } = open([policy('ALLOW', 'nothing', '/', { ...DRY_RUN, rules: [] })]);
    assert.equal(send('/'), 200);
    assert.match(counts().join(), /action="allow",authz_dry_run_result="denied"} 1$/);
  });

  test('beside policies in force hears of what they let pass', () => {
    const { send, counts } = open([
      policy('DENY', 'locked', '/admin'),
      policy('DENY', 'trial', '/a*', DRY_RUN),
      policy('ALLOW', 'other-trial', '/b', DRY_RUN),
    ]);
    assert.deepEqual([send('/admin'), send('/a')], [403, 200]);
    // ALLOW is not asked about what DENY has refused.
    assert.deepEqual(counts(), [
      `${NAME}{authz_enforce_result="allowed"} 1`,
      `${NAME}{authz_enforce_result="denied"} 1`,
      `${NAME}{authz_dry_run_action="allow",authz_dry_run_result="allowed"} 0`,
      `${NAME}{authz_dry_run_action="allow",authz_dry_run_result="denied"} 1`,
      `${NAME}{authz_dry_run_action="deny",authz_dry_run_result="allowed"} 0`,
      `${NAME}{authz_dry_run_action="deny",authz_dry_run_result="denied"} 2`,
    ]);
  });

  test('tells one caller of a rule once a minute, and counts all of them', () => {
    const { send, counts, lines, clock } = open([policy('DENY', 'trial', '/a', DRY_RUN)]);
    for (let i = 0; i < 3; i++) send('/a');
    assert.equal(lines.length, 1);
    clock.advance(60_000);
    send('/a');
    assert.equal(lines.length, 2);
    assert.match(counts().join(), /action="deny",authz_dry_run_result="denied"} 4$/);
  });
});

test('a dry run on connections without HTTP is counted under the name of Envoy’s network filter', () => {
  const { watch } = open([]);
  const security = createSecurity(
    { authentication: [], authorization: [policy('ALLOW', 'trial', '/only-http', DRY_RUN)] },
    null,
  );
  const { peer } = new MemoryDownstream();
  // Looking ahead is not deciding.
  assert.equal(refuseConnection(security, peer, '', null), null);
  assert.equal(refuseConnection(security, peer, '', watch), null);
  assert.match(
    renderFamilies(policyMetrics(watch), 'text'),
    /^envoy_tcp_rbac{authz_dry_run_action="allow",authz_dry_run_result="denied"} 1$/m,
  );
});

test('AUDIT writes down each request that it matches, and decides nothing', () => {
  const { send, lines } = open([policy('AUDIT', 'books', '/books*')]);
  assert.deepEqual([send('/books'), send('/books/1?key=secret'), send('/else')], [200, 200, 200]);
  assert.equal(lines.length, 2);
  assert.match(
    lines[1] ?? '',
    /info audited, matched policy ns\[foo\]-policy\[books\]-rule\[0\] .*path=\/books\/1\n/,
  );
});

test('what DENY refuses is audited too', () => {
  const { send, lines } = open([policy('AUDIT', 'all', '*'), policy('DENY', 'none', '*')]);
  assert.equal(send('/'), 403);
  assert.equal(lines.length, 1);
});

test('a gateway’s listener is named as Istio names it', () => {
  const { send, counts } = open([policy('DENY', 'locked', '/admin')], 'gateway');
  send('/admin');
  assert.equal(counts()[1], 'envoy_http_outbound_0_0_0_0_8080_rbac{authz_enforce_result="denied"} 1');
});

test('ports without end fill no memory', () => {
  const { watch } = open([]);
  for (let port = 1; port <= 1000; port++) watch.ofRequests(false, port).countDecision(true);
  assert.equal(watch.all.length, 102);
  assert.match(
    renderFamilies(policyMetrics(watch), 'text'),
    /envoy_http_others_rbac{authz_enforce_result="allowed"} 900/,
  );
});
