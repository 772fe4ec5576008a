import assert from 'node:assert/strict';
import { constants, createHmac, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { createAuthenticator } from './authenticator.ts';
import { parseKeys } from './keys.ts';
import { JWT_BAD_FORMAT, parseToken } from './token.ts';
import { CLAIMS, encode, headOf, jwks, KEYS, policyOf, rs256, signed } from './tokens.fixture.ts';

const NOW_MS = 1_000_000;

function ask(token: string, policy = policyOf({}), nowMs = NOW_MS) {
  const head = headOf(['authorization', `Bearer ${token}`]);
  return { head, ...createAuthenticator([policy])?.authenticate(head, nowMs) };
}

const { rsa, ec, ed } = KEYS;
const ec384 = generateKeyPairSync('ec', { namedCurve: 'P-384' });
const ec521 = generateKeyPairSync('ec', { namedCurve: 'P-521' });

describe('a token is good', () => {
  const of = (key: KeyObject) => ({ key, dsaEncoding: 'ieee-p1363' }) as const;
  const p1363 = of(ec.privateKey);
  const pss = {
    key: rsa.privateKey,
    padding: constants.RSA_PKCS1_PSS_PADDING,
    saltLength: constants.RSA_PSS_SALTLEN_DIGEST,
  };
  const cases = [
    ['RS256', rsa.publicKey, (data: Buffer) => sign('sha256', data, rsa.privateKey)],
    ['RS384', rsa.publicKey, (data: Buffer) => sign('sha384', data, rsa.privateKey)],
    ['RS512', rsa.publicKey, (data: Buffer) => sign('sha512', data, rsa.privateKey)],
    ['PS256', rsa.publicKey, (data: Buffer) => sign('sha256', data, pss)],
    ['PS384', rsa.publicKey, (data: Buffer) => sign('sha384', data, pss)],
    ['PS512', rsa.publicKey, (data: Buffer) => sign('sha512', data, pss)],
    ['ES256', ec.publicKey, (data: Buffer) => sign('sha256', data, p1363)],
    ['ES384', ec384.publicKey, (data: Buffer) => sign('sha384', data, of(ec384.privateKey))],
    ['ES512', ec521.publicKey, (data: Buffer) => sign('sha512', data, of(ec521.privateKey))],
    ['EdDSA', ed.publicKey, (data: Buffer) => sign(null, data, ed.privateKey)],
  ] as const;
  for (const [alg, key, makeSignature] of cases) {
    test(`signed by ${alg}`, () => {
      const token = signed({ alg, kid: 'k1' }, CLAIMS, makeSignature);
      assert.deepEqual(ask(token, policyOf({ jwks: jwks(key) })).claims, CLAIMS);
    });
  }

  test('under whichever of several issuers it is of, each with keys of its own', () => {
    const second = { issuer: 'you', jwks: jwks(ec.publicKey) };
    const policy = policyOf({}, second);
    const es256 = (claims: object) =>
      signed({ alg: 'ES256', kid: 'k1' }, claims, (data) => sign('sha256', data, p1363));
    assert.equal(ask(rs256(), policy).refusal, '');
    assert.equal(ask(es256({ ...CLAIMS, iss: 'you' }), policy).refusal, '');
    assert.equal(ask(es256(CLAIMS), policy).refusal, 'Jwt verification fails');
    assert.equal(ask(rs256({ ...CLAIMS, iss: 'you' }), policy).refusal, 'Jwt verification fails');
  });

  test('within a minute of its time, and not beyond', () => {
    assert.equal(ask(rs256(), policyOf({}), 2_060_000).refusal, '');
    assert.equal(ask(rs256(), policyOf({}), 2_061_000).refusal, 'Jwt is expired');
    assert.equal(ask(rs256({ iss: 'me', nbf: 1061 })).refusal, 'Jwt not yet valid');
    assert.equal(ask(rs256({ iss: 'me', nbf: 1060 })).refusal, '');
  });

  test('no longer once it has expired, remembered or not', () => {
    const authenticator = createAuthenticator([policyOf({ forwardsToken: true })]);
    const head = headOf(['authorization', `Bearer ${rs256()}`]);
    assert.equal(authenticator?.authenticate(head, NOW_MS).refusal, '');
    assert.equal(authenticator?.authenticate(head, 3_000_000).refusal, 'Jwt is expired');
  });
});

describe('a token is refused', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['with alg none', `${encode({ alg: 'none' })}.${encode(CLAIMS)}.x`, 'Jwt header [alg] is not supported'],
    [
      'signed with the public key as a secret',
      signed({ alg: 'HS256', kid: 'k1' }, CLAIMS, (data) =>
        createHmac('sha256', rsa.publicKey.export({ type: 'spki', format: 'pem' }))
          .update(data)
          .digest(),
      ),
      'Jwt header [alg] is not supported',
    ],
    [
      'that names an algorithm of another kind of key',
      signed({ alg: 'ES256', kid: 'k1' }, CLAIMS, (data) => sign('sha256', data, rsa.privateKey)),
      'Jwt verification fails',
    ],
    ['of another issuer', rs256({ ...CLAIMS, iss: 'you' }), 'Jwt issuer is not configured'],
    [
      'with an unknown key',
      rs256(CLAIMS, { kid: 'k2' }),
      "Jwks doesn't have key to match kid or alg from Jwt",
    ],
    [
      'that was changed',
      rs256().replace(/\.[^.]+\./, `.${encode({ iss: 'me' })}.`),
      'Jwt verification fails',
    ],
    [
      'with extensions that must be understood',
      rs256(CLAIMS, { crit: ['b64'] }),
      'Jwt header [crit] is not supported',
    ],
    ['without three parts', 'a.b', JWT_BAD_FORMAT],
    ['that is no base64', 'a.b.c', 'Jwt header is an invalid Base64url encoded'],
    ['that is no JSON', 'aGk.aGk.aGk', 'Jwt header is an invalid JSON'],
    ['whose iss is no text', rs256({ iss: 7 }), 'Jwt payload [iss] field is not a string'],
    ['whose exp is no number', rs256({ iss: 'me', exp: 'x' }), 'Jwt payload [exp] field is not an integer'],
    [
      'whose aud is no text',
      rs256({ iss: 'me', aud: [1] }),
      'Jwt payload [aud] field is not a string or string list',
    ],
  ];
  for (const [title, token, reason] of cases) test(title, () => assert.equal(ask(token).refusal, reason));

  test('whose algorithm is not that of the key, or of the key’s curve', () => {
    const under = (token: string, key: KeyObject, fields: Record<string, string>) =>
      ask(token, policyOf({ jwks: jwks(key, { kid: 'k1', ...fields }) })).refusal;
    assert.equal(
      under(rs256(), rsa.publicKey, { alg: 'PS256' }),
      "Jwks doesn't have key to match kid or alg from Jwt",
    );
    const withOtherCurve = signed({ alg: 'ES256', kid: 'k1' }, CLAIMS, (data) =>
      sign('sha256', data, { key: ec384.privateKey, dsaEncoding: 'ieee-p1363' }),
    );
    assert.equal(under(withOtherCurve, ec384.publicKey, {}), 'Jwt verification fails');
    const withDer = signed({ alg: 'ES256', kid: 'k1' }, CLAIMS, (data) =>
      sign('sha256', data, ec.privateKey),
    );
    assert.equal(under(withDer, ec.publicKey, {}), 'Jwt verification fails');
  });

  test('where the set has a symmetric key, whoever may have made it', () => {
    const secret = Buffer.from('secret');
    const oct = JSON.stringify({ keys: [{ kty: 'oct', kid: 'k1', k: secret.toString('base64url') }] });
    for (const alg of ['HS256', 'hs256', 'None', 'NONE', 'RS256']) {
      const token = signed({ alg, kid: 'k1' }, CLAIMS, (data) =>
        createHmac('sha256', secret).update(data).digest(),
      );
      assert.match(
        ask(token, policyOf({ jwks: oct })).refusal ?? '',
        /^(Jwt header \[alg\] is not supported|Jwks doesn't have key)/,
      );
    }
  });

  test('while its keys could not be fetched', () => {
    assert.equal(
      ask(rs256(), policyOf({ jwks: '', jwksUri: 'http://id/keys' })).refusal,
      "Jwks doesn't have key to match kid or alg from Jwt",
    );
  });

  test('for another audience', () => {
    const policy = policyOf({ audiences: ['shop'] });
    assert.equal(
      ask(rs256({ ...CLAIMS, aud: ['yard'] }), policy).refusal,
      'Audiences in Jwt are not allowed',
    );
    assert.equal(ask(rs256({ ...CLAIMS, aud: 'shop' }), policy).refusal, '');
  });

  test('but not for an audience that differs in scheme and slash alone', () => {
    const refusal = (wanted: string, aud: string) =>
      ask(rs256({ ...CLAIMS, aud }), policyOf({ audiences: [wanted] })).refusal;
    assert.equal(refusal('https://shop.example/', 'shop.example'), '');
    assert.equal(refusal('shop.example', 'http://shop.example/'), '');
    assert.equal(refusal('shop.example', 'shop.example//'), 'Audiences in Jwt are not allowed');
    assert.equal(refusal('shop.example', 'shop.example/a'), 'Audiences in Jwt are not allowed');
  });

  test('beside a good one', () => {
    const head = headOf(['authorization', `Bearer ${rs256()}`], '/?access_token=abc');
    assert.equal(createAuthenticator([policyOf({})])?.authenticate(head, NOW_MS).refusal, JWT_BAD_FORMAT);
  });

  test('on a second line of its header too', () => {
    const head = headOf(['authorization', 'Basic YTpi', 'Authorization', 'Bearer abc']);
    assert.equal(createAuthenticator([policyOf({})])?.authenticate(head, NOW_MS).refusal, JWT_BAD_FORMAT);
  });
});

describe('the application gets', () => {
  test('the token only where it is forwarded', () => {
    assert.deepEqual(ask(rs256()).head.headers, []);
    assert.equal(ask(rs256(), policyOf({ forwardsToken: true })).head.headers.length, 2);
  });

  test('claims as headers, and none that the caller made up', () => {
    const claimHeaders = [
      { header: 'x-sub', claim: ['sub'] },
      { header: 'x-none', claim: ['none'] },
    ];
    const head = headOf(['x-sub', 'root', 'x-none', 'root', 'authorization', `Bearer ${rs256()}`]);
    createAuthenticator([policyOf({ claimHeaders })])?.authenticate(head, NOW_MS);
    assert.deepEqual(head.headers, ['x-sub', 'ann']);
  });

  test('no header that a claim smuggles in', () => {
    const claimHeaders = [{ header: 'x-sub', claim: ['sub'] }];
    const { head } = ask(rs256({ iss: 'me', sub: 'a\r\nx-admin: 1' }), policyOf({ claimHeaders }));
    assert.deepEqual(head.headers, []);
  });
});

test('any text is a token, or a reason why it is none', () => {
  const part = fc.oneof(
    fc.string(),
    fc.json().map((text) => Buffer.from(text).toString('base64url')),
    fc.constant(encode({ alg: 'RS256' })),
    fc.dictionary(fc.constantFrom('alg', 'iss', 'exp', 'aud', 'kid'), fc.jsonValue()).map(encode),
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 4 }), (parts) => {
      const result = parseToken(parts.join('.'));
      assert.ok(typeof result === 'string' ? result !== '' : typeof result.claims === 'object');
    }),
    { numRuns: 2000 },
  );
});

test('a good token with any character changed is refused, or says the same', () => {
  const good = rs256({ ...CLAIMS, role: 'reader' });
  const character = fc.constantFrom(...'Aa0_-.=+/ \0\u00ff');
  fc.assert(
    fc.property(fc.nat(good.length - 1), character, (at, other) => {
      const { refusal, claims } = ask(`${good.slice(0, at)}${other}${good.slice(at + 1)}`);
      assert.ok(refusal !== '' || JSON.stringify(claims) === JSON.stringify({ ...CLAIMS, role: 'reader' }));
    }),
    { numRuns: 1000 },
  );
});

test('any text is a set of keys, if only of none', () => {
  const key = fc.dictionary(
    fc.constantFrom('kty', 'kid', 'alg', 'n', 'e', 'crv', 'x', 'y', 'k'),
    fc.jsonValue(),
  );
  const set = fc.record({ keys: fc.oneof(fc.array(key, { maxLength: 3 }), fc.jsonValue()) });
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        set.map((each) => JSON.stringify(each)),
      ),
      (text) => {
        assert.deepEqual(parseKeys(text), []);
      },
    ),
    { numRuns: 1000 },
  );
});
