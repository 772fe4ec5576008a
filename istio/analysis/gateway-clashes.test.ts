import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createTestAuthority } from '../../base/certificate.fixture.ts';
import { analyze, type KnownServices } from '../analyze.ts';
import { documentOf, resourcesOf } from '../testing/read-text.ts';

const labels = { istio: 'ingressgateway' };
const KNOWN: KnownServices = {
  workloads: [{ id: 'gate', name: 'gate', namespace: 'istio-system', labels, proxy: 'gateway' }],
  services: [
    {
      hostname: 'istio-ingressgateway.istio-system.svc.cluster.local',
      ports: [
        { number: 80, targetPort: 8080 },
        { number: 443, targetPort: 8443 },
      ],
      members: ['gate'],
    },
  ],
};

function found(code: string, ...documents: string[]): string[] {
  return analyze(resourcesOf(documents.join('---\n')), KNOWN)
    .filter((violation) => violation.code === code)
    .map(({ resource, path, message }) => `${resource} ${path}: ${message}`);
}

const gateway = (name: string, ...servers: object[]) =>
  documentOf('Gateway', { selector: labels, servers }, { name });
const server = (number: number, name: string, protocol: string, hosts: string[], tls?: object) => ({
  ...{ port: { number, name, protocol }, hosts },
  ...(tls !== undefined && { tls }),
});
const simple = { mode: 'SIMPLE', credentialName: 'shop' };

describe('servers of one port', () => {
  it('that speak different protocols are told apart by age: the later is left out', () => {
    const lines = found(
      'LAT0209',
      gateway('a', server(80, 'http', 'HTTP', ['a.example'])),
      gateway('b', server(8080, 'tls', 'HTTPS', ['b.example'], simple)),
      gateway('c', server(8080, 'grpc', 'GRPC', ['c.example'])),
    );
    assert.equal(lines.length, 1);
    assert.match(
      lines[0] ?? '',
      /^Gateway default\/b spec\.servers\[0\]\.port: this server is left out: port 80 is HTTP by .*a.*, and cannot be HTTPS as well$/,
    );
  });

  it('of one Gateway that end TLS for the same hosts are one too many', () => {
    const twice = gateway(
      'a',
      server(443, 'one', 'HTTPS', ['a.example', 'b.example'], simple),
      server(443, 'two', 'HTTPS', ['a.example'], simple),
      server(443, 'three', 'HTTPS', ['a.example', 'c.example'], simple),
    );
    assert.deepEqual(found('LAT0209', twice), [
      'Gateway default/a spec.servers[1].hosts: this server is left out: an earlier server ends TLS for a.example',
    ]);
  });

  it('of other workloads do not matter', () => {
    const other = documentOf(
      'Gateway',
      { selector: { istio: 'egressgateway' }, servers: [server(80, 'tcp', 'TCP', ['*'])] },
      { name: 'b' },
    );
    assert.deepEqual(found('LAT0209', gateway('a', server(80, 'http', 'HTTP', ['*'])), other), []);
  });
});

it('mode MUTUAL needs an authority for its callers', async () => {
  const authority = await createTestAuthority();
  const { certificate, privateKey } = await authority.issue('shop.example');
  const secret = (name: string, parts: object) =>
    documentOf('Secret', { stringData: parts }, { name, namespace: 'istio-system' });
  const pair = { 'tls.crt': certificate, 'tls.key': privateKey };
  const mutual = (tls: object) =>
    gateway('a', server(443, 'https', 'HTTPS', ['a.example'], { mode: 'MUTUAL', ...tls }));
  const trust = { 'ca.crt': authority.certificate };
  const own = mutual({ credentialName: 'shop' });
  assert.deepEqual(found('IST0161', own, secret('shop', pair)), [
    'Gateway default/a spec.servers[0].tls.credentialName: mode MUTUAL has no authority for its callers: no ca.crt in a Secret istio-system/shop or istio-system/shop-cacert',
  ]);
  assert.deepEqual(found('IST0161', own, secret('shop', { ...pair, ...trust })), []);
  assert.deepEqual(found('IST0161', own, secret('shop', pair), secret('shop-cacert', trust)), []);
  const named = mutual({ credentialName: 'shop', caCertCredentialName: 'partners' });
  assert.match(
    found('IST0161', named, secret('shop', pair))[0] ?? '',
    /caCertCredentialName: .*istio-system\/partners$/,
  );
  assert.deepEqual(found('IST0161', named, secret('shop', pair), secret('partners', trust)), []);
});
