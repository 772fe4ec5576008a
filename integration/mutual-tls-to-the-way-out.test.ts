import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createTestAuthority } from '../base/certificate.fixture.ts';
import { docker } from './fixture/docker.ts';
import { eventually } from './fixture/eventually.ts';
import { secretDocument } from './fixture/https.ts';
import { type Mesh, startMesh } from './fixture/mesh.ts';
import { CLIENT } from './fixture/shop.ts';

const authority = await createTestAuthority();

/** A server outside of the mesh that serves only who has a certificate, and tells whose it was. */
const VAULT = `
  vault:
    image: app
    labels: { lateen.inject: "false" }
    networks: { default: { aliases: [vault.outside.example] } }
    entrypoint: [node, -e]
    command:
      - |
        const { existsSync, readFileSync } = require('node:fs');
        const start = () => {
          if (!existsSync('/tmp/ca.pem')) return setTimeout(start, 100);
          const pem = readFileSync('/tmp/vault.pem');
          const options = { cert: pem, key: pem, ca: readFileSync('/tmp/ca.pem'), requestCert: true };
          require('node:https')
            .createServer(options, ({ socket, headers }, answer) => {
              const { subjectaltname } = socket.getPeerCertificate();
              answer.end([subjectaltname, headers['x-forwarded-client-cert']].join(' '));
            })
            .listen(8443);
        };
        start();
`;

/** Istio's task "Egress Gateways with TLS Origination", in its mutual form. */
const RULES = `
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: vault }
spec:
  hosts: [vault.outside.example]
  resolution: DNS
  ports:
    - { number: 80, name: http, protocol: HTTP }
    - { number: 443, name: https, protocol: HTTPS, targetPort: 8443 }
---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: way-out }
spec:
  selector: { istio: egressgateway }
  servers:
    - port: { number: 80, name: https-from-sidecars, protocol: HTTPS }
      hosts: [vault.outside.example]
      tls: { mode: ISTIO_MUTUAL }
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: way-out }
spec:
  host: istio-egressgateway.istio-system.svc.cluster.local
  trafficPolicy:
    portLevelSettings:
      - { port: { number: 80 }, tls: { mode: ISTIO_MUTUAL, sni: vault.outside.example } }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: vault }
spec:
  hosts: [vault.outside.example]
  gateways: [mesh, way-out]
  http:
    - match: [{ gateways: [mesh], port: 80 }]
      route: [{ destination: { host: istio-egressgateway.istio-system.svc.cluster.local, port: { number: 80 } } }]
    - match: [{ gateways: [way-out], port: 80 }]
      route: [{ destination: { host: vault.outside.example, port: { number: 443 } } }]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: vault }
spec:
  host: vault.outside.example
  trafficPolicy:
    portLevelSettings:
      - port: { number: 443 }
        tls: { mode: MUTUAL, credentialName: client-of-the-vault, sni: vault.outside.example }
`;

let mesh: Mesh;

before(async () => {
  const own = await authority.issue('client.example');
  mesh = await startMesh({
    name: 'wayout-tls',
    services: CLIENT + VAULT,
    env: { LATEEN_EGRESS_GATEWAYS: '1' },
    config: {
      'rules.yaml': RULES,
      'secret.json': secretDocument('client-of-the-vault', 'istio-system', own, authority.certificate),
    },
  });
  const { certificate, privateKey } = await authority.issue('vault.outside.example');
  const [vault = ''] = await mesh.containers('vault');
  const files = { 'vault.pem': certificate + privateKey, 'ca.pem': authority.certificate };
  for (const [name, text] of Object.entries(files)) {
    await writeFile(join(mesh.folder, name), text);
    await docker(['cp', join(mesh.folder, name), `${vault}:/tmp/${name}`]);
  }
});

after(async () => {
  await mesh?.[Symbol.asyncDispose]();
});

test('plain HTTP of an application leaves by mutual TLS, first of the mesh, then of the gateway', async () => {
  const told = await eventually('the vault answers', async () => {
    const [outcome] = await mesh.call('client', { url: 'http://vault.outside.example/' });
    if (outcome?.status === 200) return outcome.body;
    throw new Error(JSON.stringify(outcome));
  });
  assert.match(told, /^DNS:client\.example /);
  assert.match(told, /URI=spiffe:\/\/cluster\.local\/ns\/default\/sa\/client/);
});
