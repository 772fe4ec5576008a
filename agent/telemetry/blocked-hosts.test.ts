import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createManualClock } from '../../base/clock.ts';
import { createLineLogger } from '../../base/log.ts';
import { type BlockedCall, createBlockedHostsLog } from './blocked-hosts.ts';

function open() {
  const clock = createManualClock();
  const lines: string[] = [];
  const tell = createBlockedHostsLog(
    clock,
    createLineLogger((line) => lines.push(line), clock.wall),
  );
  return { clock, lines, tell };
}

const call: BlockedCall = { host: 'Api.example:8080', address: '10.0.0.1', port: 8080, protocol: 'HTTP' };

test('a blocked host is told once in five minutes, with the ServiceEntry that allows it', () => {
  const { clock, lines, tell } = open();
  tell(call);
  tell({ ...call, host: 'api.example' });
  assert.equal(lines.length, 1);
  assert.match(
    lines[0] ?? '',
    /warn blocked by .*REGISTRY_ONLY.* host=api\.example port=8080 remedy="ServiceEntry spec: \{ hosts: \[api\.example\], ports: \[\{ number: 8080, name: http, protocol: HTTP \}\], resolution: DNS \}"/,
  );
  tell({ ...call, host: 'other.example' });
  assert.equal(lines.length, 2);
  clock.advance(300_000);
  tell(call);
  assert.equal(lines.length, 3);
});

test('what is known by its address alone is allowed by that address', () => {
  const { lines, tell } = open();
  tell({ host: '', address: '10.0.0.1', port: 5432, protocol: 'TCP' });
  assert.match(lines[0] ?? '', /addresses: \[10\.0\.0\.1\].*protocol: TCP.*resolution: NONE/);
});

test('a name of the mesh needs no ServiceEntry', () => {
  const { lines, tell } = open();
  tell({ ...call, host: 'ratings' });
  assert.match(lines[0] ?? '', /host=ratings .*Sidecar/);
  assert.doesNotMatch(lines[0] ?? '', /ServiceEntry/);
});
