import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ListenerSpec } from '../../model/listener.ts';
import { createListenerTable } from './listener-table.ts';

function listener(
  name: string,
  port: number,
  addresses: string[] = [],
  direction: ListenerSpec['direction'] = 'outbound',
) {
  const spec: ListenerSpec = { name, direction, port, addresses, protocol: 'auto', route: null, tcp: [] };
  return { spec, pipeline: null, tls: null, tcp: null, isDeadEnd: false };
}

const table = createListenerTable([
  listener('catch-all', 0),
  listener('9080', 9080),
  listener('vip', 9080, ['240.240.0.5']),
  listener('range', 9080, ['10.2.0.0/16']),
  listener('inbound', 9080, [], 'inbound'),
]);
const pick = (address: string, port: number) => table.pick('outbound', address, port)?.spec.name;

test('an address beats any address, and a port beats the catch-all', () => {
  assert.equal(pick('240.240.0.5', 9080), 'vip');
  assert.equal(pick('10.2.3.4', 9080), 'range');
  assert.equal(pick('10.3.3.4', 9080), '9080');
  assert.equal(pick('10.2.3.4', 81), 'catch-all');
});

test('directions do not mix, and a port without a listener has none', () => {
  assert.equal(table.pick('inbound', '10.1.0.1', 9080)?.spec.name, 'inbound');
  assert.equal(table.pick('inbound', '10.1.0.1', 80), null);
});
