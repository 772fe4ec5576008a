import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readTarget } from './request-target.ts';

test('a target is its path and query, whoever wrote it', () => {
  const read = (target: string | undefined) => {
    const { host, pathname, search } = readTarget(target);
    return [host, pathname, search];
  };
  assert.deepEqual(read('/a/b?c=d'), ['localhost', '/a/b', '?c=d']);
  assert.deepEqual(read('//'), ['localhost', '//', '']);
  assert.deepEqual(read('//evil.example/x'), ['localhost', '//evil.example/x', '']);
  assert.deepEqual(read('http://other/x'), ['localhost', '/', '']);
  assert.deepEqual(read(undefined), ['localhost', '/', '']);
  fc.assert(fc.property(fc.string(), (text) => assert.equal(readTarget(`/${text}`).host, 'localhost')));
});
