import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { docker } from './fixture/docker.ts';
import { eventually } from './fixture/eventually.ts';
import { lateen } from './fixture/lateen.ts';
import { freePort, type Mesh, startMesh } from './fixture/mesh.ts';
import { CLIENT, SHOP } from './fixture/shop.ts';

const gatewayAt = (port: number) => `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: side-door }
spec:
  selector: { istio: ingressgateway }
  servers:
    - port: { number: ${port}, name: http, protocol: HTTP }
      hosts: ["*"]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: side-door }
spec:
  hosts: ["*"]
  gateways: [side-door]
  http: [{ route: [{ destination: { host: shop } }] }]
`;

/** A host of another network whose way in is the gateway's port 15443. */
const FAR_AWAY = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: cross-network, namespace: istio-system }
spec:
  selector: { istio: ingressgateway }
  servers:
    - port: { number: 15443, name: tls, protocol: TLS }
      hosts: ["*.default.svc.cluster.local"]
      tls: { mode: AUTO_PASSTHROUGH }
---
apiVersion: networking.istio.io/v1
kind: ServiceEntry
metadata: { name: far-shop }
spec:
  hosts: [shop.far.example]
  location: MESH_INTERNAL
  ports: [{ number: 80, name: http, protocol: HTTP }]
  resolution: DNS
  endpoints: [{ address: istio-ingressgateway, ports: { http: 15443 } }]
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: far-shop }
spec:
  host: shop.far.example
  trafficPolicy:
    tls:
      mode: ISTIO_MUTUAL
      sni: outbound_.8080_._.shop.default.svc.cluster.local
      subjectAltNames: [spiffe://cluster.local/ns/default/sa/shop]
`;

let mesh: Mesh;
let port: number;

before(async () => {
  mesh = await startMesh({ name: 'ports', services: CLIENT + SHOP });
  port = await freePort();
});

after(async () => {
  await mesh?.[Symbol.asyncDispose]();
});

test('a port that Docker does not publish is told with the line that publishes it, and with that it serves', async () => {
  await mesh.apply('gateway.yaml', gatewayAt(port));
  const line = `services: { istio-ingressgateway: { ports: ["127.0.0.1:${port}:${port}"] } }`;
  await eventually('the controller says it', async () => {
    const words = await mesh.logs('lateen-controller');
    return words.includes('IST0162') && words.includes(line.replaceAll('"', '\\"')) ? true : undefined;
  });
  const { stdout } = await lateen(['analyze', join(mesh.folder, 'mesh'), '--mesh', mesh.project]);
  assert.match(stdout, /IST0162/);
  assert.ok(stdout.includes(line), stdout);
  await assert.rejects(fetch(`http://127.0.0.1:${port}/`));

  const override = join(mesh.folder, 'compose.override.yml');
  await writeFile(override, `${line}\n`);
  const files = ['-f', join(mesh.folder, 'compose.yml'), '-f', override];
  await docker(['compose', '-p', mesh.project, ...files, 'up', '-d', '--no-build'], mesh.env);
  await mesh.settled();
  const answer = await eventually('the port serves', async () =>
    fetch(`http://127.0.0.1:${port}/`).catch(() => undefined),
  );
  assert.equal(answer.status, 200);
  assert.deepEqual(
    (await mesh.violations()).filter(({ code }) => code === 'IST0162'),
    [],
  );
});

test('a server of mode AUTO_PASSTHROUGH passes mutual TLS on to the service that its SNI names', async () => {
  await mesh.apply('far.yaml', FAR_AWAY);
  const outcome = await eventually('the service answers', async () => {
    const [answer] = await mesh.call('client', { url: 'http://shop.far.example/' });
    return answer?.status === 200 ? answer : undefined;
  });
  const { name, headers } = JSON.parse(outcome.body) as { name: string; headers: Record<string, string> };
  assert.equal(name, 'shop');
  // The gateway has not opened it: the service sees the caller itself.
  assert.match(headers['x-forwarded-client-cert'] ?? '', /By=.*\/sa\/shop;.*URI=.*\/sa\/client$/);
});
