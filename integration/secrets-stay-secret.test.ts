import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { createTestAuthority } from '../base/certificate.fixture.ts';
import { controllerGet } from './fixture/admin.ts';
import { docker, tryDocker } from './fixture/docker.ts';
import { eventually } from './fixture/eventually.ts';
import { frontDoor } from './fixture/front-door.ts';
import { secretDocument } from './fixture/https.ts';
import { createSigningKey } from './fixture/issuer.ts';
import { lateen } from './fixture/lateen.ts';
import { type Mesh, startMesh } from './fixture/mesh.ts';
import { CLIENT, SHOP } from './fixture/shop.ts';

/** Every secret of a running mesh is looked for in everything that the mesh says, at its most talkative. */

const issuer = createSigningKey('k1');
const shop = await (await createTestAuthority()).issue('shop.example');

const CONFIG = `${frontDoor('shop')}---
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: secure }
spec:
  selector: { istio: ingressgateway }
  servers:
    - port: { number: 443, name: https, protocol: HTTPS }
      hosts: [shop.example]
      tls: { mode: SIMPLE, credentialName: shop }
---
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: tokens, namespace: istio-system }
spec:
  selector: { matchLabels: { istio: ingressgateway } }
  jwtRules: [{ issuer: issuer, jwks: '${issuer.jwks}' }]
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: heard, namespace: istio-system }
spec:
  selector: { matchLabels: { istio: ingressgateway } }
  action: AUDIT
  rules: [{}]
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: trial, namespace: istio-system, annotations: { istio.io/dry-run: "true" } }
spec:
  selector: { matchLabels: { istio: ingressgateway } }
  action: DENY
  rules: [{}]
---
apiVersion: mesh.istio.io/v1alpha1
kind: MeshConfig
accessLogFile: /dev/stdout
`;

const good = issuer.token({ sub: 'ann', exp: 4_000_000_000 });
const bad = createSigningKey('k1').token({ sub: 'eve', exp: 4_000_000_000 });

let mesh: Mesh;
/** What it is → its text. */
const secrets = new Map<string, string>();
/** Where it was said → what. */
const outputs = new Map<string, string>();

before(async () => {
  mesh = await startMesh({
    name: 'secrets',
    services: CLIENT + SHOP,
    config: { 'config.yaml': CONFIG, 'secret.yaml': secretDocument('shop', 'istio-system', shop) },
    env: { LATEEN_LOG_LEVEL: 'debug' },
  });
  const ask = async (headers: Record<string, string>, path = '/') =>
    (await mesh.gateway(path, { headers })).status;
  await eventually('a good token opens', async () =>
    (await ask({ authorization: `Bearer ${good}` })) === 200 ? true : undefined,
  );
  assert.equal(await ask({ authorization: `Bearer ${bad}` }), 401);
  assert.equal(await ask({}, `/?access_token=${good}`), 200);
  assert.equal((await mesh.call('client', { url: 'http://shop:8080/' }))[0]?.status, 200);
  await gatherSecrets();
  await gatherOutputs();
});

after(async () => {
  await mesh?.[Symbol.asyncDispose]();
});

interface Running {
  readonly id: string;
  readonly name: string;
  readonly role: string;
}

async function running(): Promise<Running[]> {
  const filter = `label=lateen.mesh=${mesh.project}`;
  const format = '{{.ID}} {{.Names}} {{.Label "lateen.role"}}';
  const [own, composed] = await Promise.all(
    [filter, `label=com.docker.compose.project=${mesh.project}`].map((each) =>
      docker(['ps', '--no-trunc', '--filter', each, '--format', format]),
    ),
  );
  const lines = new Set(`${own}\n${composed}`.split('\n').filter(Boolean));
  return [...lines].map((line) => {
    const [id = '', name = '', role = ''] = line.split(' ');
    return { id, name, role };
  });
}

const isProxy = ({ role }: Running) => role === 'agent' || role === 'gateway';

async function gatherSecrets(): Promise<void> {
  secrets.set('the key of a Secret', body(shop.privateKey));
  secrets.set('a good token', good);
  secrets.set('a bad token', bad);
  for (const { id, name, role } of await running()) {
    if (isProxy({ id, name, role })) {
      const kept = JSON.parse(
        await docker(['exec', '-u', '1337', id, 'cat', '/run/lateen/identity.json']),
      ) as {
        key: string;
      };
      secrets.set(`the key of ${name}`, body(kept.key));
      secrets.set(
        `the session of ${name}`,
        await docker(['exec', '-u', '1337', id, 'cat', '/run/lateen/session']),
      );
    } else if (role === 'controller') {
      const state = async (file: string) =>
        JSON.parse(await docker(['exec', id, 'cat', `/var/lib/lateen/${file}`]));
      secrets.set('the key of the authority', body((await state('ca.json')).own.caKey));
      secrets.set('the key of sessions', (await state('sessions.json')).key);
    }
  }
}

/** One line of a PEM: however the whole is escaped, a line stays a line. */
function body(pem: string): string {
  const line = pem.split('\n')[1] ?? '';
  assert.match(line, /^[A-Za-z0-9+/=]{40,}$/);
  return line;
}

async function gatherOutputs(): Promise<void> {
  const proxies: string[] = [];
  for (const each of await running()) {
    const { stdout, stderr } = await tryDocker(['logs', each.id]);
    outputs.set(`docker logs ${each.name}`, stdout + stderr);
    outputs.set(`docker inspect ${each.name}`, await docker(['inspect', each.id]));
    if (!isProxy(each)) continue;
    for (const page of ['15000/config_dump', '15000/stats/prometheus', '15020/stats/prometheus'])
      outputs.set(`${each.name}:${page}`, await pageOf(each.id, page));
  }
  for (const { proxy } of (await mesh.sync()).proxies) proxies.push(proxy);
  const pages = ['registryz', 'configz', 'violations', 'proxies', 'syncz'].map((page) => `/debug/${page}`);
  const dumps = proxies.map((proxy) => `/debug/config_dump?proxyID=${encodeURIComponent(proxy)}`);
  for (const page of [...pages, ...dumps])
    outputs.set(`controller${page}`, JSON.stringify(await controllerGet(mesh.project, page)));
  for (const workload of ['istio-ingressgateway', 'client']) {
    for (const command of [
      ['proxy-config', 'all', workload, '-o', 'json'],
      ['proxy-config', 'all', workload],
      ['proxy-config', 'secret', workload, '-o', 'json'],
      ['x', 'authz', 'check', workload, '-o', 'json'],
    ]) {
      const { stdout, stderr } = await lateen([...command, '--mesh', mesh.project]);
      outputs.set(`lateen ${command.join(' ')}`, stdout + stderr);
    }
  }
}

function pageOf(id: string, page: string): Promise<string> {
  const script = `console.log(await (await fetch('http://127.0.0.1:${page}')).text())`;
  return docker(['exec', id, 'node', '--input-type=module', '-e', script]);
}

describe('what the mesh says', () => {
  test('is there, and knows of what is secret', () => {
    const all = [...outputs.values()].join('\n');
    assert.equal(secrets.size, 3 + 2 + 2 * 4, [...secrets.keys()].join());
    for (const text of ['[redacted]', 'BEGIN CERTIFICATE', 'audited, matched policy', 'shadow denied'])
      assert.ok(all.includes(text), text);
    // The applications of this test are silent.
    const silent = [...outputs].filter(([, text]) => text.trim() === '').map(([where]) => where);
    assert.deepEqual(
      silent.filter((where) => !/^docker logs \S+-(client|shop-v[12])-1$/.test(where)),
      [],
    );
  });

  test('has no secret in it, at log level debug too', () => {
    const found = [...secrets].flatMap(([what, secret]) =>
      [...outputs].filter(([, text]) => text.includes(secret)).map(([where]) => `${what} in ${where}`),
    );
    assert.deepEqual(found, []);
  });
});
