import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import type { Push } from '../../model/push.ts';
import { applyPush, NOTHING_HELD, parseHeld, serialiseHeld } from './resource-store.ts';

/** As it arrives: the key is plain text. */
const PUSH = {
  ...{ type: 'push', version: '1', base: '', nonce: 'n', remove: [] },
  upsert: [
    {
      ...{ kind: 'secret', name: 'kubernetes://shop', hash: 'h' },
      spec: {
        ...{ name: 'kubernetes://shop', certificate: 'CERT', privateKey: 'KEY' },
        ...{ trust: '', revoked: '', files: null },
      },
    },
  ],
} as unknown as Push;

describe('a private key in what an agent holds', () => {
  test('is not printed', () => {
    const held = applyPush(NOTHING_HELD, PUSH);
    const printed = JSON.stringify([...held.snapshot.resources.secret]) + inspect(held, { depth: 9 });
    assert.match(printed, /"privateKey":"\[redacted\]"/);
    assert.doesNotMatch(printed, /KEY/);
  });

  test('outlives a crash of the process', () => {
    const held = parseHeld(serialiseHeld(applyPush(NOTHING_HELD, PUSH)));
    const secret = held?.snapshot.resources.secret.get('kubernetes://shop');
    assert.equal(secret?.privateKey?.reveal(), 'KEY');
    assert.doesNotMatch(JSON.stringify(secret), /KEY/);
  });

  test('is in no reason of a refusal', () => {
    const broken = { ...PUSH, upsert: [{ ...PUSH.upsert[0], spec: 'KEY' }] } as unknown as Push;
    assert.throws(
      () => applyPush(NOTHING_HELD, broken),
      (error: Error) => !/KEY/.test(error.message),
    );
  });
});
