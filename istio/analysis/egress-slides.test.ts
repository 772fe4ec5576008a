import assert from 'node:assert/strict';
import { test } from 'node:test';
import { analyze, type KnownServices } from '../analyze.ts';
import { read } from '../testing/read-text.ts';

/** The way out as slides of 2018 show it, with their mistakes: each is told, with what to write. */

const SLIDES = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: myapp-egress }
spec:
  hosts: [hacker-news.firebaseio.com, api.openweathermap.org]
  ports:
  - { number: 80, protocol: HTTP, name: http }
  - { number: 443, protocol: HTTPS, name: https }
  location: MESH_EXTERNAL
  resolution: DNS
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: myapp-egress }
spec:
  selector: { istio: egressgateway }
  servers:
  - hosts: [api.openweathermap.org, hacker-news.firebaseio.com]
    port: { number: 443, protocol: HTTPS, name: https }
    tls:
      mode: SIMPLE
      serverCertificate: /etc/certs/cert-chain.pem
      privateKey: /etc/certs/key.pem
      caCertificates: /etc/certs/root-cert.pem
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: myapp-egress }
spec:
  hosts: [api.openweathermap.org]
  gateways: [mesh, myapp-egress]
  http:
    - match: [{ gateways: [mesh], port: 80 }]
      route: [{ destination: { host: istio-egress-istio-system.svc.cluster.local } }]
    - match: [{ gateways: [myapp-egress], port: 80 }]
      route: [{ destination: { host: api.openweathermap.org, port: { number: 80 } } }]
`;

const EGRESS_HOST = 'istio-egressgateway.istio-system.svc.cluster.local';

function found(isRunning: boolean): string[] {
  const gateway = {
    ...{ id: 'g', name: 'g', namespace: 'istio-system', labels: { istio: 'egressgateway' } },
    proxy: 'gateway' as const,
  };
  const ports = [
    { number: 80, targetPort: 8080 },
    { number: 443, targetPort: 8443 },
  ];
  const known: KnownServices = isRunning
    ? { services: [{ hostname: EGRESS_HOST, ports, members: ['g'] }], workloads: [gateway] }
    : { services: [], workloads: [] };
  return analyze(read(SLIDES).resources, known).map(
    ({ code, path, message, remedy }) => `${code} ${path} ${message} | ${remedy}`,
  );
}

test('a port that the Gateway does not open, and a host that is misspelled', () => {
  const [host = '', port = '', ...rest] = found(true).sort();
  assert.match(
    host,
    /^IST0101 .*istio-egress-istio-system.* Did you mean "istio-egressgateway\.istio-system\./,
  );
  assert.match(port, /^LAT0205 spec\.http\[1\]\.match\[0\]\.port .*port 80.* \| Its ports are 443\./);
  assert.deepEqual(rest, []);
});

test('an egress gateway that does not run', () => {
  const hints = found(false).filter((line) => line.includes('LATEEN_EGRESS_GATEWAYS=1'));
  assert.deepEqual(
    hints.map((line) => line.split(' ')[1]),
    ['spec.http[0].route[0].destination.host', 'spec.selector'],
  );
});
