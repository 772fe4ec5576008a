import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createManualClock } from '../../base/clock.ts';
import { createLineLogger } from '../../base/log.ts';
import { ProtocolError } from '../codec/protocol-error.ts';
import { createBrokenProtocolLog } from './broken-protocol.ts';

const peer = {
  ...{ remoteAddress: '10.0.0.9', remotePort: 40_000, localAddress: '10.0.0.1', localPort: 15_006 },
  ...{ originalDestination: { address: '10.0.0.1', port: 8080 }, identity: '', isTls: false },
};

test('who floods a proxy is named with the cause, once a minute', () => {
  const clock = createManualClock();
  const lines: string[] = [];
  const tell = createBrokenProtocolLog(
    clock,
    createLineLogger((line) => lines.push(line), clock.wall),
  );
  const flood = new ProtocolError('h2_flood', 'too many requests are reset');
  tell(peer, flood);
  tell({ ...peer, remotePort: 40_001 }, flood);
  assert.equal(lines.length, 1);
  assert.match(
    lines[0] ?? '',
    /warn a flood of HTTP\/2 frames: its connection was ended address=10\.0\.0\.9 port=8080 code=h2_flood message="too many requests are reset"/,
  );
  tell({ ...peer, remoteAddress: '10.0.0.8' }, flood);
  clock.advance(60_000);
  tell(peer, flood);
  assert.equal(lines.length, 3);
});
