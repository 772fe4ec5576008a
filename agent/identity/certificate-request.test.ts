import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';
import { readRequest } from '../../controller/ca/certificate-request.ts';
import { encodeCertificateRequest } from './certificate-request.ts';

const keys = () => generateKeyPairSync('ec', { namedCurve: 'P-256' });

test('what the agent writes is a request that the controller and openssl accept', async () => {
  const { publicKey, privateKey } = keys();
  const request = encodeCertificateRequest(publicKey, privateKey);
  const key = await readRequest(request, 'spiffe://cluster.local/ns/default/sa/reviews');
  assert.deepEqual(
    Buffer.from(key?.rawData ?? new ArrayBuffer(0)),
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const said = execFileSync('openssl', ['req', '-inform', 'DER', '-noout', '-verify', '-subject'], {
    input: request,
    stdio: 'pipe',
  }).toString();
  assert.match(said, /subject=/);
});

test('a request for another’s key is refused', async () => {
  const request = encodeCertificateRequest(keys().publicKey, keys().privateKey);
  assert.equal(await readRequest(request, 'spiffe://cluster.local/ns/default/sa/reviews'), null);
});
