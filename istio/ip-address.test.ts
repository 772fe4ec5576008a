import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import { it } from 'node:test';
import fc from 'fast-check';
import { isAddressOrRange, isCidr, isIpAddress } from './ip-address.ts';

it('tells addresses from names', () => {
  for (const text of [
    '10.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '2001:db8::1',
    'fe80::1:2:3',
    '::ffff:10.0.0.1',
  ])
    assert.equal(isIpAddress(text), true, text);
  for (const text of [
    '',
    '10.0.0',
    '10.0.0.256',
    '010.0.0.1',
    '1.2.3.4.5',
    'a',
    'a.b',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7:8:9',
    '::1%eth0',
    '10.0.0.1::',
  ])
    assert.equal(isIpAddress(text), false, text);
});

it('tells ranges', () => {
  for (const text of ['10.0.0.0/8', '0.0.0.0/0', '2001:db8::/32', '::/128'])
    assert.equal(isCidr(text), true, text);
  for (const text of ['10.0.0.0', '10.0.0.0/33', '::/129', '10.0.0.0/', '/8', '10.0.0.0/08', '10.0.0.0/8/8'])
    assert.equal(isCidr(text), false, text);
  assert.equal(isAddressOrRange('10.0.0.1'), true);
});

it('agrees with Node on any text', () => {
  const parts = fc.stringMatching(/^[0-9a-f:.]{0,24}$/);
  fc.assert(
    fc.property(fc.oneof(parts, fc.ipV4(), fc.ipV6(), fc.string()), (text) => {
      assert.equal(isIpAddress(text), isIP(text) !== 0 && !text.includes('%'));
    }),
    { numRuns: 2000 },
  );
});
