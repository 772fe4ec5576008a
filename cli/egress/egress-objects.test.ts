import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { stringify } from 'yaml';
import { analyze } from '../../istio/analyze.ts';
import { read } from '../../istio/testing/read-text.ts';
import { egressDocuments, type WayOut } from './egress-objects.ts';

const WAY: WayOut = {
  ...{ host: 'api.example.com', port: 443, protocol: 'tls', originatesTls: false, isDirect: false },
};

/** What a way out takes, read as a file of the mesh: nothing may be found wrong with it. */
function objectsOf(change: Partial<WayOut>) {
  const documents = egressDocuments({ ...WAY, ...change });
  const text = documents.map((document) => stringify(document)).join('---\n');
  const { resources, violations } = read(text);
  assert.deepEqual(violations, []);
  assert.deepEqual(analyze(resources, null), []);
  return documents.map(({ kind, spec }) => [kind, spec] as const);
}

const kinds = (change: Partial<WayOut>) => objectsOf(change).map(([kind]) => kind);

describe('the documents of a way out', () => {
  it('pass TLS on by SNI through the egress gateway', () => {
    const [entry, gateway, rule] = objectsOf({});
    assert.partialDeepStrictEqual(entry, [
      'ServiceEntry',
      { ports: [{ number: 443, name: 'tls', protocol: 'TLS' }], resolution: 'DNS' },
    ]);
    assert.partialDeepStrictEqual(gateway, ['Gateway', { servers: [{ tls: { mode: 'PASSTHROUGH' } }] }]);
    assert.partialDeepStrictEqual(rule, [
      'VirtualService',
      {
        gateways: ['mesh', 'egress-api-example-com'],
        tls: [
          { match: [{ gateways: ['mesh'], port: 443, sniHosts: ['api.example.com'] }] },
          { match: [{ gateways: ['egress-api-example-com'], port: 443 }] },
        ],
      },
    ]);
  });

  it('are for HTTP and plain TCP too', () => {
    const wanted = ['ServiceEntry', 'Gateway', 'VirtualService'];
    assert.deepEqual(kinds({ port: 80, protocol: 'http' }), wanted);
    assert.deepEqual(kinds({ port: 5432, protocol: 'tcp' }), wanted);
  });

  it('let the gateway speak TLS for applications that do not', () => {
    const [entry, , rule, policy] = objectsOf({ originatesTls: true });
    assert.partialDeepStrictEqual(entry?.[1], {
      ports: [{ number: 80 }, { number: 443, protocol: 'HTTPS' }],
    });
    assert.partialDeepStrictEqual(rule?.[1], {
      http: [{}, { route: [{ destination: { host: 'api.example.com', port: { number: 443 } } }] }],
    });
    assert.partialDeepStrictEqual(policy?.[1], {
      trafficPolicy: { portLevelSettings: [{ port: { number: 443 }, tls: { mode: 'SIMPLE' } }] },
    });
  });

  it('are fewer without the gateway', () => {
    assert.deepEqual(kinds({ isDirect: true }), ['ServiceEntry']);
    const [entry, policy] = objectsOf({ isDirect: true, originatesTls: true });
    assert.partialDeepStrictEqual(entry?.[1], { ports: [{ number: 80, targetPort: 443 }] });
    assert.equal(policy?.[0], 'DestinationRule');
  });

  it('look the hosts of a wildcard up as they are called', () => {
    const host = '*.example.com';
    const [entry, , rule] = objectsOf({ host });
    assert.partialDeepStrictEqual(entry?.[1], { resolution: 'DYNAMIC_DNS', ports: [{ protocol: 'TLS' }] });
    assert.partialDeepStrictEqual(rule?.[1], { tls: [{}, { route: [{ destination: { host } }] }] });
    assert.deepEqual(kinds({ isDirect: true, host }), ['ServiceEntry']);
    const [plain, , routes, policy] = objectsOf({ host, originatesTls: true });
    assert.partialDeepStrictEqual(plain?.[1], { ports: [{ number: 80, protocol: 'HTTP' }] });
    assert.partialDeepStrictEqual(routes?.[1], {
      http: [{}, { route: [{ destination: { host, port: { number: 80 } } }] }],
    });
    const tls = { mode: 'SIMPLE', caCertificates: 'system' };
    assert.deepEqual(policy?.[1], {
      host,
      trafficPolicy: { portLevelSettings: [{ port: { number: 80 }, tls }] },
    });
  });
});
