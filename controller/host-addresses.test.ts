import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hostAddresses } from './host-addresses.ts';

test("the machine calls from the address of the container's way out", () => {
  const table = [
    'Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT',
    'eth0\t00000000\t010012AC\t0003\t0\t0\t0\t00000000\t0\t0\t0',
    'eth0\t000012AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0',
    '',
  ].join('\n');
  assert.deepEqual([...hostAddresses(table)], ['172.18.0.1']);
  assert.deepEqual([...hostAddresses('')], []);
});
