import assert from 'node:assert/strict';
import { test } from 'node:test';
import { docker } from './fixture/docker.ts';
import { eventually } from './fixture/eventually.ts';
import { startMesh } from './fixture/mesh.ts';
import { countVersions } from './fixture/outcomes.ts';
import { CLIENT, SHOP } from './fixture/shop.ts';

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
