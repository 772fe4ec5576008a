import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeProxyHeader, type ProxiedConnection, readProxyHeader } from './proxy-protocol.ts';

const V4: ProxiedConnection = {
  ...{ sourceAddress: '203.0.113.7', sourcePort: 4711, destinationAddress: '10.0.0.2', destinationPort: 80 },
};
const V6: ProxiedConnection = { ...V4, sourceAddress: '2001:db8::7', destinationAddress: 'fd00::1' };

test('version 1 is a line', () => {
  assert.equal(encodeProxyHeader('V1', V4).toString(), 'PROXY TCP4 203.0.113.7 10.0.0.2 4711 80\r\n');
  assert.equal(encodeProxyHeader('V1', V6).toString(), 'PROXY TCP6 2001:db8::7 fd00::1 4711 80\r\n');
  assert.equal(encodeProxyHeader('V1', null).toString(), 'PROXY UNKNOWN\r\n');
});

test('version 2 is binary', () => {
  assert.equal(
    encodeProxyHeader('V2', V4).toString('hex'),
    '0d0a0d0a000d0a515549540a' + '2111000c' + 'cb007107' + '0a000002' + '1267' + '0050',
  );
  assert.equal(encodeProxyHeader('V2', null).toString('hex'), '0d0a0d0a000d0a515549540a20000000');
  assert.equal(encodeProxyHeader('V2', V6).length, 16 + 36);
});

test('what was written is read again, however it is cut', () => {
  for (const version of ['V1', 'V2'] as const) {
    for (const connection of [V4, null]) {
      const header = encodeProxyHeader(version, connection);
      const bytes = Buffer.concat([header, Buffer.from('GET /')]);
      for (let cut = 1; cut < header.length; cut += 1)
        assert.equal(readProxyHeader(bytes.subarray(0, cut)), null);
      assert.deepEqual(readProxyHeader(bytes), { connection, end: header.length });
    }
  }
  const read = readProxyHeader(encodeProxyHeader('V2', V6))?.connection;
  assert.equal(read?.sourceAddress, '2001:db8:0:0:0:0:0:7');
});

test('further fields of version 2 are skipped', () => {
  const header = encodeProxyHeader('V2', V4);
  header.writeUInt16BE(12 + 4, 14);
  const bytes = Buffer.concat([header, Buffer.from([0xea, 0, 1, 0x41]), Buffer.from('rest')]);
  assert.equal(readProxyHeader(bytes)?.end, header.length + 4);
});

test('anything else is refused', () => {
  const wrong = [
    'GET / HTTP/1.1\r\n',
    'PROXY TCP4 1.2.3.4 5.6.7.8 1 x\r\n',
    'PROXY TCP4 host 5.6.7.8 1 2\r\n',
    'PROXY TCP5 1.2.3.4 5.6.7.8 1 2\r\n',
    'PROXY TCP4 1.2.3.4 5.6.7.8 1 99999\r\n',
    `PROXY ${'x'.repeat(120)}`,
  ];
  for (const text of wrong) assert.throws(() => readProxyHeader(Buffer.from(text)), /PROXY header/, text);
});
