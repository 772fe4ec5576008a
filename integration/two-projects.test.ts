import assert from 'node:assert/strict';
import { test } from 'node:test';
import { docker } from './fixture/docker.ts';
import { eventually } from './fixture/eventually.ts';
import { createMesh, startMesh } from './fixture/mesh.ts';
import { countVersions } from './fixture/outcomes.ts';
import { CLIENT, SHOP } from './fixture/shop.ts';

const guests = (meshId: string) => `
  guest:
    image: app
    labels: { lateen.mesh: ${meshId}, app: guest, lateen.inject: "true", lateen.ports: "http:8080", traffic.sidecar.istio.io/excludeInboundPorts: "7070" }
    environment: { NAME: guest, VERSION: guest }
  bystander:
    image: app
    labels: { lateen.inject: "true" }
    environment: { NAME: bystander, VERSION: bystander }
`;

test('two projects on one engine are two meshes that do not touch each other', async () => {
  await using first = await startMesh({ name: 'one', services: CLIENT + SHOP });
  await using second = await startMesh({
    name: 'two',
    services: CLIENT + SHOP.replaceAll('VERSION: v', 'VERSION: w'),
  });
  const versions = countVersions(await first.call('client', { url: 'http://shop:8080/', times: 30 }));
  assert.deepEqual(Object.keys(versions).sort(), ['v1', 'v2']);
  const others = countVersions(await second.call('client', { url: 'http://shop:8080/', times: 30 }));
  assert.deepEqual(Object.keys(others).sort(), ['w1', 'w2']);
  const workloads = (await first.sync()).proxies.map(({ workload }) => workload).sort();
  assert.deepEqual(workloads, ['client', 'istio-ingressgateway', 'shop-v1', 'shop-v2']);
});

test('a project without a controller joins the mesh of another by lateen.mesh', async () => {
  await using mesh = await startMesh({ name: 'host', services: CLIENT + SHOP });
  {
    await using guest = await createMesh({ name: 'guest', services: guests(mesh.project), guestOf: mesh });
    await guest.compose('up', '-d');
    await mesh.settled(({ proxies }) => proxies.some(({ workload }) => workload === 'guest'));
    const call = (service: string, url: string) => guest.call(service, { url, times: 10 });
    await eventually('the guest is called by its name', async () => {
      const outcomes = await mesh.call('client', { url: 'http://guest:8080/', times: 10 });
      return countVersions(outcomes)['guest'] === 10 ? true : undefined;
    });
    const counts = countVersions(await call('guest', 'http://shop:8080/'));
    assert.deepEqual(Object.keys(counts).sort(), ['v1', 'v2']);
    assert.deepEqual(countVersions(await call('guest', 'http://bystander:8080/')), { bystander: 10 });
    const workloads = (await mesh.sync()).proxies.map(({ workload }) => workload).sort();
    assert.deepEqual(workloads, ['client', 'guest', 'istio-ingressgateway', 'shop-v1', 'shop-v2']);
  }
  await mesh.settled(({ proxies }) => !proxies.some(({ workload }) => workload === 'guest'));
});

test('a service of one name from two projects in one mesh is a conflict that names both', async () => {
  await using mesh = await startMesh({ name: 'joined', services: CLIENT + SHOP });
  const name = `${mesh.project}-stranger`;
  const labels = [
    `lateen.mesh=${mesh.project}`,
    'com.docker.compose.project=elsewhere',
    'com.docker.compose.service=shop-v1',
  ];
  await docker([
    'run',
    '-d',
    '--rm',
    '--name',
    name,
    ...labels.flatMap((label) => ['--label', label]),
    'lateen-integration-app',
  ]);
  try {
    await eventually('the conflict is told', async () => {
      const words = await mesh.logs('lateen-controller');
      return /LAT0102.*projects .*elsewhere.*lateen\.namespace/.test(words) ? true : undefined;
    });
    assert.deepEqual(countVersions(await mesh.call('client', { url: 'http://shop-v1:8080/', times: 10 })), {
      v1: 10,
    });
  } finally {
    await docker(['rm', '-f', name]);
  }
});
