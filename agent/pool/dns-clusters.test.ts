import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createManualClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/log.ts';
import type { DnsHost } from '../../model/cluster.ts';
import { clusterSpec } from '../snapshot.fixture.ts';
import { createDnsClusters } from './dns-clusters.ts';

const host = (name: string, more: Partial<DnsHost> = {}): DnsHost => ({
  ...{ host: name, port: 80, weight: 1, locality: '', priority: 0 },
  ...more,
});
const spec = (mode: 'strict' | 'logical') =>
  clusterSpec('ext', {
    discovery: { kind: 'dns', mode, hosts: [host('ext.example')], localityWeights: null },
  });
const settled = () => new Promise((resolve) => setImmediate(resolve));

function open(answers: (readonly string[] | Error)[], ttlSeconds: number | null = null) {
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
      return { addresses: answer, ttlSeconds };
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
  clock.advance(5000);
  await settled();
  assert.deepEqual([addresses(), changes()], [['10.0.0.9'], 1]);
});

test('a name is looked up again when its TTL is over, within 5 to 60 seconds', async () => {
  for (const [ttlSeconds, againMs] of [
    [20, 20_000],
    [0, 5000],
    [600, 60_000],
  ] as const) {
    const { clock, dns, addresses } = open([['10.0.0.1'], ['10.0.0.2']], ttlSeconds);
    await dns.watch([spec('strict')]);
    clock.advance(againMs - 1);
    await settled();
    assert.deepEqual(addresses(), ['10.0.0.1']);
    clock.advance(1);
    await settled();
    assert.deepEqual(addresses(), ['10.0.0.2']);
  }
});

test('an address has the weight, locality and priority of its host, and IPv6 counts only alone', async () => {
  const { dns } = open([['10.0.0.1', 'fd00::1'], ['fd00::2']]);
  const hosts = [host('a.example', { weight: 3, locality: 'eu/one' }), host('b.example', { priority: 1 })];
  await dns.watch([
    clusterSpec('ext', { discovery: { kind: 'dns', mode: 'strict', hosts, localityWeights: null } }),
  ]);
  assert.deepEqual(
    dns.resolved
      .get('ext')
      ?.endpoints.map((each) => [each.address, each.weight, each.locality, each.priority]),
    [
      ['10.0.0.1', 3, 'eu/one', 0],
      ['fd00::2', 1, '', 1],
    ],
  );
});

test('a host that failed is looked up at once, but not every time', async () => {
  const { clock, dns, addresses, changes } = open([['10.0.0.1'], ['10.0.0.2'], ['10.0.0.3']]);
  await dns.watch([spec('strict')]);
  dns.lookAgain('ext');
  await settled();
  assert.deepEqual(addresses(), ['10.0.0.1']);
  clock.advance(5000);
  dns.lookAgain('ext');
  dns.lookAgain('ext');
  dns.lookAgain('other');
  await settled();
  assert.deepEqual([addresses(), changes()], [['10.0.0.2'], 1]);
});

test('what is watched no more is not looked up any more', async () => {
  const { clock, dns, changes } = open([['10.0.0.1'], ['10.0.0.2']], 10);
  await dns.watch([spec('strict')]);
  await dns.watch([]);
  clock.advance(60_000);
  await settled();
  assert.deepEqual([dns.resolved.size, changes()], [0, 0]);
});
