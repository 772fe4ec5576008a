import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { silentLogger } from '../../base/log.ts';
import { parseDocuments } from '../../istio/parse-documents.ts';
import { type Hello, PUSH_PROTOCOL, type Push } from '../../model/push.ts';
import { Certificates } from '../ca/certificates.ts';
import { Controller } from '../controller.ts';
import { PushHub } from '../push/push-hub.ts';
import { containerFacts } from '../testing/container-facts.ts';
import { TraceStore } from '../traces/trace-store.ts';
import { TrafficStore } from '../traffic/traffic-store.ts';
import { createPages } from './pages.ts';

const RULES = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: reviews }
spec:
  hosts: [reviews]
  http: [{ name: all, route: [{ destination: { host: reviews } }] }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: broken }
spec: { hosts: [reviews], https: [] }
`;
const HELLO: Hello = { protocol: PUSH_PROTOCOL, version: '', hashes: {}, agent: '9.9.9' };

/** A controller that has read this file and these containers, or nothing yet. */
async function start(hasRead = true) {
  const containers = new Map(
    [
      containerFacts('web', 1, { app: 'front' }),
      containerFacts('reviews', 2, { 'lateen.ports': 'http:9080' }),
      containerFacts('plain', 3, { 'lateen.inject': 'false' }),
    ].map((facts) => [facts.id, facts]),
  );
  const hub = new PushHub({
    wall: () => 5000,
    bootId: 'boot',
    findWorkload: (index, container) => index.workloadsById.get(container),
    onSettled: () => {},
  });
  const built = Promise.withResolvers<void>();
  const controller = new Controller({
    onResources() {},
    jwks: () => new Map(),
    membership: { meshId: 'shop', project: 'shop' },
    selfId: '',
    log: silentLogger,
    lastGood: {},
    saveLastGood: () => {},
    onWorld: (index) => {
      hub.update(index);
      built.resolve();
    },
  });
  if (hasRead) {
    controller.onFiles(
      new Map([
        [
          'mesh/a.yaml',
          {
            kind: 'parsed',
            contentHash: 'hash-1',
            text: RULES,
            parsed: parseDocuments(RULES, 'mesh/a.yaml'),
          },
        ],
      ]),
    );
    controller.onContainers(containers);
    await built.promise;
  }
  const certificates = new Certificates({ issue: async () => '', roots: 'ROOTS' });
  certificates.learn('web', 'CHAIN');
  const pages = createPages({
    traces: new TraceStore(':memory:'),
    traffic: new TrafficStore(0),
    attached: { attached: 3, failed: 1 },
    certificates,
    controller,
    hub,
    version: '1.2.3',
    isDockerConnected: () => true,
    containers: () => containers,
  });
  const get = (path: string, query = '') => {
    const reply = pages[path]?.(new URLSearchParams(query), '');
    assert.ok(reply, path);
    return { status: reply.status, body: JSON.parse(JSON.stringify(reply.body)) };
  };
  return { get, hub };
}

describe('the pages of the controller', () => {
  test('/ready is 503 until files and containers have been read once', async () => {
    assert.deepEqual((await start(false)).get('/ready'), { status: 503, body: 'NOT READY\n' });
    assert.deepEqual((await start()).get('/ready'), { status: 200, body: 'READY\n' });
  });

  test('/version', async () => {
    assert.deepEqual((await start()).get('/version').body, { version: '1.2.3' });
  });

  test('/debug/syncz lists every proxy, connected or not, and the content that was read', async () => {
    const { get, hub } = await start();
    const before = get('/debug/syncz').body;
    assert.deepEqual(
      before.proxies.map(({ proxy, state }: { proxy: string; state: string }) => `${proxy} ${state}`).sort(),
      ['reviews.default NOT CONNECTED', 'web.default NOT CONNECTED'],
    );
    assert.equal(before.isSettled, false);
    assert.deepEqual(before.files, { 'mesh/a.yaml': 'hash-1' });
    for (const id of ['web', 'reviews']) {
      let push: Push | undefined;
      hub.connect(id, HELLO, (line) => {
        push = JSON.parse(line) as Push;
      });
      hub.acknowledge(id, { nonce: push?.nonce ?? '', version: push?.version ?? '', error: null });
    }
    const after = get('/debug/syncz').body;
    assert.equal(after.isSettled, true);
    const web = after.proxies.find(({ proxy }: { proxy: string }) => proxy === 'web.default');
    assert.deepEqual(
      [web.state, web.version, web.agentVersion, web.lastReplyMs],
      ['SYNCED', 'boot-1', '9.9.9', 5000],
    );
  });

  test('/debug/violations holds what is broken, with file and line', async () => {
    const { body } = (await start()).get('/debug/violations');
    assert.equal(body.length, 1);
    assert.deepEqual(
      [body[0].file, body[0].line, body[0].resource],
      ['mesh/a.yaml', 11, 'VirtualService default/broken'],
    );
  });

  test('/debug/registryz and /debug/configz hold what is in force', async () => {
    const { get } = await start();
    assert.deepEqual(
      get('/debug/registryz').body.services.map(({ name }: { name: string }) => name),
      ['front', 'plain', 'reviews', 'web'],
    );
    assert.deepEqual(
      get('/debug/configz').body.resources.map(({ name }: { name: string }) => name),
      ['reviews'],
    );
  });

  test('/debug/config_dump finds a proxy by each of its names', async () => {
    const { get } = await start();
    for (const name of ['web.default', 'web', 'front'])
      assert.equal(get('/debug/config_dump', `proxyID=${name}`).body.proxy, 'web.default', name);
    const { body } = get('/debug/config_dump', 'proxyID=web');
    const config = body.route.find(({ name }: { name: string }) => name === '9080');
    const [route] = config.virtualHosts[0].routes;
    assert.equal(route.name, 'all');
    assert.equal(body.places[route.rule], 'mesh/a.yaml:6');
  });

  test('/debug/config_dump holds the certificate of a proxy that is connected', async () => {
    const { get, hub } = await start();
    hub.connect('web', HELLO, () => {});
    const [own, root] = get('/debug/config_dump', 'proxyID=web').body.secret;
    assert.deepEqual([own.name, own.certificate, own.privateKey], ['default', 'CHAIN', null]);
    assert.deepEqual([root.name, root.trust], ['ROOTCA', 'ROOTS']);
  });

  test('/debug/config_dump of nobody names those who are known, and no container without a proxy', async () => {
    const { status, body } = (await start()).get('/debug/config_dump', 'proxyID=plain');
    assert.equal(status, 404);
    assert.match(body.error, /no proxy is called "plain"/);
    assert.deepEqual(body.known.sort(), ['reviews', 'web']);
    assert.equal((await start(false)).get('/debug/config_dump', 'proxyID=x').status, 503);
  });

  test('/metrics is Prometheus text under the names of pilot', async () => {
    const { body } = (await start()).get('/metrics');
    assert.match(body, /^# HELP pilot_info .*\n# TYPE pilot_info gauge\npilot_info\{version="1\.2\.3"\} 1\n/);
    assert.match(body, /\nsidecar_injection_success_total\{\} 3\n/);
    assert.match(body, /\ncitadel_server_csr_count\{\} 0\n/);
    assert.match(body, /\npilot_virt_services\{\} 1\n/);
    assert.match(body, /\npilot_k8s_cfg_errors\{\} 1\n/);
    assert.match(body, /\npilot_xds\{\} 0\n/);
  });
});
