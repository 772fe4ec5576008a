import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSessionState, type SessionState, Sessions } from './sessions.ts';

function create(state = createSessionState()) {
  const saved: { state: SessionState } = { state };
  const sessions = new Sessions(state, (next) => {
    saved.state = next;
  });
  return { sessions, saved };
}

test('a token is exchanged once for a session of its container', () => {
  const { sessions } = create();
  const token = sessions.issueToken('abc');
  assert.equal(sessions.claimant(token), 'abc');
  const session = sessions.redeem(token) ?? '';
  assert.equal(sessions.containerOf(session), 'abc');
  assert.equal(sessions.redeem(token), null);
  assert.equal(sessions.claimant(token), null);
});

test('forged, foreign and misused credentials are worth nothing', () => {
  const { sessions } = create();
  const token = sessions.issueToken('abc');
  const [body = '', mac = ''] = token.split('.');
  const other = Buffer.from(JSON.stringify({ kind: 'session', container: 'root', nonce: 'x' })).toString(
    'base64url',
  );
  for (const forged of [
    '',
    'x',
    `${body}.`,
    `${other}.${mac}`,
    `${body}x.${mac}`,
    create().sessions.issueToken('abc'),
  ]) {
    assert.equal(sessions.redeem(forged), null, forged);
    assert.equal(sessions.containerOf(forged), null, forged);
  }
  assert.equal(sessions.containerOf(token), null);
});

test('sessions and used tokens outlive a restart of the controller', () => {
  const first = create();
  const token = first.sessions.issueToken('abc');
  const session = first.sessions.redeem(token) ?? '';
  const second = create(JSON.parse(JSON.stringify(first.saved.state)) as SessionState);
  assert.equal(second.sessions.containerOf(session), 'abc');
  assert.equal(second.sessions.redeem(token), null);
});
