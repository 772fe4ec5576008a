import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { normalizePath, type PathNormalization } from './normalize-path.ts';

const LEVELS: readonly PathNormalization[] = ['NONE', 'BASE', 'MERGE_SLASHES', 'DECODE_AND_MERGE_SLASHES'];

/** ISTIO.md Appendix A and the vectors `path-normalisation`: input → NONE, BASE, MERGE_SLASHES, DECODE_AND_MERGE_SLASHES. */
const TABLE: readonly (readonly [string, ...(string | null)[]])[] = [
  ['/', '/', '/', '/', '/'],
  ['/app#foo', '/app', '/app', '/app', '/app'],
  ['/app?a=b#foo', '/app?a=b', '/app?a=b', '/app?a=b', '/app?a=b'],
  ['/app/../admin', '/app/../admin', '/admin', '/admin', '/admin'],
  ['/app//', '/app//', '/app//', '/app/', '/app/'],
  ['/app/%2f', '/app/%2f', '/app/%2f', '/app/%2f', '/app/'],
  ['/app%2f/', '/app%2f/', '/app%2f/', '/app%2f/', '/app/'],
  ['/xyz%30..//abc', '/xyz%30..//abc', '/xyz0..//abc', '/xyz0../abc', '/xyz0../abc'],
  ['/app/%2E./admin', '/app/%2E./admin', '/admin', '/admin', '/admin'],
  ['/app/%2e%2e/admin', '/app/%2e%2e/admin', '/admin', '/admin', '/admin'],
  ['/app\\admin', '/app\\admin', '/app/admin', '/app/admin', '/app/admin'],
  ['/app/\\/\\/\\admin', '/app/\\/\\/\\admin', '/app//////admin', '/app/admin', '/app/admin'],
  ['/app//../admin', '/app//../admin', '/app/admin', '/app/admin', '/app/admin'],
  ['/app//../../admin', '/app//../../admin', '/admin', '/admin', '/admin'],
  ['/%2Fapp%5cadmin%5Cabc', ...Array(3).fill('/%2Fapp%5cadmin%5Cabc'), '/app/admin/abc'],
  ['/admin%00', '/admin%00', null, null, null],
  ['/a?%00', '/a?%00', '/a?%00', '/a?%00', '/a?%00'],
  ['/a/..;/admin', '/a/..;/admin', '/admin', '/admin', '/admin'],
  ['/a/..;x=1/admin', '/a/..;x=1/admin', '/admin', '/admin', '/admin'],
  ['/a/.;/admin', '/a/.;/admin', '/a/admin', '/a/admin', '/a/admin'],
  ['/admin;a=b', ...Array(4).fill('/admin;a=b')],
  ['/Admin', ...Array(4).fill('/Admin')],
  ['/...', ...Array(4).fill('/...')],
  ['/a/.../b', ...Array(4).fill('/a/.../b')],
  ['/.hidden/a.b./c', ...Array(4).fill('/.hidden/a.b./c')],
  ['/%25..', ...Array(4).fill('/%25..')],
  ['/a%252fb', ...Array(4).fill('/a%252fb')],
  ['/a%3fb', ...Array(4).fill('/a%3fb')],
  ['/a%23b', ...Array(4).fill('/a%23b')],
  ['/%7euser/%41', '/%7euser/%41', '/~user/A', '/~user/A', '/~user/A'],
  ['/a/./b/.', '/a/./b/.', '/a/b/', '/a/b/', '/a/b/'],
  ['/a/b/..', '/a/b/..', '/a/', '/a/', '/a/'],
  ['/..', '/..', '/', '/', '/'],
  ['/../../a', '/../../a', '/a', '/a', '/a'],
  ['/a+b%2Bc', ...Array(4).fill('/a+b%2Bc')],
  ['/q?x=/a/../b//c', ...Array(4).fill('/q?x=/a/../b//c')],
  ['/a?b?c\\d%2f', ...Array(4).fill('/a?b?c\\d%2f')],
  ['/%', ...Array(4).fill('/%')],
  ['/%4', ...Array(4).fill('/%4')],
  ['/%zz', ...Array(4).fill('/%zz')],
  ['/[a]', ...Array(4).fill('/[a]')],
  ['/a|b"c<d>e^f`g{h}', '/a|b"c<d>e^f`g{h}', ...Array(3).fill('/a%7Cb%22c%3Cd%3Ee%5Ef%60g%7Bh%7D')],
  ['/caf\xc3\xa9?\xc3\xa9', '/caf\xc3\xa9?\xc3\xa9', ...Array(3).fill('/caf%C3%A9?\xc3\xa9')],
  ['//a', '//a', '//a', '/a', '/a'],
  ['*', '*', '*', '*', '*'],
];

describe('normalizePath', () => {
  for (const [input, ...expected] of TABLE) {
    test(`${input} at every level`, () => {
      assert.deepEqual(
        LEVELS.map((level) => normalizePath(input, level)),
        expected,
      );
    });
  }

  const path = fc
    .array(
      fc.constantFrom('/', '.', '..', '%2e', '%2F', '\\', ';', 'a', '%41', '%5c', '?', '%', '\xe9', ' '),
      {
        maxLength: 14,
      },
    )
    .map((parts) => `/${parts.join('')}`);
  const RUNS = { seed: 1, numRuns: 5000 };

  test('never leaves a step upwards, a backslash or an escape of a plain character in a path', () => {
    fc.assert(
      fc.property(path, fc.constantFrom(...LEVELS.slice(1)), (input, level) => {
        const [result = ''] = normalizePath(input, level)?.split('?') ?? [];
        assert.ok(result.startsWith('/'));
        assert.doesNotMatch(result, /\/\.\.?(?:[/;]|$)|\\|%2e|%41|[\x80-\xff]/i);
        if (level !== 'BASE') assert.doesNotMatch(result, /\/\//);
        if (level === 'DECODE_AND_MERGE_SLASHES') assert.doesNotMatch(result, /%2f|%5c/i);
      }),
      RUNS,
    );
  });

  test('changes nothing more the second time, and never the query', () => {
    fc.assert(
      fc.property(path, fc.constantFrom(...LEVELS), (input, level) => {
        const once = normalizePath(input, level) ?? '';
        assert.equal(normalizePath(once, level), once);
        const query = input.indexOf('?');
        if (query >= 0) assert.ok(once.endsWith(input.slice(query)));
      }),
      RUNS,
    );
  });

  test('is quick on long hostile paths', () => {
    for (const piece of ['/..', '%2e', '/./', '\\', '.;', '/a.']) {
      const started = process.cpuUsage();
      normalizePath(`/${piece.repeat(20_000)}`, 'DECODE_AND_MERGE_SLASHES');
      assert.ok(process.cpuUsage(started).user < 500_000, piece);
    }
  });
});
