import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { hostsMatch, isSubsetOf, mostSpecificMatch, resolveShortName } from './host.ts';

describe('a short host', () => {
  it('is completed with the namespace of its resource', () => {
    const cases: readonly [string, string][] = [
      ['reviews', 'reviews.shop.svc.cluster.local'],
      ['Reviews', 'reviews.shop.svc.cluster.local'],
      ['reviews.prod', 'reviews.prod'],
      ['*', '*'],
      ['*.example.com', '*.example.com'],
      ['10.0.0.1', '10.0.0.1'],
      ['::1', '::1'],
      ['API.Example.com', 'api.example.com'],
      ['', ''],
    ];
    for (const [host, full] of cases) assert.equal(resolveShortName(host, 'shop'), full, host);
  });
});

describe('wildcards', () => {
  it('match in both directions', () => {
    const cases: readonly [string, string, boolean][] = [
      ['a.b.com', 'a.b.com', true],
      ['*', 'a.b.com', true],
      ['*.b.com', 'a.b.com', true],
      ['*.b.com', 'x.a.b.com', true],
      ['*.b.com', 'b.com', false],
      ['*.b.com', '*.com', true],
      ['*.b.com', '*.c.com', false],
      ['*b.com', 'ab.com', true],
      ['*', '*', true],
      ['a.com', 'b.com', false],
    ];
    for (const [a, b, expected] of cases) {
      assert.equal(hostsMatch(a, b), expected, `${a} ${b}`);
      assert.equal(hostsMatch(b, a), expected, `${b} ${a}`);
    }
  });

  it('are subsets in one direction', () => {
    assert.equal(isSubsetOf('a.b.com', '*.b.com'), true);
    assert.equal(isSubsetOf('*.b.com', 'a.b.com'), false);
    assert.equal(isSubsetOf('*.a.b.com', '*.b.com'), true);
    assert.equal(isSubsetOf('*.b.com', '*.a.b.com'), false);
    assert.equal(isSubsetOf('*', '*.com'), false);
    assert.equal(isSubsetOf('a.com', 'a.com'), true);
  });

  it('yield to the more specific name', () => {
    assert.equal(mostSpecificMatch('a.b.com', ['*', '*.com', '*.b.com', 'a.b.com']), 'a.b.com');
    assert.equal(mostSpecificMatch('x.b.com', ['*', '*.com', '*.b.com', 'a.b.com']), '*.b.com');
    assert.equal(mostSpecificMatch('x.org', ['*.com', '*']), '*');
    assert.equal(mostSpecificMatch('x.org', ['*.com']), null);
  });
});
