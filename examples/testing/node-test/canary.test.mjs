import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { assertMtls, assertRetried, assertSplit, LateenMesh } from 'lateen/testcontainers';
import { service } from './service.mjs';

let mesh;
let containers = [];
let shop;

before(async () => {
  mesh = await new LateenMesh().withConfig('./mesh').start();
  const reviews = (version) => mesh.join(service(version), { app: 'reviews', version, ports: 'http:8080' });
  // The test itself calls the shop from outside of the mesh: that port goes past the proxy.
  const labels = { 'traffic.sidecar.istio.io/excludeInboundPorts': '8080' };
  containers = await Promise.all([
    mesh.join(service('shop'), { app: 'shop', labels }).start(),
    reviews('v1').start(),
    reviews('v2').start(),
  ]);
  shop = `http://${containers[0].getHost()}:${containers[0].getMappedPort(8080)}`;
});

after(async () => {
  await Promise.all(containers.map((container) => container.stop()));
  await mesh?.stop();
});

const askReviews = () => fetch(`${shop}/ask?http://reviews:8080/`);

test('a tenth of the requests goes to the canary', async (context) => {
  const canary = await mesh.apply(`
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: reviews
  annotations: { lateen.test/weights: exact }
spec:
  hosts: [reviews]
  http:
    - route:
        - { destination: { host: reviews, subset: v1 }, weight: 90 }
        - { destination: { host: reviews, subset: v2 }, weight: 10 }
`);
  context.after(() => canary.restore());
  const mark = await mesh.mark();
  for (let each = 0; each < 100; each++) await askReviews();
  const requests = await mesh.requests({ to: 'reviews', from: 'shop', since: mark });
  assertSplit(requests, { v1: 90, v2: 10 });
  assertMtls(requests);
});

test('two failures in a row are not seen by who called', async (context) => {
  const failing = await mesh.apply(`
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata:
  name: reviews
  annotations: { lateen.test/fail-requests: "1,2", lateen.test/fault-at: callee }
spec:
  hosts: [reviews]
  http:
    - route: [{ destination: { host: reviews, subset: v1 } }]
      retries: { attempts: 2, retryOn: 5xx, backoff: 10ms }
`);
  context.after(() => failing.restore());
  const mark = await mesh.mark();
  assert.equal((await askReviews()).status, 200);
  assertRetried(await mesh.requests({ to: 'reviews', since: mark }), { times: 2 });
});
