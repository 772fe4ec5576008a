import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSessionState, type SessionState, Sessions } from './sessions.ts';

test('a session is good for its container, over a restart of the controller too', () => {
  const state = createSessionState();
  const session = new Sessions(state).issue('abc');
  const later = new Sessions(JSON.parse(JSON.stringify(state)) as SessionState);
  assert.equal(later.containerOf(session), 'abc');
});

test('forged and foreign sessions are worth nothing', () => {
  const sessions = new Sessions(createSessionState());
  const session = sessions.issue('abc');
  const [body = '', mac = ''] = session.split('.');
  const claims = { kind: 'session', container: 'root', nonce: 'x' };
  const other = Buffer.from(JSON.stringify(claims)).toString('base64url');
  const foreign = new Sessions(createSessionState()).issue('abc');
  for (const forged of ['', 'x', `${body}.`, `${other}.${mac}`, `${body}x.${mac}`, foreign])
    assert.equal(sessions.containerOf(forged), null, forged);
});
