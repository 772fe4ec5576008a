import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bookinfo } from '../fixture/bookinfo.ts';
import { docker } from '../fixture/docker.ts';
import { eventually } from '../fixture/eventually.ts';
import { lateen } from '../fixture/lateen.ts';
import { proxyOf } from '../fixture/proxies.ts';

const TOKENS = join(import.meta.dirname, '../../examples/recipes/jwt-ingress');

/** Part of the list of proofs: one for each folder of examples/recipes that is about who may call what. */
export const SECURITY_PROOFS = {
  async 'deny-by-path'(mesh: Bookinfo) {
    const at = async (path: string, method = 'GET') => {
      const [outcome] = await mesh.call('client', { url: `http://details:9080${path}`, method });
      return [outcome?.status, outcome?.status === 200 ? '' : outcome?.body];
    };
    const refused = [403, 'RBAC: access denied'];
    assert.deepEqual(await at('/details/0'), [200, '']);
    assert.deepEqual(await at('/health'), refused);
    assert.deepEqual(await at('/details/%2e%2e/health?x=1'), refused);
    assert.deepEqual(await at('/details/0', 'DELETE'), refused);
  },

  async 'jwt-ingress'(mesh: Bookinfo) {
    const [reader, staff] = await tokens();
    const at = async (path: string, token = '') => {
      const headers: Record<string, string> = token === '' ? {} : { authorization: `Bearer ${token}` };
      const response = await mesh.get(path, headers);
      const text = await response.text();
      return [response.status, response.status === 200 ? '' : text];
    };
    const refused = [403, 'RBAC: access denied'];
    assert.deepEqual(await at('/productpage'), [200, '']);
    assert.deepEqual(await at('/api/v1/products'), refused);
    assert.equal((await at('/api/v1/products', 'nonsense'))[0], 401);
    const changed = (staff ?? '').replace(/[^.]$/, (last) => (last === 'A' ? 'Q' : 'A'));
    assert.deepEqual(await at('/api/v1/products', changed), [401, 'Jwt verification fails']);
    assert.deepEqual(await at('/api/v1/products', reader), [200, '']);
    assert.deepEqual(await at('/api/v1/products/0', reader), refused);
    assert.deepEqual(await at('/api/v1/products/0', staff), [200, '']);
  },

  async 'jwt-claims-routing'(mesh: Bookinfo) {
    const versionAs = async (headers: Record<string, string>) => {
      const url = 'http://istio-ingressgateway:8080/reviews/0';
      const [outcome] = await mesh.call('client', {
        url,
        headers: { host: 'members.example.com', ...headers },
      });
      return outcome?.status === 200
        ? (JSON.parse(outcome.body) as { clustername: string }).clustername
        : outcome?.status;
    };
    const [reader, staff] = await tokens();
    assert.equal(await versionAs({ authorization: `Bearer ${staff}` }), 'v3');
    assert.equal(await versionAs({ authorization: `Bearer ${reader}` }), 'v2');
    assert.equal(await versionAs({}), 'v1');
    assert.equal(await versionAs({ authorization: 'Bearer nonsense' }), 401);
  },

  async 'service-allow-list'(mesh: Bookinfo) {
    const from = async (service: string, path: string) => {
      const [container = ''] = await mesh.containers(service);
      const script = `fetch('http://ratings:9080${path}').then(async (r) => console.log(r.status, r.ok ? '' : await r.text()))`;
      return (await docker(['exec', container, 'node', '-e', script])).trim();
    };
    const refused = '403 RBAC: access denied';
    assert.equal((await mesh.get('/productpage')).status, 200);
    assert.equal((await mesh.reviewVersions(3))['403 RBAC: access denied'], undefined);
    assert.equal(await from('reviews-v2', '/ratings/0'), '200');
    assert.equal(await from('details', '/ratings/0'), refused);
    assert.equal(await from('reviews-v2', '/health'), refused);
    assert.equal(await from('reviews-v2', '/ratings/%2e%2e/health'), refused);
    const { stdout } = await lateen(['x', 'authz', 'check', 'ratings', '--mesh', mesh.project]);
    assert.match(stdout, /ALLOW +default\/ratings +0 +source\.serviceAccount = default\/reviews/);
  },

  async 'external-authorization'(mesh: Bookinfo) {
    const ticket = { 'x-ticket': 'yes' };
    await eventually('the door is open for those who have a ticket', async () =>
      (await mesh.get('/api/v1/products', ticket)).status === 200 ? true : undefined,
    );
    const refused = await mesh.get('/api/v1/products');
    assert.deepEqual([refused.status, await refused.text()], [401, 'show your ticket']);
    assert.equal(refused.headers.get('x-why'), 'no ticket');
    assert.equal((await mesh.get('/productpage')).status, 200);
    const [over] = await mesh.call('client', { url: 'http://ratings:9080/ratings/0' });
    assert.deepEqual([over?.status, over?.body], [401, 'show your ticket']);
    assert.equal(over?.headers['x-why'], 'no ticket, spiffe://cluster.local/ns/default/sa/client');
    const [passed] = await mesh.call('client', { url: 'http://ratings:9080/ratings/0', headers: ticket });
    assert.equal(passed?.status, 200);
    const post = { url: 'http://ratings:9080/ratings/0', method: 'POST' };
    const [told] = await mesh.call('client', { ...post, body: 'five!' });
    assert.match(String(told?.headers['x-why']), /client, for 5 bytes$/);
    const [large] = await mesh.call('client', { ...post, body: 'x'.repeat(8193), headers: ticket });
    assert.deepEqual([large?.status, large?.body], [413, 'Payload Too Large']);
    const [door = ''] = await mesh.containers('door');
    await docker(['stop', '-t', '1', door]);
    const [silent] = await mesh.call('client', { url: 'http://ratings:9080/ratings/0', headers: ticket });
    assert.equal(silent?.status, 403);
    await docker(['start', door]);
  },

  async 'migrate-to-strict'(mesh: Bookinfo) {
    const [neighbour = ''] = await mesh.containers('neighbour');
    const call = (url: string) =>
      docker([
        ...['exec', neighbour, 'node', '-e'],
        `fetch('${url}').then((r) => console.log(r.status), (e) => console.log(e.cause.code))`,
      ]);
    const cutOff = /^(ECONNRESET|UND_ERR_SOCKET)$/;
    assert.equal(await call('http://ratings:9080/ratings/0'), '200');
    assert.match(await call('http://reviews-v1:9080/reviews/0'), cutOff);
    const [ratings = ''] = await mesh.containers('ratings');
    const agent = await proxyOf(mesh, ratings);
    const metrics = await docker([
      ...['exec', agent, 'node', '-e'],
      `fetch('http://127.0.0.1:15090/stats/prometheus').then(async (r) => console.log(await r.text()))`,
    ]);
    assert.match(
      metrics,
      /^istio_requests_total\{reporter="destination",source_workload="neighbour".*connection_security_policy="none"/m,
    );
    const lastStep = join(import.meta.dirname, '../../examples/recipes/migrate-to-strict/last-step');
    let isClosed = false;
    const page = (async () => {
      const statuses = new Set<number>();
      while (!isClosed) statuses.add((await mesh.get('/productpage')).status);
      return [...statuses];
    })();
    await mesh.apply(
      'peer-authentication.yaml',
      await readFile(join(lastStep, 'peer-authentication.yaml'), 'utf8'),
    );
    assert.match(await call('http://ratings:9080/ratings/0'), cutOff);
    isClosed = true;
    assert.deepEqual(await page, [200]);
    assert.match(
      await docker(['logs', agent]),
      /plaintext was refused: PeerAuthentication STRICT.*neighbour/,
    );
  },
};

async function tokens(): Promise<string[]> {
  return Promise.all(
    ['reader', 'staff'].map(async (name) => (await readFile(join(TOKENS, `${name}.jwt`), 'utf8')).trim()),
  );
}
