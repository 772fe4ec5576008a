import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import {
  PrivateKey,
  parseSecretName,
  readSecret,
  type SecretSpec,
  secretName,
  writeSecrets,
} from './secret.ts';

const SECRET: SecretSpec = {
  ...{ name: 'kubernetes://shop', certificate: 'CERT', privateKey: new PrivateKey('KEY') },
  ...{ trust: '', revoked: '', files: null },
};

describe('a private key', () => {
  test('prints [redacted] wherever something is printed', () => {
    const { privateKey } = SECRET;
    const printed = [
      JSON.stringify(SECRET),
      `${privateKey}`,
      inspect(SECRET, { depth: 9, showHidden: true }),
      String(new Error(`no use of ${privateKey}`)),
      JSON.stringify(structuredClone({ ...SECRET, privateKey: String(privateKey) })),
    ];
    for (const text of printed) {
      assert.match(text, /\[redacted\]/);
      assert.doesNotMatch(text, /KEY/);
    }
  });

  test('is whole on its way to the proxy, and sealed again there', () => {
    const text = writeSecrets([SECRET]);
    assert.match(text, /"privateKey":"KEY"/);
    const [read] = (JSON.parse(text) as SecretSpec[]).map(readSecret);
    assert.equal(read?.privateKey?.reveal(), 'KEY');
    assert.doesNotMatch(JSON.stringify(read), /KEY/);
    assert.equal(readSecret({ ...SECRET, privateKey: null }).privateKey, null);
  });
});

test('names of secrets tell where their contents are', () => {
  const nothing = { certificate: '', privateKey: '', trust: '', revoked: '' };
  assert.deepEqual(parseSecretName(secretName.trustOf('shop')), {
    kind: 'credential',
    credential: 'shop-cacert',
  });
  assert.deepEqual(parseSecretName(secretName.certificateFiles('/a.crt', '/a.key')), {
    kind: 'files',
    files: { ...nothing, certificate: '/a.crt', privateKey: '/a.key' },
  });
  assert.deepEqual(parseSecretName(secretName.trustFile('/ca.crt', '/ca.crl')), {
    kind: 'files',
    files: { ...nothing, trust: '/ca.crt', revoked: '/ca.crl' },
  });
});
