import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configPath, matchPath, servicePath, tracesPath } from './paths.ts';

test('a page is found by its path, with the names that stand in it', () => {
  assert.deepEqual(matchPath('/services', '/services'), {});
  assert.deepEqual(matchPath('/services/:namespace/:name', servicePath('default', 'a b/c')), {
    namespace: 'default',
    name: 'a b/c',
  });
  assert.equal(matchPath('/services/:namespace/:name', '/services/default'), null);
  assert.equal(matchPath('/services/:namespace/:name', '/services//x'), null);
});

test('links keep file names and filters as they are', () => {
  assert.equal(configPath({ file: 'a/b c.yaml', line: 7 }), '/config?file=a%2Fb%20c.yaml&line=7');
  assert.equal(configPath({ file: 'x.yaml', line: 0 }), '/config?file=x.yaml');
  assert.equal(tracesPath({ service: 'reviews' }), '/traces?service=reviews');
  assert.equal(tracesPath({}), '/traces');
});
