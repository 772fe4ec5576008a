import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type SecretSpec, secretName } from '../../model/secret.ts';
import { readSecretFiles, resolveMaterial } from './tls-material.ts';

const FILES: Readonly<Record<string, string>> = { '/a.crt': 'CERT', '/a.key': 'KEY', '/ca.crt': 'CA' };

const read = (path: string): string => {
  const text = FILES[path];
  if (text === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
  return text;
};

function secretOf(name: string, files: Partial<SecretSpec['files']>): [string, SecretSpec] {
  const all = { certificate: '', privateKey: '', trust: '', revoked: '', ...files };
  return [name, { name, certificate: '', privateKey: null, trust: '', revoked: '', files: all }];
}

describe('secrets that are files of the container', () => {
  const pair = secretName.certificateFiles('/a.crt', '/a.key');
  const roots = secretName.trustFile('/ca.crt', '');
  const secrets = readSecretFiles(
    new Map([
      secretOf(pair, { certificate: '/a.crt', privateKey: '/a.key' }),
      secretOf(roots, { trust: '/ca.crt' }),
      secretOf('half', { certificate: '/a.crt', privateKey: '/not-there.key' }),
    ]),
    read,
  );

  test('have what is in the files', () => {
    const material = resolveMaterial(secrets, [pair], roots);
    assert.ok(!('missing' in material));
    assert.equal(material.trust, 'CA');
    assert.equal(material.pairs[0]?.certificate, 'CERT');
    assert.equal(material.pairs[0]?.privateKey.reveal(), 'KEY');
  });

  test('are missing where a file is', () => {
    assert.deepEqual(resolveMaterial(secrets, ['half'], ''), {
      missing: 'the secret half has no certificate with its key',
    });
    assert.deepEqual(resolveMaterial(secrets, [pair], 'none'), { missing: 'the secret none is not there' });
    assert.deepEqual(resolveMaterial(secrets, [], pair), {
      missing: `the secret ${pair} has no authorities`,
    });
  });

  test('differ when only a key does', () => {
    const digestWith = (key: string) => {
      const renewed = readSecretFiles(new Map([...secrets].slice(0, 1)), (path) =>
        path === '/a.key' ? key : read(path),
      );
      const material = resolveMaterial(renewed, [pair], '');
      return 'missing' in material ? '' : material.digest;
    };
    assert.notEqual(digestWith('KEY'), digestWith('OTHER KEY'));
    assert.equal(digestWith('KEY'), digestWith('KEY'));
  });
});
