import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { createManualClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/log.ts';
import type { Resource } from '../../istio/resource.ts';
import { KeySets, MIN_PAUSE_MS, REFRESH_MS } from './key-sets.ts';

const KEYS = '{"keys":[]}';
const document = (...jwtRules: object[]) =>
  ({ kind: 'RequestAuthentication', spec: { jwtRules } }) as unknown as Resource;

function open(answers: Record<string, string>, kept?: ReadonlyMap<string, string>) {
  const clock = createManualClock(1_000_000);
  const asked: string[] = [];
  const timeouts: number[] = [];
  const changes: ReadonlyMap<string, string>[] = [];
  const sets = new KeySets(
    {
      ...{ clock, log: silentLogger, onChange: (each) => changes.push(each) },
      async get(uri, timeoutMs) {
        asked.push(uri);
        timeouts.push(timeoutMs);
        const answer = answers[uri];
        if (answer === undefined) throw new Error('status 503');
        return answer;
      },
    },
    kept,
  );
  return { clock, asked, timeouts, changes, sets, answers };
}

describe('keys of an issuer', () => {
  const byUri = document({ issuer: 'a', jwksUri: 'http://a/keys' });

  it('are fetched where the document says, and every 20 minutes again', async () => {
    const { sets, asked, changes, clock, answers } = open({ 'http://a/keys': KEYS });
    sets.want([byUri, document({ issuer: 'b', jwks: KEYS })]);
    await setImmediate();
    assert.deepEqual([...(changes[0] ?? [])], [['http://a/keys', KEYS]]);
    answers['http://a/keys'] = '{"keys":[{}]}';
    clock.advance(REFRESH_MS);
    await setImmediate();
    assert.equal(asked.length, 2);
    assert.equal(sets.sets.get('http://a/keys'), '{"keys":[{}]}');
  });

  it('are found by discovery where none is named', async () => {
    const discovery = 'https://id.example/.well-known/openid-configuration';
    const { sets } = open({
      [discovery]: '{"jwks_uri":"https://id.example/k"}',
      'https://id.example/k': KEYS,
    });
    sets.want([document({ issuer: 'https://id.example/' })]);
    await setImmediate();
    assert.equal(sets.sets.get(discovery), KEYS);
  });

  it('stay good while their server is down, or says something else, and are asked for again', async () => {
    const { sets, asked, clock, answers } = open({}, new Map([['http://a/keys', KEYS]]));
    sets.want([byUri]);
    await setImmediate();
    answers['http://a/keys'] = '<html>down</html>';
    clock.advance(1000);
    await setImmediate();
    assert.equal(asked.length, 2);
    assert.equal(sets.sets.get('http://a/keys'), KEYS);
  });

  it('are fetched early for an unknown key, but not again and again', async () => {
    const { sets, asked, clock } = open({ 'http://a/keys': KEYS });
    sets.want([byUri]);
    await setImmediate();
    sets.refreshSoon();
    assert.equal(asked.length, 1);
    clock.advance(MIN_PAUSE_MS);
    sets.refreshSoon();
    sets.refreshSoon();
    assert.equal(asked.length, 2);
  });

  it('are waited for as long as the most patient rule says, and 5 s where none does', async () => {
    const { sets, timeouts, clock } = open({ 'http://a/keys': KEYS });
    sets.want([byUri]);
    await setImmediate();
    const slow = { issuer: 'a', jwksUri: 'http://a/keys', timeout: '9s' };
    sets.want([document(slow, { ...slow, timeout: '7s' })]);
    clock.advance(REFRESH_MS);
    await setImmediate();
    assert.deepEqual(timeouts, [5000, 9000]);
  });

  it('are no longer fetched when the document is gone', async () => {
    const { sets, asked, clock } = open({ 'http://a/keys': KEYS });
    sets.want([byUri]);
    await setImmediate();
    sets.want([]);
    clock.advance(REFRESH_MS);
    assert.equal(asked.length, 1);
  });
});
