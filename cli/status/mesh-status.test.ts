import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createWorld, workload } from '../../controller/compile/world.fixture.ts';
import type { Violation } from '../../istio/violation.ts';
import type { ProxyRow } from '../proxy/proxy-status.ts';
import { createPaint } from '../terminal/colour.ts';
import { meshStatus } from './mesh-status.ts';
import { formatStatus } from './status-table.ts';

const proxy = (name: string, more: Partial<ProxyRow> = {}): ProxyRow => ({
  ...{ proxy: `${name}.default`, container: `${name}-agent`, kind: 'sidecar', health: 'ready' },
  ...{ state: 'SYNCED', version: 'abc', lastError: '', lastReplyMs: 1, agentVersion: '0.1.0' },
  ...more,
});

function statusOf(proxies: readonly ProxyRow[], violations: readonly Violation[] = []) {
  const workloads = [
    workload('shop-web-1', { workload: 'web', labels: { version: 'v1' } }),
    workload('shop-web-2', { workload: 'web', labels: { version: 'v1' }, health: 'starting' }),
    workload('shop-db-1', { workload: 'db', proxy: null }),
  ];
  const sync = { meshId: 'shop', isSettled: true, isDockerConnected: true, proxies };
  return meshStatus(createWorld([], workloads), sync, violations, '0.1.0');
}

test('a service is one line: how many containers, agents and which of them are in sync', () => {
  const status = statusOf([
    proxy('shop-web-1'),
    proxy('shop-web-2', { state: 'STALE', lastError: 'port 80 is in use' }),
  ]);
  const lines = formatStatus(status, false, createPaint(false)).split('\n');
  assert.match(lines[0] ?? '', /: in sync; controller 0\.1\.0; configuration: 0 errors, 0 warnings$/);
  assert.deepEqual(
    lines.slice(2).map((line) => line.split(/ {3,}/)),
    [
      ['SERVICE', 'VERSION', 'READY', 'AGENTS', 'SYNC', 'MTLS', 'LAST ERROR'],
      ['db', '-', '1/1', '-', '-', '-'],
      ['web', 'v1', '1/2', '2/2', 'STALE', 'PERMISSIVE', 'port 80 is in use'],
    ],
  );
});

test('wide has the versions of agents and of what they hold', () => {
  const text = formatStatus(statusOf([proxy('shop-web-1'), proxy('shop-web-2')]), true, createPaint(false));
  assert.match(text, /^SERVICE .* NAMESPACE +APP +TYPE +AGENT +CONFIG +LAST ERROR$/m);
  assert.match(text, /^web .* default +\S+ +sidecar +0\.1\.0 +abc$/m);
});

test('the last error of the configuration is told with its line', () => {
  const violation = { code: 'IST0101', severity: 'Error', message: 'no such host', file: 'a.yaml', line: 7 };
  const text = formatStatus(statusOf([], [violation as Violation]), false, createPaint(false));
  assert.match(text, /1 error, 0 warnings/);
  assert.match(text, /^Last error: a\.yaml:7 no such host \(IST0101\)$/m);
});
