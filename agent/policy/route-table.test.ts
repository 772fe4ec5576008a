import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RouteSpec, VirtualHostSpec } from '../../model/route.ts';
import { routeSpec } from '../snapshot.fixture.ts';
import { createRouteTable, hostOf, matchRoute } from './route-table.ts';

const route = (name: string, change: Partial<RouteSpec['match']> = {}) =>
  routeSpec(['any'], { name, match: { path: null, headers: [], queryParams: [], ...change } });
const path = (kind: 'exact' | 'prefix', value: string) => ({ path: { kind, value, ignoreCase: false } });
const host = (name: string, domains: string[], routes = [route(name)]): VirtualHostSpec => ({
  name,
  domains,
  routes,
});

const tableOf = (virtualHosts: VirtualHostSpec[]) =>
  createRouteTable({ name: '80', virtualHosts }, ({ name }, { name: of }) => `${of}/${name}`);

/** Entry of a request; `none` = no host, `no route` = none in it. */
function find(table: ReturnType<typeof tableOf>, authority: string, target = '/', method = 'GET'): string {
  const head = { method, path: target, authority, version: 'HTTP/1.1', headers: [] } as const;
  const request = { ...head, headers: [], contentLength: -3, upgrade: '', expectContinue: false };
  const match = matchRoute(table, { head: request, path: target, scheme: 'http' });
  return match.host === null ? 'none' : (match.entry ?? 'no route');
}

describe('the virtual host', () => {
  const table = tableOf([
    host('any', ['*']),
    host('com', ['*.com']),
    host('shop', ['*.shop.com', '*-shop.com']),
    host('exact', ['a.shop.com', '10.0.0.1', '[::1]']),
    host('port', ['b.shop.com:8080']),
  ]);
  const CASES = [
    ['a.shop.com', 'exact'],
    ['A.Shop.COM', 'exact'],
    ['a.shop.com:8080', 'exact'],
    ['b.shop.com', 'shop'],
    ['b.shop.com:8080', 'port'],
    ['b.shop.com:9090', 'shop'],
    ['x.y.shop.com', 'shop'],
    ['my-shop.com', 'shop'],
    ['-shop.com', 'com'],
    ['shop.com', 'com'],
    ['.com', 'any'],
    ['com', 'any'],
    ['10.0.0.1:80', 'exact'],
    ['[::1]:80', 'exact'],
    ['[::1]', 'exact'],
    ['', 'any'],
    ['a.shop.com.', 'any'],
  ] as const;
  for (const [authority, expected] of CASES) {
    test(`of ${JSON.stringify(authority)} is ${expected}`, () => {
      assert.equal(find(table, authority), `${expected}/${expected}`);
    });
  }

  test('is none where nothing fits', () => {
    assert.equal(find(tableOf([host('a', ['a'])]), 'b'), 'none');
  });

  test('is the first of two with the same name, and the longest wildcard in whatever order', () => {
    const both = tableOf([host('1', ['a', '*.x', '*']), host('2', ['a', '*.y.x', '*'])]);
    assert.deepEqual(
      ['a', 'b.x', 'b.y.x', 'z'].map((authority) => find(both, authority)),
      ['1/1', '1/1', '2/2', '1/1'],
    );
  });

  test('is found among a hundred', () => {
    const many = tableOf(
      Array.from({ length: 100 }, (_, n) =>
        host(`s${n}`, [`s${n}`, `s${n}.default.svc.cluster.local`, `*.w${n}.example`]),
      ),
    );
    for (let n = 0; n < 100; n++) {
      for (const authority of [`s${n}`, `S${n}.default.svc.cluster.local:80`, `a.b.w${n}.example`]) {
        assert.equal(find(many, authority), `s${n}/s${n}`);
      }
    }
    assert.equal(find(many, 's100'), 'none');
  });
});

describe('the route', () => {
  test('is the first that matches, however special a later one is', () => {
    const table = tableOf([
      host(
        'a',
        ['a'],
        [
          route('exact', path('exact', '/x')),
          route('prefix', path('prefix', '/x')),
          route('longer', path('prefix', '/x/y')),
          route('post', {
            headers: [
              {
                name: ':method',
                match: { kind: 'exact', value: 'POST' },
                invert: false,
                missingIsEmpty: false,
              },
            ],
          }),
          route('query', {
            ...path('prefix', '/q'),
            queryParams: [{ name: 'v', match: { kind: 'exact', value: '1' } }],
          }),
        ],
      ),
    ]);
    const found = (target: string, method?: string) => find(table, 'a', target, method);
    assert.equal(found('/x'), 'a/exact');
    assert.equal(found('/x?a=b'), 'a/exact');
    assert.equal(found('/xy'), 'a/prefix');
    assert.equal(found('/x/y/z'), 'a/prefix');
    assert.equal(found('/other', 'POST'), 'a/post');
    assert.equal(found('/q?v=1&w=2'), 'a/query');
    assert.equal(found('/q?v=2'), 'no route');
    assert.equal(found('/other'), 'no route');
  });

  test('of another host is never taken, even if this one has none', () => {
    const table = tableOf([host('a', ['a'], []), host('any', ['*'])]);
    assert.equal(find(table, 'a'), 'no route');
  });
});

test('hostOf leaves the port off, and nothing else', () => {
  const CASES = [
    ['a:80', 'a'],
    ['a', 'a'],
    ['[::1]:80', '[::1]'],
    ['[::1]', '[::1]'],
    ['::1', '::1'],
    [':80', ''],
    ['', ''],
    ['[', '['],
  ];
  for (const [authority = '', expected] of CASES) assert.equal(hostOf(authority), expected);
});
