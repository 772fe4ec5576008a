import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createManualClock } from '../../base/clock.ts';
import { createLineLogger } from '../../base/log.ts';
import type { DownstreamPeer } from '../exchange/streams.ts';
import { createRefusedConnectionsLog } from './refused-connections.ts';

test('a cause is told once a minute for each port', () => {
  const clock = createManualClock();
  const lines: string[] = [];
  const tell = createRefusedConnectionsLog(
    clock,
    createLineLogger((line) => lines.push(line), clock.wall),
  );
  const peer = (port: number): DownstreamPeer => ({
    ...{ remoteAddress: '10.0.0.9', remotePort: 4711, localAddress: '10.0.0.1', localPort: port },
    ...{ originalDestination: { address: '10.0.0.1', port }, identity: '', isTls: false },
  });
  tell(peer(8443), 'no certificate for that name', 'shop.example');
  tell(peer(8443), 'no certificate for that name', 'other.example');
  tell(peer(8443), 'no certificate for that name', 'shop.example');
  assert.equal(lines.length, 1);
  assert.match(
    lines[0] ?? '',
    /warn a connection was closed unserved reason="no certificate for that name" port=8443 caller=10\.0\.0\.9 serverName=shop\.example\n$/,
  );
  tell(peer(8444), 'no certificate for that name', '');
  tell(peer(8443), 'no client hello in time', '');
  assert.equal(lines.length, 3);
  assert.doesNotMatch(lines[1] ?? '', /serverName/);
  clock.advance(60_000);
  tell(peer(8443), 'no certificate for that name', 'shop.example');
  assert.equal(lines.length, 4);
});
