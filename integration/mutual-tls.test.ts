import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Outcome } from './app/drive.ts';
import { OUTSIDE_CERTIFICATE, OUTSIDE_KEY } from './fixture/certificate.ts';
import { docker } from './fixture/docker.ts';
import { eventually } from './fixture/eventually.ts';
import { lateen } from './fixture/lateen.ts';
import { type Mesh, startMesh } from './fixture/mesh.ts';
import { countVersions } from './fixture/outcomes.ts';
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
  mesh = await startMesh({ name: 'mtls', services: CLIENT + SHOP + NEIGHBOURS });
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

async function agentOf(service: string): Promise<string> {
  const [container = ''] = await mesh.containers(service);
  return docker(['ps', '-q', '--filter', `label=lateen.agent-for=${container}`]);
}

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
    ['shop-v1', 'shop-v2'].map(async (name) => docker(['logs', await agentOf(name)])),
  );
  assert.match(logs.join(''), /plaintext was refused: PeerAuthentication STRICT.*outlaw/);
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
    await docker(['exec', '-u', '1337', await agentOf('client'), 'sh', '-c', 'kill -9 $(pidof node)']).catch(
      () => '',
    );
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
  const agent = await agentOf('client');
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
