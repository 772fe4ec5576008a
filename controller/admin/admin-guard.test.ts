import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AdminRequest, refuseAdminRequest } from './admin-guard.ts';

const ON_LOOPBACK: AdminRequest = {
  ...{
    method: 'GET',
    path: '/debug/configz',
    headers: { host: 'localhost:15014' },
    remoteAddress: '127.0.0.1',
  },
};
const statusOf = (change: Partial<AdminRequest>, token = '') =>
  refuseAdminRequest({ ...ON_LOOPBACK, ...change }, token)?.status;

test('what tells of configuration is for loopback and for the Unix socket', () => {
  assert.equal(statusOf({}), undefined);
  assert.equal(statusOf({ remoteAddress: '::1', headers: { host: '[::1]:15014' } }), undefined);
  assert.equal(statusOf({ remoteAddress: null, headers: {} }), undefined);
  for (const path of ['/debug/syncz', '/debug/config_dump', '/debug/registryz', '/nowhere'])
    assert.equal(statusOf({ path, remoteAddress: '172.18.0.5' }), 403, path);
});

test('metrics and health are for everybody', () => {
  for (const path of ['/metrics', '/ready', '/version'])
    assert.equal(statusOf({ path, remoteAddress: '172.18.0.5', headers: { host: 'prometheus' } }), undefined);
});

test('nothing can be written, whoever asks', () => {
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
    assert.equal(statusOf({ method }), 405, method);
    assert.equal(statusOf({ method, remoteAddress: null }), 405, method);
  }
  assert.equal(statusOf({ method: 'HEAD' }), undefined);
});

test('a name that was made to point to loopback is not answered', () => {
  for (const host of ['evil.example', 'evil.example:15014', '127.0.0.1.nip.io:15014', ''])
    assert.equal(statusOf({ headers: { host } }), 421, host);
});

test('a page of another site cannot ask, in a new browser or an old one', () => {
  const host = 'localhost:15014';
  for (const site of ['cross-site', 'same-site'])
    assert.equal(statusOf({ headers: { host, 'sec-fetch-site': site } }), 403, site);
  assert.equal(statusOf({ headers: { host, origin: 'http://evil.example' } }), 403);
  assert.equal(statusOf({ headers: { host, origin: 'http://localhost:15014' } }), undefined);
  assert.equal(statusOf({ headers: { host, 'sec-fetch-site': 'none' } }), undefined);
});

test('who has the token may read from anywhere, and without one set nobody has it', () => {
  const from = (authorization: string) => ({ remoteAddress: '172.18.0.5', headers: { authorization } });
  assert.equal(statusOf(from('Bearer letmein'), 'letmein'), undefined);
  for (const wrong of ['', 'Bearer ', 'Bearer letmei', 'letmein', 'Basic letmein'])
    assert.equal(statusOf(from(wrong), 'letmein'), 403, wrong);
  assert.equal(statusOf(from('Bearer '), ''), 403);
  assert.equal(statusOf({ ...from('Bearer letmein'), method: 'POST' }, 'letmein'), 405);
});
