import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ListenerDirection } from '../../model/listener.ts';
import type { RequestHead } from '../codec/head.ts';
import { nodeSpec } from '../snapshot.fixture.ts';
import { hashedPeer } from './hashed-peer.ts';
import type { HttpPipeline } from './pipeline.ts';

const PEER = { remoteAddress: '10.0.0.9', remotePort: 1, localAddress: '10.0.0.1', localPort: 80 };
const HEAD = { headers: ['x-envoy-external-address', '203.0.113.7'] } as unknown as RequestHead;

function addressAt(direction: ListenerDirection, numTrustedProxies: number): string {
  const pipeline = { direction, node: nodeSpec({ numTrustedProxies }) } as HttpPipeline;
  return hashedPeer(PEER, HEAD, pipeline).remoteAddress;
}

test('useSourceIp hashes the peer’s address, at a gateway behind trusted proxies the one they vouch for', () => {
  assert.equal(addressAt('outbound', 0), '10.0.0.9');
  assert.equal(addressAt('gateway', 0), '10.0.0.9');
  assert.equal(addressAt('gateway', 1), '203.0.113.7');
});
