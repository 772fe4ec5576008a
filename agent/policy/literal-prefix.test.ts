import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RE2JS } from 're2js';
import { literalPrefix } from './literal-prefix.ts';

const CASES: readonly (readonly [pattern: string, prefix: string])[] = [
  ['/items/[0-9]+/part', '/items/'],
  ['^/api/.*', '/api/'],
  ['/ab*', '/a'],
  ['/ab?c', '/a'],
  ['/ab{0,2}', '/a'],
  ['/ab+c', '/ab'],
  ['/plain', '/plain'],
  ['/a|/b', ''],
  ['(?i)/a', ''],
  ['.*', ''],
  ['\\.js', ''],
  ['', ''],
];

for (const [pattern, prefix] of CASES) {
  test(`every match of ${JSON.stringify(pattern)} begins with ${JSON.stringify(prefix)}`, () => {
    assert.equal(literalPrefix(pattern), prefix);
  });
}

test('no text that matches is lost to the prefix', () => {
  const pieces = fc.constantFrom(
    'a',
    'b',
    '/',
    '.',
    '*',
    '+',
    '?',
    '{0,1}',
    '(',
    ')',
    '|',
    '[ab]',
    '^',
    '$',
    '\\d',
  );
  const patterns = fc.array(pieces, { maxLength: 8 }).map((parts) => parts.join(''));
  const texts = fc
    .array(fc.constantFrom('a', 'b', '/', '1'), { maxLength: 6 })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(patterns, texts, (pattern, text) => {
      const compiled = compile(pattern);
      if (compiled?.matches(text)) assert.ok(text.startsWith(literalPrefix(pattern)), pattern);
    }),
    { seed: 11, numRuns: 20_000 },
  );
});

/** null = no pattern of RE2. */
function compile(pattern: string): RE2JS | null {
  try {
    return RE2JS.compile(pattern);
  } catch {
    return null;
  }
}
