import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { proofLine } from '../../model/proof.ts';
import type { AccessLogSpec } from '../../model/telemetry.ts';
import type { ExchangeRecord } from '../exchange/record.ts';
import { createAccessLogs } from './access-logs.ts';
import { type CompileExpression, loadExpressions } from './expressions.ts';
import { exchangeRecord } from './record.fixture.ts';

const log = (change: Partial<AccessLogSpec> = {}): AccessLogSpec => ({
  ...{ provider: 'envoy', output: 'stdout', omitsEmpty: false, filter: '' },
  format: { kind: 'text', text: '%RESPONSE_CODE%' },
  ...change,
});

describe('a filter', () => {
  let compile: CompileExpression;
  before(async () => {
    compile = await loadExpressions();
  });

  const isLogged = (filter: string, record: ExchangeRecord) => {
    const lines: string[] = [];
    const logs = createAccessLogs(
      { client: [log({ filter })], server: [] },
      (line) => lines.push(line),
      compile,
    );
    logs.write(record);
    return lines.length === 1;
  };

  const bad = exchangeRecord({ status: 503 });
  const good = exchangeRecord({ status: 200, flags: '', peerIdentity: 'spiffe://a/ns/b/sa/c' });
  const tcp = exchangeRecord({ method: '', status: 0 });
  const cases: readonly [filter: string, record: ExchangeRecord, expected: boolean][] = [
    ['response.code >= 400', bad, true],
    ['response.code >= 400', good, false],
    ['connection.mtls', good, true],
    ['connection.mtls', bad, false],
    ['request.url_path.startsWith("/a") && request.query == "b=c"', good, true],
    ['request.headers["x-team"] == "blue"', good, true],
    ['request.headers["x-none"] == "blue"', good, false],
    ['"x-none" in request.headers', good, false],
    ['request.method == "GET" && request.host == "reviews:9080"', good, true],
    ['!has(response.code) || response.code >= 400', tcp, true],
    ['!has(response.code) || response.code >= 400', good, false],
    ['response.code >= 400', tcp, false],
    ['connection.uri_san_peer_certificate.contains("/ns/b/")', good, true],
    ['xds.cluster_name == "outbound|9080||reviews"', good, true],
    ['xds.listener_direction == 2', good, true],
    ['response.flags == 32768 + 32', bad, true],
    ['response.flags != 0', good, false],
    ['response.flags != 0', tcp, true],
    ['response.total_size > response.size && request.total_size > 0', good, true],
    ['response.code', good, false],
  ];
  for (const [filter, record, expected] of cases)
    it(`${filter} is ${expected} of ${record.method || 'TCP'} ${record.status}`, () =>
      assert.equal(isLogged(filter, record), expected));
});

it('each side has logs of its own, and several providers write each their line', () => {
  const lines: string[] = [];
  const json = log({
    provider: 'json',
    output: 'stderr',
    format: { kind: 'json', fields: { code: '%RESPONSE_CODE%' } },
  });
  const logs = createAccessLogs(
    { client: [], server: [log(), json] },
    (line, output) => lines.push(`${output} ${line}`),
    null,
  );
  logs.write(exchangeRecord({ side: 'client' }));
  logs.write(exchangeRecord({ side: 'server' }));
  assert.deepEqual(lines, ['stdout 503\n', 'stderr {"code":503}\n']);
});

it('no caller can write a proof of identity into the log where the controller looks for one', () => {
  const lines: string[] = [];
  const proof = proofLine('stolen');
  const spec = log({ output: 'stderr', format: { kind: 'text', text: '%REQ(X-TEAM)%' } });
  const logs = createAccessLogs({ client: [spec], server: [] }, (line) => lines.push(line), null);
  logs.write(exchangeRecord({ requestHeaders: ['x-team', proof] }));
  assert.equal(lines.length, 1);
  assert.ok(!lines.join('').split('\n').includes(proof), lines.join(''));
});
