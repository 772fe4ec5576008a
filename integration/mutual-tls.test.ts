import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { createTestAuthority } from '../base/certificate.fixture.ts';
import type { Outcome } from './app/drive.ts';
import { OUTSIDE_CERTIFICATE, OUTSIDE_KEY } from './fixture/certificate.ts';
import { docker } from './fixture/docker.ts';
import { eventually } from './fixture/eventually.ts';
import { lateen } from './fixture/lateen.ts';
import { type Mesh, startMesh } from './fixture/mesh.ts';
import { countVersions } from './fixture/outcomes.ts';
import { agentOf, metricsOf } from './fixture/proxies.ts';
import { CLIENT, SHOP } from './fixture/shop.ts';

const CLIENT_ID = 'spiffe://cluster.local/ns/default/sa/client';
const NEIGHBOURS = `
  outlaw:
    image: app
    labels: { app: outlaw }
    environment: { NAME: outlaw }
  safe:
    image: app
    labels: { app: safe, lateen.inject: "true", lateen.ports: "https:8443" }
    environment:
      NAME: safe
      VERSION: own-tls
      TLS_PORTS: "8443"
      TLS_KEY: ${JSON.stringify(OUTSIDE_KEY)}
      TLS_CERTIFICATE: ${JSON.stringify(OUTSIDE_CERTIFICATE)}
  database:
    image: app
    labels: { app: database, lateen.inject: "true", lateen.ports: "tcp:3306" }
    environment: { NAME: database, PORTS: "", TCP_PORTS: "3306" }
`;

/** Started later, at an address that another had before. */
const SUCCESSOR = `
  payments:
    image: app
    profiles: [later]
    labels: { app: payments, lateen.inject: "true", lateen.ports: "http:8080" }
    environment: { NAME: payments }
`;

const mode = (name: string) => `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default, namespace: istio-system }
spec: { mtls: { mode: ${name} } }
`;

/** A certificate request of a key that nobody has any more, for `…/ns/default/sa/shop-v1`; openssl made it. */
const FORGED =
  'MIIBBTCBrAIBADAAMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEDSyxwfd6okEMwzD1dUbUNgqxVsUHHSNghTcxpv' +
  'qvmpehkCSEnfchw+qxORmjM8dICaZKGxLJreNXiO2ghGkh9aBKMEgGCSqGSIb3DQEJDjE7MDkwNwYDVR0RBDAwLoYs' +
  'c3BpZmZlOi8vY2x1c3Rlci5sb2NhbC9ucy9kZWZhdWx0L3NhL3Nob3AtdjEwCgYIKoZIzj0EAwIDSAAwRQIgZIMC8O' +
  'cUNPBIA2AdMvvuaiLIi4prz9LGOfYwuM0bOScCIQDyiuYCCrAOeRXYErf1dv9i5a2sevjMEMpo9gw8+b48IQ==';

let mesh: Mesh;

before(async () => {
  mesh = await startMesh({ name: 'mtls', services: CLIENT + SHOP + NEIGHBOURS + SUCCESSOR });
});

after(async () => {
  await mesh?.[Symbol.asyncDispose]();
});

/** One call, and what the application heard about its caller. */
async function call(from: string, url = 'http://shop:8080/'): Promise<{ outcome: Outcome; caller: string }> {
  const [outcome] = await mesh.call(from, { url });
  assert.ok(outcome !== undefined);
  const { headers } = (outcome.status === 200 ? JSON.parse(outcome.body) : { headers: {} }) as {
    headers: Record<string, string>;
  };
  return { outcome, caller: headers['x-forwarded-client-cert'] ?? '' };
}

const nameIn = (body: string) => (JSON.parse(body) as { name: string }).name;

test('sidecars speak mutual TLS without a word of configuration', async () => {
  const { outcome, caller } = await call('client');
  assert.equal(outcome.status, 200);
  assert.match(caller, /^By=spiffe:\/\/cluster\.local\/ns\/default\/sa\/shop;Hash=[0-9a-f]{64};Subject="";/);
  assert.ok(caller.endsWith(`;URI=${CLIENT_ID}`), caller);
});

test('a gateway is a caller with a name too', async () => {
  await mesh.apply(
    'way-in.yaml',
    `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: way-in }
spec:
  selector: { istio: ingressgateway }
  servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ["*"] }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: shop }
spec: { hosts: ["*"], gateways: [way-in], http: [{ route: [{ destination: { host: shop } }] }] }
`,
  );
  const response = await mesh.gateway('/', { headers: { 'x-forwarded-client-cert': 'By=a;URI=forged' } });
  const { headers } = (await response.json()) as { headers: Record<string, string> };
  assert.match(
    headers['x-forwarded-client-cert'] ?? '',
    /^By=[^,]*;URI=spiffe:\/\/cluster\.local\/ns\/istio-system\/sa\/istio-ingressgateway$/,
  );
});

test('a container outside of the mesh is served by default, without a name', async () => {
  const { outcome, caller } = await call('outlaw', 'http://shop-v1:8080/');
  assert.equal(outcome.status, 200);
  assert.equal(caller, '');
});

test('TLS of an application passes unopened, from inside and outside of the mesh', async () => {
  for (const from of ['client', 'outlaw'])
    assert.deepEqual(countVersions(await mesh.call(from, { url: 'https://safe:8443/' })), { 'own-tls': 1 });
});

test('STRICT refuses a container outside of the mesh, and says so; callers of the mesh go on, TCP too', async () => {
  await mesh.apply('strict.yaml', mode('STRICT'));
  const [refused] = await mesh.call('outlaw', { url: 'http://shop-v1:8080/' });
  assert.equal(refused?.status, 0);
  assert.equal(refused?.error, 'ECONNRESET');
  assert.equal((await call('client')).outcome.status, 200);
  assert.equal((await mesh.gateway('/')).status, 200);
  assert.deepEqual(countVersions(await mesh.call('client', { url: 'https://safe:8443/' })), { 'own-tls': 1 });
  const [greeted] = await mesh.call('client', { url: 'tcp://database:3306', until: 'greets' });
  assert.equal(greeted?.body, '220 database greets\n');
  const logs = await Promise.all(
    ['shop-v1', 'shop-v2'].map(async (name) => docker(['logs', await agentOf(mesh, name)])),
  );
  assert.match(logs.join(''), /plaintext was refused: PeerAuthentication STRICT.*outlaw/);
  assert.match(
    await metricsOf(mesh, 'shop-v1'),
    /^istio_tcp_connections_closed_total\{[^}]*source_workload="outlaw"[^}]*response_flags="NR"[^}]*\} 1$/m,
  );
});

test('openssl gets in with a certificate of the mesh alone', async () => {
  const [shop = ''] = await mesh.containers('shop-v1');
  const target = `${await mesh.address(shop)}:8080`;
  const folder = await mkdtemp(join(tmpdir(), 'lateen-openssl-'));
  const pair = async (name: string, certificate: string, key: string) => {
    await writeFile(join(folder, `${name}.crt`), certificate);
    await writeFile(join(folder, `${name}.key`), key, { mode: 0o600 });
    return ['-cert', join(folder, `${name}.crt`), '-key', join(folder, `${name}.key`)];
  };
  try {
    const { key, chain, roots } = JSON.parse(
      await docker(['exec', '-u', '1337', await agentOf(mesh, 'client'), 'cat', '/run/lateen/identity.json']),
    ) as { key: string; chain: string; roots: string };
    await writeFile(join(folder, 'roots.crt'), roots);
    const connect = (...args: string[]) =>
      openssl(['s_client', '-connect', target, '-CAfile', join(folder, 'roots.crt'), ...args]);
    const alpn = ['-alpn', 'istio-http/1.1'];
    const good = await connect(...alpn, ...(await pair('good', chain, key)), '-verify_return_error');
    assert.match(good, /HTTP\/1\.1 200 OK/);
    assert.match(good, /ALPN protocol: istio-http\/1\.1/);
    const stranger = await (await createTestAuthority()).issue('client.example');
    for (const refused of [
      await connect(...alpn),
      await connect(...alpn, ...(await pair('bad', stranger.certificate, stranger.privateKey))),
      await connect(...alpn, ...(await pair('good', chain, key)), '-tls1_1'),
    ]) {
      assert.doesNotMatch(refused, /HTTP\/1/);
      assert.match(refused, /alert|no protocols available|unexpected eof/);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});

/** A request through its TLS, and all that it prints. */
function openssl(args: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    const child = spawn('openssl', [...args, '-ign_eof'], { stdio: 'pipe' });
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('latin1').on('data', (chunk: string) => {
        text += chunk;
      });
    child.stdin.on('error', () => {});
    child.stdin.write('GET / HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n');
    child.on('close', () => resolve(text));
  });
}

test('an address that Docker gave to another service never answers for the one that had it', async () => {
  const [before = ''] = await mesh.containers('shop-v1');
  const address = await mesh.address(before);
  const heard = new Set<string>();
  let isOver = false;
  const caller = (async () => {
    while (!isOver) {
      const [outcome] = await mesh.call('client', { url: 'http://shop:8080/' });
      heard.add(outcome?.status === 200 ? nameIn(outcome.body) : `${outcome?.status}`);
    }
  })();
  try {
    await docker(['rm', '-f', before]);
    await mesh.compose('up', '-d', '--no-build', '--no-deps', '--wait', 'payments');
    const [successor = ''] = await mesh.containers('payments');
    assert.equal(await mesh.address(successor), address);
    await mesh.settled();
    assert.equal(nameIn((await call('client', 'http://payments:8080/')).outcome.body), 'payments');
  } finally {
    isOver = true;
    await caller;
    // Of a profile: the end of the project would leave it.
    await mesh.compose('rm', '-s', '-f', 'payments');
  }
  assert.ok(heard.has('shop'), [...heard].join());
  assert.ok(!heard.has('payments'), [...heard].join());
  await mesh.compose('up', '-d', '--no-build', '--no-deps', '--wait', 'shop-v1');
  await mesh.settled();
});

test('the key of a proxy lies in memory alone', async () => {
  for (const agent of [await agentOf(mesh, 'client'), ...(await mesh.containers('istio-ingressgateway'))]) {
    const [type, ...files] = (
      await docker([
        ...['exec', '-u', '1337', agent, 'sh', '-c'],
        'stat -f -c %T /run/lateen; grep -rl "PRIVATE KEY" / --exclude-dir=proc --exclude-dir=sys --exclude-dir=usr 2>/dev/null; true',
      ])
    ).split('\n');
    assert.equal(type, 'tmpfs');
    assert.deepEqual(
      files.filter((file) => !file.startsWith('/opt/lateen/')),
      ['/run/lateen/identity.json'],
    );
  }
});

test('DISABLE takes the name away', async () => {
  await mesh.apply('strict.yaml', mode('DISABLE'));
  const { outcome, caller } = await call('client');
  assert.equal(outcome.status, 200);
  assert.equal(caller, '');
  await mesh.remove('strict.yaml');
  assert.notEqual((await call('client')).caller, '');
});

test('a controller that is started again leaves everybody the certificate that they have', async () => {
  const hashOf = async () => /Hash=([0-9a-f]+)/.exec((await call('client')).caller)?.[1];
  const before = await hashOf();
  await mesh.compose('restart', '-t', '1', 'lateen-controller');
  await mesh.settled();
  assert.equal(await hashOf(), before);
});

test('a crashed agent speaks mutual TLS at once, without the controller too', async () => {
  await mesh.compose('stop', '-t', '1', 'lateen-controller');
  try {
    const before = (await call('client')).caller;
    await docker([
      'exec',
      '-u',
      '1337',
      await agentOf(mesh, 'client'),
      'sh',
      '-c',
      'kill -9 $(pidof node)',
    ]).catch(() => '');
    await eventually('the client’s agent is back', async () => {
      const { outcome, caller } = await call('client');
      return outcome.status === 200 && caller.endsWith(before.slice(before.indexOf(';URI=')))
        ? true
        : undefined;
    });
  } finally {
    await mesh.compose('start', 'lateen-controller');
    await mesh.settled();
  }
});

test('a proxy that asks for the certificate of another gets none', async () => {
  const script = `
    import { readFileSync } from 'node:fs';
    import { request } from 'node:http';
    const session = readFileSync('/run/lateen/session', 'utf8');
    const headers = { authorization: 'Bearer ' + session };
    request({ socketPath: '/srv/lateen/control.sock', path: '/v1/certificates', method: 'POST', headers },
      (response) => { console.log(response.statusCode); response.resume(); }).end(JSON.stringify({ csr: '${FORGED}' }));`;
  const agent = await agentOf(mesh, 'client');
  assert.equal(
    await docker(['exec', '-u', '1337', agent, 'node', '--input-type=module', '-e', script]),
    '403',
  );
});

test('proxy-config secret shows the certificate of a workload, and never its key', async () => {
  const { stdout, stderr } = await lateen(['proxy-config', 'secret', 'client', '--mesh', mesh.project]);
  assert.match(stdout, /default +Cert Chain +ACTIVE +true/, stderr);
  assert.match(stdout, new RegExp(CLIENT_ID));
  assert.match(stdout, /ROOTCA +CA +ACTIVE +true/);
  const json = await lateen(['proxy-config', 'secret', 'client', '--mesh', mesh.project, '-o', 'json']);
  assert.match(json.stdout, /BEGIN CERTIFICATE/);
  assert.doesNotMatch(json.stdout, /PRIVATE KEY/);
});
