import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Outcome } from './app/drive.ts';
import { docker } from './fixture/docker.ts';
import { type Mesh, startMesh } from './fixture/mesh.ts';
import { failures } from './fixture/outcomes.ts';
import { CLIENT, SHOP } from './fixture/shop.ts';

/** A connection for each request: else those that are open would go on with what they were made with. */
const FRESH = `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: shop }
spec: { host: shop, trafficPolicy: { connectionPool: { http: { maxRequestsPerConnection: 1 } } } }
`;

test('a controller whose state volume was lost gets its agents back', async () => {
  await using mesh = await startMesh({
    name: 'memory',
    services: CLIENT + SHOP,
    config: { 'fresh.yaml': FRESH },
  });
  const agents = () =>
    docker([
      'ps',
      '-q',
      '--filter',
      'label=lateen.role=agent',
      '--filter',
      `label=lateen.mesh=${mesh.project}`,
    ]);
  const before = await agents();
  await mesh.compose('rm', '-sf', 'lateen-controller');
  await docker(['volume', 'rm', `${mesh.project}_lateen-state`]);
  await mesh.compose('up', '-d', '--no-build');
  const { proxies } = await mesh.settled((status) => status.proxies.length === 4);
  assert.deepEqual(new Set(proxies.map(({ state }) => state)), new Set(['SYNCED']));
  assert.equal(await agents(), before);
  // Its root is another one now: proxies come to trust it, and then to show certificates of it.
  const { outcomes, hashes } = await callFor(mesh, 15_000);
  assert.deepEqual(failures(outcomes), []);
  assert.ok(hashes.size > 1, 'the client shows a new certificate');
});

/** Calls from the client, each on connections of their own, and the certificates that it showed. */
async function callFor(mesh: Mesh, ms: number) {
  const outcomes: Outcome[] = [];
  const hashes = new Set<string>();
  for (const endsAt = Date.now() + ms; Date.now() < endsAt; ) {
    const answered = await mesh.call('client', { url: 'http://shop:8080/', times: 10 });
    outcomes.push(...answered);
    for (const { body } of answered) hashes.add(/Hash=([0-9a-f]+)/.exec(body)?.[1] ?? '');
  }
  return { outcomes, hashes };
}
