import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { PatchMatch } from '../../../istio/schema/envoy-filter.ts';
import type { ListenerSpec } from '../../../model/listener.ts';
import { matchesHost, matchesListener, matchesRoute, matchesRouteConfig, placesOf } from './patch-match.ts';

const listener = (change: Partial<ListenerSpec>): ListenerSpec => ({
  ...{ name: '0.0.0.0_8080', direction: 'gateway', port: 8080, addresses: [], protocol: 'http' },
  ...{ route: 'http.8080', tcp: null },
  ...change,
});
const tls = (route: string, sniHosts: string[]) =>
  ({ route, sniHosts, tcp: null, tls: {} }) as unknown as NonNullable<ListenerSpec['tlsServers']>[number];

const PLACES = placesOf(
  [
    listener({}),
    listener({
      ...{ name: '0.0.0.0_8443', port: 8443, protocol: 'tls', route: null },
      tlsServers: [tls('https.443.a', ['a.com']), tls('https.443.b', ['b.com'])],
    }),
    listener({ name: 'virtualInbound|9080', direction: 'inbound', port: 9080, route: 'inbound|9080||' }),
    listener({ name: '0.0.0.0_9080', direction: 'outbound', port: 9080, route: '9080' }),
  ],
  (port) => (port === 8080 ? [80] : port === 8443 ? [443] : []),
);

/** The route configs whose requests a match means. */
const meant = (matches: typeof matchesListener, match: PatchMatch) =>
  [...PLACES].filter(([, place]) => matches(match, place)).map(([name]) => name);

describe('an HTTP filter of an EnvoyFilter is put in', () => {
  const at = (match: PatchMatch) => meant(matchesListener, match);

  test('by context', () => {
    assert.equal(at({}).length, 5);
    assert.equal(at({ context: 'ANY' }).length, 5);
    assert.deepEqual(at({ context: 'SIDECAR_INBOUND' }), ['inbound|9080||']);
    assert.deepEqual(at({ context: 'SIDECAR_OUTBOUND' }), ['9080']);
    assert.deepEqual(at({ context: 'GATEWAY' }), ['http.8080', 'https.443.a', 'https.443.b']);
    assert.deepEqual(at({ context: 'WAYPOINT' }), []);
  });

  test('by port, of the container or of its service', () => {
    assert.deepEqual(at({ listener: { portNumber: 8080 } }), ['http.8080']);
    assert.deepEqual(at({ listener: { portNumber: 443 } }), ['https.443.a', 'https.443.b']);
    assert.deepEqual(at({ listener: { filterChain: { destinationPort: 9080 } } }), [
      'inbound|9080||',
      '9080',
    ]);
  });

  test("by the listener's name and by SNI", () => {
    assert.deepEqual(at({ listener: { name: 'virtualInbound' } }), ['inbound|9080||']);
    assert.deepEqual(at({ listener: { name: '0.0.0.0_8080' } }), ['http.8080']);
    assert.deepEqual(at({ listener: { filterChain: { sni: 'b.com' } } }), ['https.443.b']);
  });

  test('into the filter for HTTP alone', () => {
    const into = (name: string) => at({ listener: { filterChain: { filter: { name } } } }).length;
    assert.equal(into('envoy.filters.network.http_connection_manager'), 5);
    assert.equal(into('envoy.filters.network.tcp_proxy'), 0);
  });
});

describe('what an EnvoyFilter says of routes holds', () => {
  test('by the name and port of the route config', () => {
    const at = (match: PatchMatch) => meant(matchesRouteConfig, match);
    assert.deepEqual(at({ routeConfiguration: { name: 'inbound|9080||' } }), ['inbound|9080||']);
    assert.deepEqual(at({ routeConfiguration: { portNumber: 80 } }), ['http.8080']);
    assert.deepEqual(at({ context: 'SIDECAR_OUTBOUND', routeConfiguration: { portNumber: 9080 } }), ['9080']);
  });

  test('by the name and domain of the virtual host; at a gateway by either port', () => {
    const host = { name: 'shop.com:8080', domains: ['shop.com'], routes: [] };
    const place = PLACES.get('http.8080');
    assert.ok(place);
    const is = (vhost: object) => matchesHost({ routeConfiguration: { vhost } }, place, host);
    assert.deepEqual(
      [{}, { name: '' }, { name: 'shop.com:8080' }, { name: 'shop.com:80' }, { domainName: 'shop.com' }].map(
        is,
      ),
      [true, true, true, true, true],
    );
    assert.deepEqual([{ name: 'shop.com:81' }, { name: 'other:80' }, { domainName: 'other' }].map(is), [
      false,
      false,
      false,
    ]);
  });

  test('by the name and action of the route', () => {
    const route = { name: 'api', action: { kind: 'redirect' } } as unknown as Parameters<
      typeof matchesRoute
    >[1];
    const is = (wanted: { name?: string; action?: 'ANY' | 'ROUTE' | 'REDIRECT' }) =>
      matchesRoute({ routeConfiguration: { vhost: { route: wanted } } }, route);
    assert.deepEqual(
      [is({}), is({ name: 'api', action: 'ANY' }), is({ action: 'REDIRECT' })],
      [true, true, true],
    );
    assert.deepEqual([is({ name: 'other' }), is({ action: 'ROUTE' })], [false, false]);
  });
});
