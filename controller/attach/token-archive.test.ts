import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { createTokenArchive } from './token-archive.ts';

test('tar reads the token out of the archive, owned by the agent alone', () => {
  const archive = createTokenArchive('token', 'secret-é');
  assert.equal(archive.length % 512, 0);
  assert.equal(execFileSync('tar', ['-xOf', '-', 'token'], { input: archive }).toString(), 'secret-é');
  const listing = execFileSync('tar', ['--numeric-owner', '-tvf', '-'], { input: archive }).toString();
  assert.match(listing, /^-r-------- 1337\/1337 +9 /);
});

test('a token that fills its block is not cut off', () => {
  const token = 'x'.repeat(512);
  const archive = createTokenArchive('token', token);
  assert.equal(execFileSync('tar', ['-xOf', '-', 'token'], { input: archive }).toString(), token);
});
