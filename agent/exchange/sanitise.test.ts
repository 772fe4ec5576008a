import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { NodeSpec } from '../../model/node.ts';
import type { Headers } from '../codec/head.ts';
import { nodeSpec, routeSpec } from '../snapshot.fixture.ts';
import { sendRequest } from './memory-codec.ts';
import { headerOf, openProxy } from './pipeline.fixture.ts';

/** Status, Location, and path and headers as the host saw them. */
function pass(change: Partial<NodeSpec>, path: string, headers: Headers = []) {
  const { pipeline, seen } = openProxy([routeSpec(['north'])], { node: nodeSpec(change) });
  const { response } = sendRequest(pipeline, { path, headers }).downstream;
  const head = seen[0]?.head;
  return {
    status: response?.status,
    location: headerOf(response?.headers, 'location'),
    path: head?.path,
    header: (name: string) => headerOf(head?.headers, name),
  };
}

describe('a header whose name has an underscore', () => {
  const headers = ['x_team', 'blue', 'x-team', 'x_y'];

  test('passes', () => assert.equal(pass({}, '/', headers).header('x_team'), 'blue'));

  test('is dropped alone where the settings say so', () => {
    const { status, header } = pass({ underscores: 'drop' }, '/', headers);
    assert.deepEqual([status, header('x_team'), header('x-team')], [200, undefined, 'x_y']);
  });

  test('refuses the request where they say that', () => {
    assert.equal(pass({ underscores: 'reject' }, '/', headers).status, 400);
    assert.equal(pass({ underscores: 'reject' }, '/', ['x-team', 'x_y']).status, 200);
  });
});

describe('an escaped slash in a path', () => {
  const path = '/a%2Fb/%5c..?c=%2F';

  test('passes', () => assert.equal(pass({}, '/a%2Fb?c=%2F').path, '/a%2Fb?c=%2F'));

  test('is refused, unescaped, or unescaped by the caller, as the settings say', () => {
    assert.equal(pass({ escapedSlashes: 'reject' }, path).status, 400);
    assert.equal(pass({ escapedSlashes: 'forward' }, path).path, '/a/b/?c=%2F');
    const redirected = pass({ escapedSlashes: 'redirect' }, path);
    assert.deepEqual([redirected.status, redirected.location], [307, '/a/b/?c=%2F']);
  });

  test('does not matter in a query', () => {
    for (const escapedSlashes of ['reject', 'redirect', 'forward'] as const)
      assert.equal(pass({ escapedSlashes }, '/a?b=%2F').path, '/a?b=%2F');
  });
});
