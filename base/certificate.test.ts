import assert from 'node:assert/strict';
import { createPrivateKey, generateKeyPairSync, X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { createTestAuthority } from './certificate.fixture.ts';
import { writeCertificate } from './certificate.ts';

const authority = createTestAuthority('some authority');
const root = new X509Certificate(authority.certificate);

test('a root is an authority, and vouches for itself', () => {
  assert.equal(root.ca, true);
  assert.equal(root.subject, 'CN=some authority');
  assert.ok(root.verify(root.publicKey) && root.checkIssued(root));
});

test('a certificate is its issuer’s, belongs to its key, and has its names', () => {
  const { certificate, privateKey } = authority.issue([
    'shop.example',
    '*.wild.example',
    { kind: 'uri', name: 'spiffe://cluster.local/ns/default/sa/shop' },
    { kind: 'ip', bytes: Buffer.from([127, 0, 0, 1]) },
  ]);
  const read = new X509Certificate(certificate);
  assert.equal(read.ca, false);
  assert.ok(read.checkIssued(root) && read.verify(root.publicKey));
  assert.ok(read.checkPrivateKey(createPrivateKey(privateKey)));
  assert.equal(read.checkHost('a.wild.example'), '*.wild.example');
  assert.equal(read.checkHost('other.example'), undefined);
  assert.equal(read.checkIP('127.0.0.1'), '127.0.0.1');
  assert.match(read.subjectAltName ?? '', /URI:spiffe:\/\/cluster\.local\/ns\/default\/sa\/shop/);
  assert.deepEqual(read.keyUsage, ['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
});

test('times before and after 2050, and long serial numbers, are read as they were written', () => {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const request = {
    ...{ subject: 'x'.repeat(300), publicKey: keys.publicKey, names: [], isAuthority: true },
    ...{ notBeforeMs: Date.UTC(2049, 11, 31, 23, 59, 59), notAfterMs: Date.UTC(2051, 0, 2) },
    serial: Buffer.concat([Buffer.from([0, 0xff]), Buffer.alloc(18, 7)]),
  };
  const read = new X509Certificate(writeCertificate(request, { subject: 'y', ...keys }));
  assert.equal(read.validFromDate.getTime(), request.notBeforeMs);
  assert.equal(read.validToDate.getTime(), request.notAfterMs);
  assert.equal(read.serialNumber, `FF${'07'.repeat(18)}`);
});
