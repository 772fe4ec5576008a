import assert from 'node:assert/strict';
import { it } from 'node:test';
import { documentOf, read } from '../testing/read-text.ts';

const inert = (kind: string, spec: unknown) =>
  read(documentOf(kind, spec))
    .violations.filter(({ code }) => code === 'LAT0005')
    .map(({ severity, path }) => `${severity} ${path}`);

it('warns of each field that has no effect, wherever it stands', () => {
  assert.deepEqual(
    inert('ServiceEntry', {
      ...{ hosts: ['a.example'], ports: [{ number: 80, name: 'http' }], resolution: 'STATIC' },
      endpoints: [{ address: '10.0.0.1' }, { address: '10.0.0.2', network: 'other' }],
    }),
    ['Warning spec.endpoints[1].network'],
  );
});

it('warns of ports of a Sidecar that nobody opens', () => {
  const hosts = ['./*'];
  assert.deepEqual(
    inert('Sidecar', {
      egress: [
        { port: { number: 3306, protocol: 'TCP' }, captureMode: 'NONE', hosts },
        { port: { number: 9000, protocol: 'HTTP_PROXY' }, hosts },
        { hosts },
      ],
    }),
    ['Warning spec.egress[0].captureMode', 'Warning spec.egress[1]'],
  );
});

it('is silent where all has an effect', () => {
  const route = [{ destination: { host: 'a' } }];
  assert.deepEqual(
    inert('VirtualService', { hosts: ['a'], http: [{ route, timeout: '1s' }], tcp: [{ route }] }),
    [],
  );
  assert.deepEqual(
    inert('DestinationRule', {
      host: 'a',
      trafficPolicy: { loadBalancer: { simple: 'RANDOM' }, tls: { mode: 'ISTIO_MUTUAL' } },
    }),
    [],
  );
});
