import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { createTestAuthority } from '../../base/certificate.fixture.ts';
import { silentLogger } from '../../base/log.ts';
import { parseDocuments } from '../../istio/parse-documents.ts';
import { PUSH_PROTOCOL } from '../../model/push.ts';
import { Certificates } from '../ca/certificates.ts';
import { Controller } from '../controller.ts';
import { PushHub } from '../push/push-hub.ts';
import { containerFacts } from '../testing/container-facts.ts';
import { TraceStore } from '../traces/trace-store.ts';
import { TrafficStore } from '../traffic/traffic-store.ts';
import { createPages } from './pages.ts';

const { certificate, privateKey } = await (await createTestAuthority()).issue('shop.example');

const secret = (name: string, stringData: object) =>
  `---\n${JSON.stringify({ apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace: 'istio-system' }, stringData })}\n`;

const server = (host: string) => `
    - port: { number: 443, name: ${host}, protocol: HTTPS }
      hosts: [${host}.example]
      tls: { mode: SIMPLE, credentialName: ${host} }`;

const DOCUMENTS = `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: front }
spec:
  selector: { app: gate }
  servers:${['shop', 'absent', 'swapped'].map(server).join('')}
${secret('shop', { 'tls.crt': certificate, 'tls.key': privateKey })}
${secret('swapped', { 'tls.crt': (await createTestAuthority()).certificate, 'tls.key': privateKey })}
${secret('nobody-needs-it', { 'tls.crt': certificate, 'tls.key': 'ANOTHER KEY' })}`;

/** What is told of a gateway and a sidecar: the pages, and what is pushed to each. */
async function start() {
  const containers = new Map(
    [
      containerFacts('gate', 1, { 'lateen.role': 'gateway', app: 'gate' }),
      containerFacts('web', 2, { 'lateen.ports': 'http:80' }),
    ].map((facts) => [facts.id, facts]),
  );
  const findWorkload: ConstructorParameters<typeof PushHub>[0]['findWorkload'] = (index, container) =>
    index.workloadsById.get(container);
  const hub = new PushHub({ wall: () => 5000, bootId: 'boot', findWorkload, onSettled: () => {} });
  const built = Promise.withResolvers<void>();
  const controller = new Controller({
    onResources() {},
    jwks: () => new Map(),
    ...{ membership: { meshId: 'shop', project: 'shop' }, selfId: '', log: silentLogger, lastGood: {} },
    saveLastGood: () => {},
    onWorld: (index) => {
      hub.update(index);
      built.resolve();
    },
  });
  const parsed = parseDocuments(DOCUMENTS, 'front.yaml');
  controller.onFiles(new Map([['front.yaml', { kind: 'parsed', contentHash: '', text: '', parsed }]]));
  controller.onContainers(containers);
  await built.promise;
  const pushed = (container: string) => {
    let text = '';
    hub.connect(container, { protocol: PUSH_PROTOCOL, version: '', hashes: {}, agent: '' }, (line) => {
      text = line;
    });
    return text;
  };
  const deps = {
    controller,
    hub,
    version: '',
    isDockerConnected: () => true,
    certificates: new Certificates({ issue: async () => '', roots: '' }),
    containers: () => containers,
    traces: new TraceStore(':memory:'),
    traffic: new TrafficStore(0),
    attached: { attached: 3, failed: 1 },
  };
  const pages = createPages(deps);
  const page = (path: keyof typeof pages, query = '') =>
    JSON.stringify(pages[path]?.(new URLSearchParams(query), ''));
  return { page, pushed, controller };
}

const KEY = JSON.stringify(privateKey).slice(1, -1);
const KEY_LINE = privateKey.split('\n')[1] ?? '';

describe('a private key', () => {
  test('goes to the proxy that uses it, and to no other', async () => {
    const { pushed } = await start();
    assert.ok(pushed('gate').includes(KEY));
    assert.ok(!pushed('gate').includes('ANOTHER KEY'));
    assert.ok(!pushed('web').includes(KEY_LINE));
  });

  test('is to be seen in no page of the controller', async () => {
    const { page } = await start();
    const dump = page('/debug/config_dump', 'proxyID=gate');
    assert.match(dump, /"privateKey":"\[redacted\]"/);
    const pages = [dump, page('/debug/configz'), page('/debug/violations'), page('/debug/syncz')];
    for (const text of pages) assert.ok(!text.includes(KEY_LINE));
    assert.match(page('/debug/configz'), /"data":\{"tls\.crt":"\[redacted\]","tls\.key":"\[redacted\]"\}/);
  });
});

test('the controller says which certificates are missing or wrong', async () => {
  const { controller } = await start();
  const found = controller.violationLog.violations.map(
    ({ code, path, message }) => `${code} ${path} ${message}`,
  );
  assert.deepEqual(found, [
    'IST0101 spec.servers[1].tls.credentialName Referenced credentialName not found: "absent"',
    'IST0161 spec.servers[2].tls.credentialName The credential istio-system/swapped is invalid: the key belongs to another certificate',
  ]);
});
