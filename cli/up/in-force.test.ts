import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProxyRow } from '../proxy/proxy-status.ts';
import { missingProxies } from './in-force.ts';

const row = (name: string, state: string, lastError = ''): ProxyRow => ({
  ...{ proxy: `${name}.default`, kind: 'sidecar', health: 'ready', version: 'a', lastReplyMs: 1 },
  ...{ state, lastError },
});
const page = (proxies: readonly ProxyRow[], isSettled = true) => ({ meshId: 'shop', isSettled, proxies });
const RUNNING = [
  { name: 'shop-web-1', isMeshed: true },
  { name: 'shop-db-1', isMeshed: false },
];

test('a mesh is in force when every meshed container that runs has a proxy in sync', () => {
  assert.deepEqual(missingProxies(RUNNING, page([row('shop-web-1', 'SYNCED')])), []);
});

test('what is missing is told with its reason', () => {
  assert.deepEqual(missingProxies(RUNNING, page([])), ['shop-web-1 has no agent yet']);
  assert.deepEqual(missingProxies(RUNNING, page([row('shop-web-1', 'NACKED', 'port 80 is in use')])), [
    'shop-web-1 is NACKED (port 80 is in use)',
  ]);
  assert.deepEqual(missingProxies(RUNNING, page([row('shop-web-1', 'SYNCED')], false)), [
    'the newest configuration is on its way',
  ]);
});
