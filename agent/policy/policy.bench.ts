import { measure } from '../../bench/per-operation.ts';
import type { RouteSpec } from '../../model/route.ts';
import { BODY_NOT_TOLD, type RequestHead } from '../codec/head.ts';
import { routeSpec } from '../snapshot.fixture.ts';
import { normalizePath } from './normalize-path.ts';
import { compileRegex } from './regex.ts';
import { createRouteTable, matchRoute } from './route-table.ts';
import { createWeightedChoice, pickWeighted } from './weighted.ts';

/** What every request meets: its path, its virtual host, its route, its destination. */
const route = (match: Partial<RouteSpec['match']>) =>
  routeSpec(['any'], { match: { path: null, headers: [], queryParams: [], ...match } });
const prefix = (value: string) => route({ path: { kind: 'prefix', value, ignoreCase: false } });
const byHeader = route({
  headers: [
    { name: 'end-user', match: { kind: 'exact', value: 'jason' }, invert: false, missingIsEmpty: false },
  ],
});

const table = createRouteTable(
  {
    name: '9080',
    virtualHosts: [
      ...Array.from({ length: 100 }, (_, n) => ({
        name: `s${n}`,
        domains: [`s${n}`, `s${n}.default`, `s${n}.default.svc.cluster.local`],
        routes:
          n === 50
            ? [byHeader, ...Array.from({ length: 18 }, (_, i) => prefix(`/p${i}/`)), route({})]
            : [route({})],
      })),
      ...Array.from({ length: 20 }, (_, n) => ({
        name: `w${n}`,
        domains: [`*.w${n}.example`],
        routes: [route({})],
      })),
      { name: 'any', domains: ['*'], routes: [route({})] },
    ],
  },
  () => 'entry',
);

const headers = ['user-agent', 'curl/8', 'accept', '*/*', 'x-request-id', 'abc', 'x-forwarded-proto', 'http'];
function request(authority: string, path = '/p17/x?q=1') {
  const head: RequestHead = {
    ...{ method: 'GET', path, authority, version: 'HTTP/1.1', headers },
    ...{ contentLength: BODY_NOT_TOLD, upgrade: '', expectContinue: false },
  };
  return { head, path, scheme: 'http' };
}
const simple = request('s7');
const withPort = request('s7:9080');
const rules = request('s50');
const wildcard = request('a.w19.example');
const unknown = request('example.org');

const weights = createWeightedChoice([
  ['v1', 80],
  ['v2', 10],
  ['v3', 10],
] as const);
const regex = compileRegex('/items/[0-9]+/parts/.*');
let draw = 0;

measure({
  'path, plain': () => normalizePath('/ratings/1/reviews?full=true&page=2', 'BASE'),
  'path, an escape': () => normalizePath('/ratings/caf%C3%A9?full=true', 'BASE'),
  'path, dots': () => normalizePath('/a/../ratings/./1', 'MERGE_SLASHES'),
  'route, one of 100 hosts': () => matchRoute(table, simple),
  'route, host with port': () => matchRoute(table, withPort),
  'route, the 19th of 20 rules': () => matchRoute(table, rules),
  'route, last of 20 wildcards': () => matchRoute(table, wildcard),
  'route, any host': () => matchRoute(table, unknown),
  'pattern, matching': () => regex.matches('/items/12345/parts/wheel'),
  'pattern, failing at its first part': () => regex.matches('/ratings/1'),
  'weights, 80/10/10': () => pickWeighted(weights, (draw = (draw + 0.37) % 1)),
});
