import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTcpRouteTable } from './tcp-route.ts';

function rule(name: string, sniHosts: string[] = [], destinationSubnets: string[] = []) {
  return {
    match: { sniHosts, destinationSubnets },
    ...{ clusters: [{ name, weight: 1 }], idleTimeoutMs: 0, statPrefix: name },
  };
}

const match = (table: ReturnType<typeof createTcpRouteTable>, sni: string, address = '10.0.0.1') =>
  table.match(sni, address)?.pick(() => 0);

test('the most specific server name wins, whatever the order', () => {
  const table = createTcpRouteTable([
    rule('any', ['*.example.com']),
    rule('one', ['a.example.com']),
    rule('rest'),
  ]);
  assert.equal(table.needsServerName, true);
  assert.equal(match(table, 'a.example.com'), 'one');
  assert.equal(match(table, 'b.example.com'), 'any');
  assert.equal(match(table, 'example.com'), 'rest');
  assert.equal(match(table, ''), 'rest');
});

test('a subnet limits a rule, and nothing that matches is no route', () => {
  const table = createTcpRouteTable([rule('near', [], ['10.0.0.0/8'])]);
  assert.equal(match(table, '', '10.2.3.4'), 'near');
  assert.equal(match(table, '', '192.168.0.1'), undefined);
});

test('the narrowest subnet wins, whatever the order', () => {
  const table = createTcpRouteTable([
    rule('rest'),
    rule('wide', [], ['10.0.0.0/8']),
    rule('narrow', [], ['10.1.0.0/16', '192.168.0.0/16']),
    rule('one', [], ['10.1.0.9']),
  ]);
  const to = (address: string) => match(table, '', address);
  assert.deepEqual(['10.1.0.9', '10.1.2.3', '10.2.0.1', '11.0.0.1'].map(to), [
    'one',
    'narrow',
    'wide',
    'rest',
  ]);
});

test('clusters are chosen by weight', () => {
  const table = createTcpRouteTable([
    {
      ...rule('x'),
      clusters: [
        { name: 'a', weight: 90 },
        { name: 'b', weight: 10 },
      ],
    },
  ]);
  assert.equal(
    table.match('', '')?.pick(() => 0.89),
    'a',
  );
  assert.equal(
    table.match('', '')?.pick(() => 0.91),
    'b',
  );
});
