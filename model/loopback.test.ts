import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLoopback, isLoopbackHost } from './loopback.ts';

test('loopback is told from every other address', () => {
  for (const address of ['127.0.0.1', '127.8.9.1', '::1', '::ffff:127.0.0.1']) assert.ok(isLoopback(address));
  for (const address of ['', '172.17.0.1', '::', '::ffff:10.0.0.1', '127.0.0.1.example', '0.0.0.0'])
    assert.ok(!isLoopback(address), address);
});

test('a host name that only points to loopback is none', () => {
  for (const host of ['localhost', 'LOCALHOST:15000', '127.0.0.1:15014', '[::1]:15000', '[::1]'])
    assert.ok(isLoopbackHost(host), host);
  for (const host of ['', 'evil.example:15000', 'localhost.evil.example', '127.0.0.1.nip.io', '10.0.0.1:1'])
    assert.ok(!isLoopbackHost(host), host);
});
