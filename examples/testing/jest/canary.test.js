const { LateenMesh, meshMatchers } = require('lateen/testcontainers');
const { service } = require('./service.cjs');

expect.extend(meshMatchers);

let mesh;
let containers = [];
let shop;

beforeAll(async () => {
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

afterAll(async () => {
  await Promise.all(containers.map((container) => container.stop()));
  await mesh?.stop();
});

// What a test has applied is taken back before the next.
afterEach(() => mesh.restoreAll());

const askReviews = () => fetch(`${shop}/ask?http://reviews:8080/`);

test('a tenth of the requests goes to the canary', async () => {
  await mesh.apply(`
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
  const mark = await mesh.mark();
  for (let each = 0; each < 100; each++) await askReviews();
  const requests = await mesh.requests({ to: 'reviews', from: 'shop', since: mark });
  expect(requests).toSplit({ v1: 90, v2: 10 });
  expect(requests).toBeMtls();
  expect(requests).not.toHaveRetried();
});

test('two failures in a row are not seen by who called', async () => {
  await mesh.apply(`
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
  const mark = await mesh.mark();
  expect((await askReviews()).status).toBe(200);
  expect(await mesh.requests({ to: 'reviews', since: mark })).toHaveRetried({ times: 2 });
});
