import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clusterSpec, endpointSpec } from '../snapshot.fixture.ts';
import { specForHost } from './spec-for-host.ts';

const keepaliveOf = (workload: string, change = {}) => {
  const { connections } = clusterSpec('north');
  const spec = clusterSpec('north', { connections: { ...connections, ...change } });
  return specForHost(spec, { ...endpointSpec(1), workload }).connections.tcpKeepalive;
};

test('a container of the mesh that vanished without a word is noticed by keepalives, others are left alone', () => {
  assert.deepEqual(keepaliveOf('shop'), { timeMs: 10_000, intervalMs: 5_000, probes: 3 });
  assert.equal(keepaliveOf(''), null);
});

test('what a DestinationRule says of keepalives holds', () => {
  const tcpKeepalive = { timeMs: 1000, intervalMs: 0, probes: 0 };
  assert.deepEqual(keepaliveOf('shop', { tcpKeepalive }), tcpKeepalive);
});
