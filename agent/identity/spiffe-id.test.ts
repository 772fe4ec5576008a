import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import {
  type JsonGeneralName,
  SIGNING,
  SubjectAlternativeNameExtension,
  X509CertificateGenerator,
} from '../../controller/ca/x509.ts';
import { Subject } from '../policy/authorization/subject.ts';
import { namesOf } from '../tls/forwarded-certificate.ts';
import { readSpiffeId } from './identity.ts';

const CLIENT = 'spiffe://cluster.local/ns/default/sa/client';
const keys = await crypto.subtle.generateKey(SIGNING, true, ['sign', 'verify']);

async function certificateOf(names: readonly JsonGeneralName[]): Promise<X509Certificate> {
  const made = await X509CertificateGenerator.createSelfSigned({
    ...{ serialNumber: '01', name: 'CN=test', keys, signingAlgorithm: SIGNING },
    ...{ notBefore: new Date(0), notAfter: new Date(4e12) },
    extensions: names.length === 0 ? [] : [new SubjectAlternativeNameExtension([...names])],
  });
  return new X509Certificate(made.toString('pem'));
}

describe('who a certificate names', () => {
  const cases: readonly (readonly [string, JsonGeneralName[], string])[] = [
    ['the one SPIFFE id', [{ type: 'url', value: CLIENT }], CLIENT],
    [
      'beside other names',
      [
        { type: 'dns', value: 'a.example' },
        { type: 'url', value: CLIENT },
      ],
      CLIENT,
    ],
    [
      'nobody, with two ids',
      [
        { type: 'url', value: CLIENT },
        { type: 'url', value: `${CLIENT}2` },
      ],
      '',
    ],
    ['nobody, with none', [{ type: 'dns', value: 'a.example' }], ''],
    ['nobody, by a host name that looks like one', [{ type: 'dns', value: `a, URI:${CLIENT}` }], ''],
    ['nobody, by an address that looks like one', [{ type: 'email', value: `a@b", URI:${CLIENT}` }], ''],
    ['nobody, by one id inside another', [{ type: 'url', value: `https://a/, URI:${CLIENT}` }], ''],
    ['nobody, where it would forge a header', [{ type: 'url', value: `${CLIENT};By=x` }], ''],
    ['nobody, with a comma', [{ type: 'url', value: `${CLIENT},URI=spiffe://b` }], ''],
    ['nobody, with a line break', [{ type: 'url', value: `${CLIENT}\r\nx-admin: 1` }], ''],
    ['nobody, without a path', [{ type: 'url', value: 'spiffe://cluster.local' }], ''],
  ];
  for (const [title, names, expected] of cases)
    test(title, async () => assert.equal(readSpiffeId(await certificateOf(names)), expected));
});

test('of any certificate at most the one URI that is there is read', async () => {
  const value = fc.string({ unit: fc.constantFrom(...'ab/:.,;"\\ =@'), minLength: 1, maxLength: 20 });
  const name = fc.oneof(
    value.map((text): JsonGeneralName => ({ type: 'url', value: `spiffe://${text}` })),
    value.map((text): JsonGeneralName => ({ type: 'url', value: text })),
    value.map((text): JsonGeneralName => ({ type: 'dns', value: `a, URI:spiffe://x/${text}` })),
    value.map((text): JsonGeneralName => ({ type: 'email', value: `${text}, URI:spiffe://x/y` })),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(name, { maxLength: 3 }), async (names) => {
      const ids = names.filter(({ type, value: text }) => type === 'url' && text.startsWith('spiffe://'));
      const read = readSpiffeId(await certificateOf(names));
      if (read !== '')
        assert.deepEqual(
          [read],
          ids.map(({ value: text }) => text),
        );
    }),
    { numRuns: 300 },
  );
});

test('any text in place of names is read without a fault', () => {
  const odd = fc.string({ unit: fc.constantFrom(...'aU:R,I "\\qDNS') });
  fc.assert(
    fc.property(fc.oneof(fc.string(), odd), (text) => {
      for (const { kind, name } of namesOf(text))
        assert.ok(typeof kind === 'string' && typeof name === 'string');
      readSpiffeId({ subjectAltName: text });
    }),
    { numRuns: 2000 },
  );
});

test('policies see the parts of an id only where it has exactly those of the mesh', () => {
  const of = (identity: string) =>
    new Subject(
      { remoteAddress: '10.0.0.1', identity, originalDestination: { address: '10.0.0.2', port: 80 } },
      ...[null, null, () => ''],
    ).identity;
  const whole = of(CLIENT);
  assert.deepEqual(
    [whole.trustDomain, whole.namespace, whole.serviceAccount],
    ['cluster.local', 'default', 'default/client'],
  );
  for (const id of [`${CLIENT}/more`, 'spiffe://cluster.local/ns/a/b/sa/c', 'spiffe://x/y', 'x', ''])
    assert.deepEqual([of(id).namespace, of(id).serviceAccount, of(id).trustDomain], ['', '', ''], id);
  fc.assert(
    fc.property(fc.string(), (text) => {
      const { namespace, serviceAccount } = of(`spiffe://${text}`);
      assert.ok(!namespace.includes('/') && serviceAccount.split('/').length <= 2);
    }),
  );
});
