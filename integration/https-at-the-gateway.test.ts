import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { Agent } from 'node:https';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { createTestAuthority, type TestCertificate } from '../base/certificate.fixture.ts';
import { controllerGet } from './fixture/admin.ts';
import { docker } from './fixture/docker.ts';
import { eventually } from './fixture/eventually.ts';
import { getHttps, secretDocument } from './fixture/https.ts';
import { type Mesh, startMesh } from './fixture/mesh.ts';
import { SHOP } from './fixture/shop.ts';

const authority = await createTestAuthority('the authority of this test');
const shop = await authority.issue('shop.example');
const caller = await authority.issue('caller.example');

const secret = (name: string, pair: TestCertificate, trust = '') =>
  secretDocument(name, 'istio-system', pair, trust);

const GATEWAY = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: front }
spec:
  selector: { istio: ingressgateway }
  servers:
    - port: { number: 443, name: https, protocol: HTTPS }
      hosts: [shop.example]
      tls: { mode: SIMPLE, credentialName: shop }
    - port: { number: 443, name: https-wild, protocol: HTTPS }
      hosts: ["*.wild.example"]
      tls: { mode: SIMPLE, credentialName: wild }
    - port: { number: 443, name: https-mutual, protocol: HTTPS }
      hosts: [mutual.example]
      tls: { mode: MUTUAL, credentialName: mutual }
    - port: { number: 443, name: https-absent, protocol: HTTPS }
      hosts: [absent.example]
      tls: { mode: SIMPLE, credentialName: absent }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: front }
spec:
  hosts: ["*"]
  gateways: [front]
  http: [{ route: [{ destination: { host: shop } }] }]
`;

let mesh: Mesh;
let port: string;

before(async () => {
  mesh = await startMesh({
    name: 'https',
    services: SHOP,
    config: {
      'gateway.yaml': GATEWAY,
      'shop-secret.json': secret('shop', shop),
      'wild-secret.json': secret('wild', await authority.issue('*.wild.example')),
      'mutual-secret.json': secret('mutual', await authority.issue('mutual.example'), authority.certificate),
    },
  });
  port = mesh.env['LATEEN_HTTPS_PORT'] ?? '';
  await writeFile(join(mesh.folder, 'ca.pem'), authority.certificate);
  await writeFile(join(mesh.folder, 'caller.pem'), caller.certificate + caller.privateKey);
});

after(async () => {
  await mesh?.[Symbol.asyncDispose]();
});

/** Status, HTTP version and curl's exit code. */
async function curl(host: string, ...more: string[]): Promise<string> {
  const args = ['-s', '-o', '/dev/null', '-w', '%{http_code} %{http_version}', '--max-time', '10'];
  args.push('--cacert', join(mesh.folder, 'ca.pem'), '--resolve', `${host}:${port}:127.0.0.1`, ...more);
  try {
    return (await promisify(execFile)('curl', [...args, `https://${host}:${port}/`])).stdout;
  } catch (error) {
    return `exit ${(error as { code: number }).code}`;
  }
}

async function namesShown(host: string): Promise<string> {
  const args = ['s_client', '-connect', `127.0.0.1:${port}`, '-servername', host];
  const running = promisify(execFile)('openssl', args);
  running.child.stdin?.end();
  const { stdout } = await running;
  const reading = promisify(execFile)('openssl', ['x509', '-noout', '-ext', 'subjectAltName']);
  reading.child.stdin?.end(stdout);
  return /DNS:.*/.exec((await reading).stdout)?.[0] ?? '';
}

test('curl gets an answer over HTTPS, by HTTP/1.1 and by HTTP/2', async () => {
  await eventually('the shop answers', async () =>
    (await curl('shop.example')) === '200 2' ? true : undefined,
  );
  assert.equal(await curl('shop.example', '--http1.1'), '200 1.1');
  assert.equal(await curl('a.wild.example', '--http2'), '200 2');
});

test('each name has its certificate', async () => {
  assert.equal(await namesShown('shop.example'), 'DNS:shop.example');
  assert.equal(await namesShown('b.wild.example'), 'DNS:*.wild.example');
});

test('a name that nobody has, and one whose certificate is not there, get no handshake', async () => {
  assert.equal(await curl('elsewhere.example'), 'exit 35');
  assert.equal(await curl('absent.example'), 'exit 35');
});

test('mutual TLS lets in who has a certificate, and nobody else', async () => {
  assert.match(await curl('mutual.example'), /^exit (35|56)$/);
  assert.equal(await curl('mutual.example', '--cert', join(mesh.folder, 'caller.pem')), '200 2');
});

test('a caller whose certificate is revoked is let in no more; the others are', async () => {
  const gone = await authority.issue('gone.example');
  await writeFile(join(mesh.folder, 'gone.pem'), gone.certificate + gone.privateKey);
  const withCert = (file: string) => curl('mutual.example', '--cert', join(mesh.folder, file));
  assert.equal(await withCert('gone.pem'), '200 2');
  const pair = await authority.issue('mutual.example');
  const revoked = await authority.revoke(gone);
  const { certificate } = authority;
  await mesh.apply(
    'mutual-secret.json',
    secretDocument('mutual', 'istio-system', pair, certificate, revoked),
  );
  assert.match(await withCert('gone.pem'), /^exit \d+$/);
  assert.equal(await withCert('caller.pem'), '200 2');
  assert.match(
    await mesh.logs('istio-ingressgateway'),
    /closed unserved reason="the caller's certificate is refused: CERT_REVOKED" .*serverName=mutual\.example/,
  );
});

test('no key is to be seen in any dump or log', async () => {
  const keys = [shop.privateKey, Buffer.from(shop.privateKey).toString('base64')];
  const line = shop.privateKey.split('\n')[1] ?? '';
  const [gateway = ''] = await mesh.containers('istio-ingressgateway');
  const script = `console.log(await (await fetch('http://127.0.0.1:15000/config_dump')).text())`;
  const pages = [
    await docker(['exec', gateway, 'node', '--input-type=module', '-e', script]),
    JSON.stringify(await controllerGet(mesh.project, '/debug/config_dump?proxyID=istio-ingressgateway')),
    JSON.stringify(await controllerGet(mesh.project, '/debug/configz')),
    await mesh.logs('lateen-controller'),
    await mesh.logs('istio-ingressgateway'),
  ];
  assert.match(pages[0] ?? '', /"privateKey": "\[redacted\]"/);
  for (const page of pages) for (const key of [...keys, line]) assert.equal(page.includes(key), false);
});

test('certificates are renewed under load, and no call is lost', async () => {
  const agents = [new Agent({ keepAlive: true }), new Agent({ keepAlive: false })];
  let isOver = false;
  let calls = 0;
  const failures: string[] = [];
  const load = async (agent: Agent) => {
    while (!isOver) {
      calls += 1;
      await call(agent).catch((error: Error) => failures.push(error.message));
    }
  };
  const running = agents.flatMap((agent) => [load(agent), load(agent)]);
  for (let round = 1; round <= 5; round++) {
    const renewed = await authority.issue('shop.example', `round-${round}.example`);
    await mesh.apply('shop-secret.json', secret('shop', renewed));
    assert.equal(await namesShown('shop.example'), `DNS:shop.example, DNS:round-${round}.example`);
  }
  isOver = true;
  await Promise.all(running);
  for (const agent of agents) agent.destroy();
  assert.deepEqual(failures, []);
  assert.ok(calls > 100, `${calls} calls`);
});

async function call(agent: Agent): Promise<void> {
  const { status } = await getHttps(mesh, 'shop.example', '/', { ca: authority.certificate, agent });
  if (status !== 200) throw new Error(`status ${status}`);
}

test('a certificate may be files in a folder of its name', async () => {
  const { certificate, privateKey } = await authority.issue('absent.example');
  const folder = join(mesh.folder, 'mesh', 'absent');
  await mkdir(folder);
  await writeFile(join(folder, 'tls.key'), privateKey);
  await writeFile(join(folder, 'tls.crt'), certificate);
  await mesh.settled(({ files }) => (files['secrets/absent'] ?? '') !== '');
  assert.equal(await curl('absent.example'), '200 2');
});
