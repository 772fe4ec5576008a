import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HeaderMatchSpec, PathMatchSpec, StringMatchSpec } from '../../model/route.ts';
import { BODY_NOT_TOLD, type Headers } from '../codec/head.ts';
import { createHeaderMatcher, createQueryMatcher, type RequestView } from './header-matcher.ts';
import { createPathMatcher, pathOf, queryOf } from './path-matcher.ts';
import { createStringMatcher } from './string-match.ts';

function view(headers: Headers, path = '/p?q=1'): RequestView {
  const head = { method: 'GET', path, authority: 'Shop:80', version: 'HTTP/1.1', headers } as const;
  return {
    head: { ...head, contentLength: BODY_NOT_TOLD, upgrade: '', expectContinue: false },
    ...{ path, scheme: 'http' },
  };
}

test('StringMatch: exact, prefix, suffix, regex, present; case counts', () => {
  const texts = ['', 'ab', 'abc', 'cab', 'AB'];
  const matched = (spec: StringMatchSpec) => texts.filter(createStringMatcher(spec));
  assert.deepEqual(matched({ kind: 'exact', value: 'ab' }), ['ab']);
  assert.deepEqual(matched({ kind: 'exact', value: '' }), ['']);
  assert.deepEqual(matched({ kind: 'prefix', value: 'ab' }), ['ab', 'abc']);
  assert.deepEqual(matched({ kind: 'suffix', value: 'ab' }), ['ab', 'cab']);
  assert.deepEqual(matched({ kind: 'regex', value: 'a.*' }), ['ab', 'abc']);
  assert.deepEqual(matched({ kind: 'present' }), texts);
  assert.ok(createStringMatcher({ kind: 'exact', value: 'é' })('\xc3\xa9'));
});

describe('a path', () => {
  const texts = ['/', '/a', '/a/', '/ab', '/A', '/b/a'];
  const CASES: readonly (readonly [PathMatchSpec['kind'], string, boolean, string[]])[] = [
    ['exact', '/a', false, ['/a']],
    ['exact', '/a', true, ['/a', '/A']],
    ['prefix', '/a', false, ['/a', '/a/', '/ab']],
    ['prefix', '/A', true, ['/a', '/a/', '/ab', '/A']],
    ['prefix', '/', false, texts],
    ['prefix', '', false, texts],
    ['regex', '/a.?', false, ['/a', '/a/', '/ab']],
    ['regex', '/a', true, ['/a']],
  ];
  for (const [kind, value, ignoreCase, expected] of CASES) {
    test(`${kind} ${value}${ignoreCase ? ', in any case' : ''}`, () => {
      assert.deepEqual(texts.filter(createPathMatcher({ kind, value, ignoreCase })), expected);
    });
  }

  test('ends where its query begins', () => {
    for (const [target, path, query] of [
      ['/a?b?c', '/a', '?b?c'],
      ['/a', '/a', ''],
      ['/a?', '/a', '?'],
      ['?b', '', '?b'],
    ] as const) {
      assert.deepEqual([pathOf(target), queryOf(target)], [path, query]);
    }
  });
});

describe('a header', () => {
  const exact = { kind: 'exact', value: 'jason' } as const;
  const present = { kind: 'present' } as const;
  const any = { kind: 'regex', value: '.*' } as const;
  const requests: Record<string, Headers> = {
    equal: ['End-User', 'jason'],
    other: ['end-user', 'mary'],
    empty: ['end-user', ''],
    absent: [],
    'second line': ['end-user', 'mary', 'END-USER', 'jason'],
    'one line of two': ['end-user', 'jason,mary'],
  };
  const matched = (change: Partial<HeaderMatchSpec>) => {
    const matches = createHeaderMatcher({
      name: 'end-user',
      match: exact,
      invert: false,
      missingIsEmpty: false,
      ...change,
    });
    return Object.entries(requests).flatMap(([name, headers]) => (matches(view(headers)) ? [name] : []));
  };

  test('is matched line by line, whatever the case of its name', () => {
    assert.deepEqual(matched({}), ['equal', 'second line']);
  });

  test('is present even if it is empty', () => {
    assert.deepEqual(matched({ match: present }), [
      'equal',
      'other',
      'empty',
      'second line',
      'one line of two',
    ]);
  });

  test('withoutHeaders holds if no line matches; a missing one is an empty one', () => {
    assert.deepEqual(matched({ invert: true, missingIsEmpty: true }), [
      'other',
      'empty',
      'absent',
      'one line of two',
    ]);
    assert.deepEqual(matched({ match: any, invert: true, missingIsEmpty: true }), []);
    assert.deepEqual(matched({ match: present, invert: true }), ['absent']);
  });

  test('that begins with a colon, and host, are of the request itself', () => {
    const request = view(['host', 'not this']);
    const isExact = (name: string, value: string) =>
      createHeaderMatcher({ name, match: { kind: 'exact', value }, invert: false, missingIsEmpty: false })(
        request,
      );
    assert.ok(isExact(':method', 'GET') && !isExact(':method', 'get'));
    assert.ok(isExact(':path', '/p?q=1'));
    assert.ok(isExact(':scheme', 'http'));
    assert.ok(isExact(':authority', 'Shop:80') && isExact('host', 'Shop:80') && !isExact('host', 'shop'));
  });
});

test('a query parameter: the first of its name, undecoded; without = it is empty', () => {
  const value = (path: string, text: string) =>
    createQueryMatcher({ name: 'a', match: { kind: 'exact', value: text } })(view([], path));
  assert.ok(value('/p?a=1', '1') && value('/p?b=2&a=1&a=3', '1') && !value('/p?a=1&a=3', '3'));
  assert.ok(value('/p?a', '') && value('/p?a=', '') && value('/p?a&b', ''));
  assert.ok(value('/p?a=%31', '%31') && !value('/p?a=%31', '1'));
  assert.ok(
    value('/p?a=b=c', 'b=c') && !value('/p?aa=1', '1') && !value('/p?A=1', '1') && !value('/a=1', '1'),
  );
});
