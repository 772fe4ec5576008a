import assert from 'node:assert/strict';
import { test } from 'node:test';
import { overlaps, routesOf } from './overlap.ts';

test('ranges that share an address overlap', () => {
  assert.equal(overlaps('172.18.0.0/16', '172.18.4.0/24'), true);
  assert.equal(overlaps('10.0.0.0/8', '10.255.255.255/32'), true);
  assert.equal(overlaps('172.18.0.0/16', '172.19.0.0/16'), false);
  assert.equal(overlaps('fd00::/8', '172.19.0.0/16'), false);
});

test('routes are read as the kernel writes them, without the way out and the bridges of engines', () => {
  const table = `Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
tun0\t000012AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
br-12ab\t000013AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0`;
  assert.deepEqual(routesOf(table), [{ name: 'tun0', range: '172.18.0.0/16' }]);
});
