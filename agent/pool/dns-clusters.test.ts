import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createManualClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/log.ts';
import { clusterSpec } from '../snapshot.fixture.ts';
import { createDnsClusters } from './dns-clusters.ts';

const spec = (mode: 'strict' | 'logical') =>
  clusterSpec('ext', { discovery: { kind: 'dns', mode, hosts: [{ host: 'ext.example', port: 80 }] } });
const settled = () => new Promise((resolve) => setImmediate(resolve));

function open(answers: (readonly string[] | Error)[]) {
  const clock = createManualClock();
  let changes = 0;
  const dns = createDnsClusters({
    ...{ clock, log: silentLogger },
    onChange: () => {
      changes += 1;
    },
    resolve: async () => {
      const answer = answers.shift() ?? [];
      if (answer instanceof Error) throw answer;
      return answer;
    },
  });
  const addresses = () => dns.resolved.get('ext')?.endpoints.map(({ address }) => address);
  return { clock, dns, addresses, changes: () => changes };
}

test('strict takes every answer, logical the first', async () => {
  const strict = open([['10.0.0.1', '10.0.0.2']]);
  await strict.dns.watch([spec('strict')]);
  assert.deepEqual(strict.addresses(), ['10.0.0.1', '10.0.0.2']);
  const logical = open([['10.0.0.1', '10.0.0.2']]);
  await logical.dns.watch([spec('logical')]);
  assert.deepEqual(logical.addresses(), ['10.0.0.1']);
});

test('a later answer is told, and a failing one leaves the last in force', async () => {
  const { clock, dns, addresses, changes } = open([['10.0.0.1'], new Error('SERVFAIL'), ['10.0.0.9']]);
  await dns.watch([spec('strict')]);
  clock.advance(60_000);
  await settled();
  assert.deepEqual([addresses(), changes()], [['10.0.0.1'], 0]);
  clock.advance(60_000);
  await settled();
  assert.deepEqual([addresses(), changes()], [['10.0.0.9'], 1]);
});
