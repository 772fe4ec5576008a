import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { compileRegex } from './regex.ts';

describe('a pattern is RE2, and matches the whole text', () => {
  const CASES: readonly (readonly [pattern: string, matching: string[], failing: string[]])[] = [
    ['/a', ['/a'], ['/ab', 'x/a', '/A', '']],
    ['/a|/b', ['/a', '/b'], ['/ab', '/c']],
    ['/items/[0-9]+', ['/items/1', '/items/12'], ['/items/', '/items/1a', '/items/1/2']],
    ['.*', ['', 'a', 'a/b?c'], ['a\nb']],
    ['(?i)/Abc', ['/abc', '/ABC'], ['/abd']],
    ['(?s).*', ['a\nb'], []],
    ['^/a$', ['/a'], ['/a\n']],
    ['\\d{3}-\\w+', ['123-a_b'], ['12-a', '123-']],
    ['[[:alpha:]]+', ['abC'], ['a1', '']],
    ['a{2,3}', ['aa', 'aaa'], ['a', 'aaaa']],
    ['\\Qa.b\\E', ['a.b'], ['axb']],
    ['\\bfoo\\b', ['foo'], ['foo ']],
    ['(?P<name>x)+', ['x', 'xxx'], ['']],
    // Headers are bytes here; a character of the pattern is a character all the same.
    ['caf.', ['caf\xc3\xa9', 'cafe'], ['caf\xc3\xa9s']],
    ['café', ['caf\xc3\xa9'], ['caf\xe9', 'cafe']],
    ['\\p{Greek}+', ['\xce\xb1\xce\xb2'], ['ab']],
  ];
  for (const [pattern, matching, failing] of CASES) {
    test(pattern, () => {
      const regex = compileRegex(pattern);
      for (const text of matching) assert.ok(regex.matches(text), text);
      for (const text of failing) assert.ok(!regex.matches(text), text);
    });
  }
});

describe('what only a backtracking engine can do is refused', () => {
  const REFUSED = [
    '(a)\\1',
    '(?=a)b',
    '(?!a)b',
    '(?<=a)b',
    '(?<!a)b',
    '(?>a)',
    'a++',
    '(?(1)a)',
    '*',
    '(',
    'a{1001}',
    '[z-a]',
  ];
  for (const pattern of REFUSED) test(pattern, () => assert.throws(() => compileRegex(pattern)));
});

test('no pattern takes more than linear time', () => {
  for (const pattern of [
    '(a+)+$',
    '(a|aa)+$',
    '(.*a){12}',
    '^(a?){25}a{25}$',
    '([a-z]+)*[0-9]',
    '(x+x+)+y',
  ]) {
    const regex = compileRegex(pattern);
    const started = process.cpuUsage();
    regex.matches(`${'a'.repeat(20_000)}!`);
    regex.matches('x'.repeat(20_000));
    const spentMs = process.cpuUsage(started).user / 1000;
    assert.ok(spentMs < 5000, `${pattern} took ${spentMs} ms`);
  }
});

describe('a replacement', () => {
  const CASES: readonly (readonly [pattern: string, substitution: string, text: string, expected: string])[] =
    [
      ['^/v1/(.*)$', '/\\1', '/v1/items/2', '/items/2'],
      ['([a-z])([0-9])', '\\2\\1', 'a1b2', '1a2b'],
      ['a', '\\0\\0', 'aba', 'aabaa'],
      ['a', '$1$0$&', 'a', '$1$0$&'],
      ['a', '\\\\', 'a', '\\'],
      ['/+', '/', '//a///b', '/a/b'],
      ['x', 'y', 'abc', 'abc'],
      ['(a)(b)?', '[\\2]', 'a', '[]'],
      ['(a)', '\\10', 'a', 'a0'],
      ['(a)', '\\2', 'xa', 'xa'],
      ['(?P<n>a)(?:b)', '<\\1>', 'ab', '<a>'],
      ['.', '-', '\xc3\xa9e', '--'],
      ['e', 'é', 'e', '\xc3\xa9'],
    ];
  for (const [pattern, substitution, text, expected] of CASES) {
    test(`${pattern} → ${substitution} on ${text}`, () => {
      assert.equal(compileRegex(pattern).replacer(substitution)(text), expected);
    });
  }
});

test('where RE2 and JavaScript share a syntax they agree', () => {
  const atom = fc.constantFrom('a', 'b', '.', '[ab]', '[^a]', '\\d', '(?:a|b)', '(ab)', '\\.');
  const piece = fc
    .tuple(atom, fc.constantFrom('', '', '*', '+', '?', '{1,2}'))
    .map((parts) => parts.join(''));
  const pattern = fc.array(piece, { minLength: 1, maxLength: 5 }).map((pieces) => pieces.join(''));
  const patterns = fc.array(pattern, { minLength: 1, maxLength: 2 }).map((both) => both.join('|'));
  const text = fc
    .array(fc.constantFrom('a', 'b', '1', '.', 'ab'), { maxLength: 6 })
    .map((parts) => parts.join(''));
  fc.assert(
    fc.property(patterns, text, (source, subject) => {
      assert.equal(compileRegex(source).matches(subject), new RegExp(`^(?:${source})$`).test(subject));
    }),
    { seed: 5, numRuns: 5000 },
  );
});
