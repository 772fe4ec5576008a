import assert from 'node:assert/strict';
import { test } from 'node:test';
import { analyze } from '../analyze.ts';
import { documentOf, resourcesOf } from '../testing/read-text.ts';

const entry = (port: object) =>
  documentOf('ServiceEntry', {
    hosts: ['api.example'],
    ports: [{ name: 'p', ...port }],
    resolution: 'DNS',
  });
const rule = (trafficPolicy: object) => documentOf('DestinationRule', { host: 'api.example', trafficPolicy });
const SIMPLE = { tls: { mode: 'SIMPLE', caCertificates: 'system' } };
const found = (...texts: string[]) =>
  analyze(resourcesOf(texts.join('---\n')), null).map(
    ({ code, path, message }) => `${code} ${path} ${message}`,
  );

test('TLS inside TLS is told, with both sides', () => {
  const [only, ...more] = found(entry({ number: 443, protocol: 'HTTPS' }), rule(SIMPLE));
  assert.match(only ?? '', /^LAT0203 .*double TLS: .*api\.example:443 .*default\/test/);
  assert.deepEqual(more, []);
  const perPort = { portLevelSettings: [{ port: { number: 443 }, ...SIMPLE }] };
  assert.equal(found(entry({ number: 443, protocol: 'TLS' }), rule(perPort)).length, 1);
  assert.deepEqual(found(entry({ number: 8443, protocol: 'TLS' }), rule(perPort)), []);
});

test('it is meant where plain requests are routed to the port', () => {
  const http = [{ route: [{ destination: { host: 'api.example', port: { number: 443 } } }] }];
  const routes = documentOf('VirtualService', { hosts: ['api.example'], http });
  assert.deepEqual(found(entry({ number: 443, protocol: 'HTTPS' }), rule(SIMPLE), routes), []);
  assert.match(
    found(entry({ number: 443, protocol: 'HTTPS' }), routes)[0] ?? '',
    /^LAT0204 .* plain requests are routed to api\.example:443/,
  );
});

test('plain HTTP on 443 is told, unless the proxy speaks TLS', () => {
  const plain = entry({ number: 443, protocol: 'HTTP' });
  assert.match(found(plain)[0] ?? '', /^LAT0204 spec\.ports\[0\]\.protocol plain HTTP on port 443/);
  assert.deepEqual(found(plain, rule(SIMPLE)), []);
});

test('TLS to port 80 is told, unless the port leads to 443', () => {
  assert.match(
    found(entry({ number: 80, protocol: 'HTTP' }), rule(SIMPLE))[0] ?? '',
    /^LAT0204 .* TLS is spoken to port 80/,
  );
  assert.deepEqual(found(entry({ number: 80, protocol: 'HTTP', targetPort: 443 }), rule(SIMPLE)), []);
});
