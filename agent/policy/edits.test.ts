import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { HeaderOpsSpec, RedirectActionSpec } from '../../model/route.ts';
import { createFormat } from './format.ts';
import { applyHeaderOps, createHeaderOps } from './header-ops.ts';
import { getHeader, getHeaderLines, removeHeader, setHeader } from './headers.ts';
import { redirectLocation } from './redirect.ts';
import { createPathRewrite } from './rewrite.ts';

const context = {
  operator: (name: string, argument: string) =>
    name === 'EMPTY' ? '' : `<${name}${argument && `:${argument}`}>`,
};

describe('headers', () => {
  const sample = () => ['A', '1', 'b', '2', 'a', '3', 'aa', '4'];

  test('are read whatever their case, line by line', () => {
    assert.equal(getHeader(sample(), 'a'), '1');
    assert.equal(getHeader(sample(), 'c'), undefined);
    assert.deepEqual(getHeaderLines(sample(), 'a'), ['1', '3']);
  });

  test('a set one takes the place of the first, and the others go', () => {
    const headers = sample();
    setHeader(headers, 'a', 'x');
    assert.deepEqual(headers, ['A', 'x', 'b', '2', 'aa', '4']);
    setHeader(headers, 'new', 'y');
    assert.deepEqual(headers, ['A', 'x', 'b', '2', 'aa', '4', 'new', 'y']);
  });

  test('a removed one is gone in every line, and the order stays', () => {
    const headers = sample();
    removeHeader(headers, 'a');
    assert.deepEqual(headers, ['b', '2', 'aa', '4']);
    removeHeader(headers, 'c');
    assert.deepEqual(headers, ['b', '2', 'aa', '4']);
  });
});

describe('header operations', () => {
  const ops = (...levels: Partial<HeaderOpsSpec>[]) =>
    createHeaderOps(levels.map((level) => ({ remove: [], set: [], add: [], ...level })));
  const applied = (headers: string[], ...levels: Partial<HeaderOpsSpec>[]) => {
    const compiled = ops(...levels);
    assert.ok(compiled !== null);
    applyHeaderOps(compiled, headers, context);
    return headers;
  };

  test('none are nothing to do', () => {
    assert.equal(createHeaderOps([null, null]), null);
  });

  test('remove, then set, then add', () => {
    const level = { remove: ['a'], set: [['a', '2']] as const, add: [['a', '3']] as const };
    assert.deepEqual(applied(['A', '1', 'b', '1'], level), ['b', '1', 'a', '2', 'a', '3']);
  });

  test('a later level sets last, but its removals come before everything', () => {
    const route = { set: [['a', 'route']] as const };
    const destination = { remove: ['a'], set: [['b', 'destination']] as const };
    assert.deepEqual(applied([], route, destination), ['a', 'route', 'b', 'destination']);
    assert.deepEqual(applied([], route, { set: [['a', 'destination']] }), ['a', 'destination']);
  });

  test('an empty value, and one that comes out empty, leave the header as it is', () => {
    assert.deepEqual(
      applied(['a', '1'], {
        set: [
          ['a', ''],
          ['b', '%EMPTY%'],
        ],
        add: [['a', '']],
      }),
      ['a', '1'],
    );
  });

  test('what is not ASCII goes over the wire as UTF-8: no character can become a line end', () => {
    assert.deepEqual(applied([], { set: [['a', 'č日\u010a%X%']] }), ['a', '\xc4\x8d\xe6\x97\xa5\xc4\x8a<X>']);
  });
});

describe('command operators', () => {
  const CASES = [
    ['plain', 'plain'],
    ['', ''],
    ['100%%', '100%'],
    ['%PROTOCOL%', '<PROTOCOL>'],
    ['a%REQ(X-Id)%b%%c', 'a<REQ:X-Id>b%c'],
    ['%REQ(:AUTHORITY?X)%', '<REQ::AUTHORITY?X>'],
    ['%REQ(X):3%', '<RE'],
    ['%REQ(X):0%', ''],
    ['%A%%B%', '<A><B>'],
    ['50% of %lower%', '50% of %lower%'],
    ['%START_TIME(%s)%', '<START_TIME:%s>'],
  ] as const;
  for (const [text, expected] of CASES) {
    test(`${text} is ${expected}`, () => assert.equal(createFormat(text)(context), expected));
  }
});

describe('rewrite', () => {
  const prefix = (value: string) => ({ kind: 'prefix', value, ignoreCase: false }) as const;

  test('nothing to rewrite is no function', () => {
    assert.equal(createPathRewrite(null, null), null);
  });

  const CASES = [
    [
      'the matched prefix only',
      { kind: 'prefix', value: '/new' },
      prefix('/foo'),
      '/foo/bar?q',
      '/new/bar?q',
    ],
    ['slashes as they come', { kind: 'prefix', value: '/' }, prefix('/foo'), '/foo/bar', '//bar'],
    [
      'a prefix by its length, whatever its case',
      { kind: 'prefix', value: '/n' },
      prefix('/foo'),
      '/FOO/x',
      '/n/x',
    ],
    ['no match at all is the prefix /', { kind: 'prefix', value: '/new' }, null, '/a', '/newa'],
    ['the empty prefix', { kind: 'prefix', value: '/new' }, prefix(''), '/a', '/new/a'],
    ['the whole path, and the query stays', { kind: 'full', value: '/new' }, null, '/a/b?q=1', '/new?q=1'],
    [
      'a query of its own gets the old one behind it',
      { kind: 'full', value: '/n?f=1' },
      null,
      '/a?a=b',
      '/n?f=1?a=b',
    ],
    [
      'every match of a pattern, and not the query',
      { kind: 'regex', pattern: 'a', substitution: 'b' },
      null,
      '/aa?a',
      '/bb?a',
    ],
    [
      'captures',
      { kind: 'regex', pattern: '^/(.*)/(.*)$', substitution: '/\\2/\\1' },
      null,
      '/a/b?c',
      '/b/a?c',
    ],
    ['characters beyond ASCII as UTF-8', { kind: 'full', value: '/é' }, null, '/a', '/\xc3\xa9'],
  ] as const;
  for (const [title, rewrite, match, target, expected] of CASES) {
    test(title, () => assert.equal(createPathRewrite(rewrite, match)?.(target), expected));
  }
});

describe('redirect', () => {
  const redirect: RedirectActionSpec = {
    ...{
      kind: 'redirect',
      status: 301,
      scheme: null,
      authority: null,
      port: null,
      keepsPort: false,
      path: null,
    },
  };
  const request = { scheme: 'http', authority: 'b:8088', path: '/foo/bar?key=value', prefixLength: 5 };
  const CASES: readonly (readonly [
    title: string,
    Partial<RedirectActionSpec>,
    Partial<typeof request>,
    string,
  ])[] = [
    [
      'a new path keeps the query',
      { path: { kind: 'full', value: '/new' } },
      {},
      'http://b:8088/new?key=value',
    ],
    [
      'a new path with a query drops the old',
      { path: { kind: 'full', value: '/n?x=1' } },
      {},
      'http://b:8088/n?x=1',
    ],
    ['a new prefix', { path: { kind: 'prefix', value: '/new/' } }, {}, 'http://b:8088/new/bar?key=value'],
    [
      'another scheme keeps a port that is no default',
      { scheme: 'https' },
      {},
      'https://b:8088/foo/bar?key=value',
    ],
    [
      'another scheme drops the default of the old',
      { scheme: 'https' },
      { authority: 'b:80' },
      'https://b/foo/bar?key=value',
    ],
    [
      'httpsRedirect keeps even that',
      { scheme: 'https', keepsPort: true },
      { authority: 'b:80' },
      'https://b:80/foo/bar?key=value',
    ],
    [
      'from https to http',
      { scheme: 'http' },
      { scheme: 'https', authority: 'b:443' },
      'http://b/foo/bar?key=value',
    ],
    [
      'the same scheme keeps its default',
      { path: { kind: 'full', value: '/' } },
      { authority: 'b:80' },
      'http://b:80/?key=value',
    ],
    ['a new port', { port: 85 }, {}, 'http://b:85/foo/bar?key=value'],
    ['a new host has no port', { authority: 'c' }, {}, 'http://c/foo/bar?key=value'],
    ['a new host and port', { authority: 'c', port: 1 }, {}, 'http://c:1/foo/bar?key=value'],
    ['an IPv6 host', { port: 85 }, { authority: '[::1]:80' }, 'http://[::1]:85/foo/bar?key=value'],
    ['an IPv6 host without port', { port: 85 }, { authority: '[::1]' }, 'http://[::1]:85/foo/bar?key=value'],
  ];
  for (const [title, change, of, expected] of CASES) {
    test(title, () =>
      assert.equal(redirectLocation({ ...redirect, ...change }, { ...request, ...of }), expected),
    );
  }
});
