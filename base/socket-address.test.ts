import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatAddress, hostOfAddress } from './socket-address.ts';

test('an IPv6 address stands in brackets before its port', () => {
  assert.equal(formatAddress('10.0.0.1', 80), '10.0.0.1:80');
  assert.equal(formatAddress('fd00::1', 80), '[fd00::1]:80');
  for (const address of ['10.0.0.1', 'fd00::1'])
    assert.equal(hostOfAddress(formatAddress(address, 0)), address);
  assert.equal(hostOfAddress(''), '');
});
