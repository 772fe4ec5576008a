import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createManualClock } from '../../base/clock.ts';
import type { ClusterSpec } from '../../model/cluster.ts';
import type { NameEntrySpec } from '../../model/name-entry.ts';
import { createMemoryPool } from '../exchange/memory-codec.ts';
import { clusterSpec, endpointSpec } from '../snapshot.fixture.ts';
import { Cluster } from '../upstream/cluster.ts';
import { createBehind, type NamedClusters } from './virtual-addresses.ts';

const HOSTNAME = 'depot.default.svc.cluster.local';

type Behind = ReturnType<ReturnType<typeof createBehind>>;
const keyOf = (behind: Behind) => (behind === null ? null : `${behind.address}:${behind.port}`);

function tables(address: string, ports: readonly number[], change: Partial<ClusterSpec> = {}): NamedClusters {
  const names = new Map<string, NameEntrySpec>();
  for (const name of ['depot', HOSTNAME]) names.set(name, { name, addresses: [address], mode: 'answer' });
  const name = `outbound|8080||${HOSTNAME}`;
  const endpoints = ports.map((port) => endpointSpec(port, { address: '10.1.0.2' }));
  const deps = { clock: createManualClock(), random: () => 0, createPool: () => createMemoryPool(null) };
  const spec = clusterSpec(name, change);
  const cluster = new Cluster(spec, { name, endpoints, localityWeights: null }, null, false, deps);
  return { names, clusters: new Map([[name, cluster]]) };
}

test('behind a virtual address are the hosts of its service, on that port only', () => {
  const now = tables('240.240.7.9', [9000]);
  const behind = createBehind(() => now);
  assert.equal(keyOf(behind('240.240.7.9', 8080)), '10.1.0.2:9000');
  assert.equal(behind('240.240.7.9', 8081), null);
  assert.equal(behind('240.240.7.8', 8080), null);
});

test('a host outside has ports that its ServiceEntry does not name', () => {
  const service = { hostname: HOSTNAME, name: HOSTNAME, namespace: 'default' };
  const outside = tables('240.240.7.9', [9000], { service: { ...service, isExternal: true } });
  assert.equal(keyOf(createBehind(() => outside)('240.240.7.9', 8443)), '10.1.0.2:8443');
});

test('an address that somebody has is left alone', () => {
  const now = tables('10.9.9.9', [9000]);
  assert.equal(createBehind(() => now)('10.9.9.9', 8080), null);
});

test('new tables are seen at once, and none at all lead nowhere', () => {
  let now: NamedClusters | null = null;
  const behind = createBehind(() => now);
  assert.equal(behind('240.240.7.9', 8080), null);
  now = tables('240.240.7.9', [9000]);
  assert.equal(keyOf(behind('240.240.7.9', 8080)), '10.1.0.2:9000');
  now = tables('240.240.7.9', [9001]);
  assert.equal(keyOf(behind('240.240.7.9', 8080)), '10.1.0.2:9001');
  now = tables('240.240.7.9', []);
  assert.equal(behind('240.240.7.9', 8080), null);
});
