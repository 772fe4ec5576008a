import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eventually } from './fixture/eventually.ts';
import { frontDoor } from './fixture/front-door.ts';
import { createSigningKey, issuerService } from './fixture/issuer.ts';
import { type Mesh, startMesh } from './fixture/mesh.ts';
import { CLIENT, SHOP } from './fixture/shop.ts';

const first = createSigningKey('first');
const second = createSigningKey('second');

const DATABASE = `
  database:
    image: app
    labels: { app: database, lateen.inject: "true", lateen.ports: "tcp:3306" }
    environment: { NAME: database, PORTS: "", TCP_PORTS: "3306" }
`;

const AUTHORIZER = `
apiVersion: mesh.istio.io/v1alpha1
kind: MeshConfig
extensionProviders:
  - name: door
    envoyExtAuthzHttp:
      service: issuer.default.svc.cluster.local
      port: 8000
      pathPrefix: /check
      includeRequestHeadersInCheck: [x-ticket]
      headersToDownstreamOnDeny: [x-why]
      headersToUpstreamOnAllow: [x-seat]
`;

const DENY = `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: no-admin }
spec:
  selector: { matchLabels: { app: shop } }
  action: DENY
  rules: [{ to: [{ operation: { paths: ["/admin*"] } }] }]
`;

const TOKENS = `
apiVersion: security.istio.io/v1
kind: RequestAuthentication
metadata: { name: tokens, namespace: istio-system }
spec:
  selector: { matchLabels: { istio: ingressgateway } }
  jwtRules: [{ issuer: issuer, jwksUri: "http://issuer:8000/keys" }]
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: tokens, namespace: istio-system }
spec:
  selector: { matchLabels: { istio: ingressgateway } }
  rules: [{ from: [{ source: { requestPrincipals: ["issuer/*"] } }] }]
`;

const TICKETS = `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: tickets }
spec:
  selector: { matchLabels: { app: shop } }
  action: CUSTOM
  provider: { name: door }
  rules: [{ to: [{ operation: { paths: ["/show*"] } }] }]
`;

const FRIENDS = `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: friends }
spec:
  selector: { matchLabels: { app: shop } }
  rules: [{ from: [{ source: { principals: ["cluster.local/ns/default/sa/client"] } }] }]
`;

const CLOSED = `
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: closed }
spec:
  selector: { matchLabels: { app: database } }
  action: DENY
  rules: [{ to: [{ operation: { ports: ["3306"] } }] }]
`;

let mesh: Mesh;

before(async () => {
  mesh = await startMesh({
    name: 'who',
    services: CLIENT + SHOP + DATABASE + issuerService(first.jwks),
    config: { 'front.yaml': frontDoor('shop'), 'authorizer.yaml': AUTHORIZER },
  });
});

after(async () => {
  await mesh?.[Symbol.asyncDispose]();
});

async function shop(path: string, headers: Record<string, string> = {}) {
  const [outcome] = await mesh.call('client', { url: `http://shop:8080${path}`, headers });
  assert.ok(outcome);
  return outcome;
}

async function throughGateway(token: string) {
  const headers: Record<string, string> = token === '' ? {} : { authorization: `Bearer ${token}` };
  const response = await mesh.gateway('/', { headers });
  return { status: response.status, body: await response.text() };
}

test('a path that a policy denies is refused by the sidecar before it, and all others are served', async () => {
  await mesh.apply('deny.yaml', DENY);
  const refused = await shop('/admin/users?x=1');
  assert.deepEqual([refused.status, refused.body], [403, 'RBAC: access denied']);
  assert.equal((await shop('/a/../admin')).status, 403);
  assert.equal((await shop('/goods')).status, 200);
  await mesh.remove('deny.yaml');
  assert.equal((await shop('/admin/users')).status, 200);
});

test('a service is open for one account alone, which its caller proves by mutual TLS', async () => {
  await mesh.apply('friends.yaml', FRIENDS);
  assert.equal((await shop('/')).status, 200);
  assert.deepEqual(await throughGateway(''), { status: 403, body: 'RBAC: access denied' });
  await mesh.remove('friends.yaml');
  assert.equal((await throughGateway('')).status, 200);
});

test('the ingress lets nobody in without a good token, whose keys were fetched', async () => {
  await mesh.apply('tokens.yaml', TOKENS);
  const good = first.token({ sub: 'ann' });
  await eventually('a good token opens', async () =>
    (await throughGateway(good)).status === 200 ? true : undefined,
  );
  assert.deepEqual(await throughGateway(''), { status: 403, body: 'RBAC: access denied' });
  assert.deepEqual(await throughGateway(first.token({ sub: 'ann', exp: 1_600_000_000 })), {
    ...{ status: 401, body: 'Jwt is expired' },
  });
  assert.equal((await throughGateway(first.token({}))).status, 403);
});

test('a new key of the issuer is fetched when a token comes with it, and kept when the issuer is gone', async () => {
  await mesh.call('client', { url: 'http://issuer:8000/keys', method: 'PUT', body: second.jwks });
  const token = second.token({ sub: 'ben' });
  // Keys are fetched at most every 30 seconds.
  await eventually(
    'the new key opens',
    async () => ((await throughGateway(token)).status === 200 ? true : undefined),
    60_000,
  );
  await mesh.compose('stop', '-t', '1', 'issuer');
  await mesh.compose('restart', '-t', '1', 'lateen-controller');
  await mesh.settled();
  assert.equal((await throughGateway(token)).status, 200);
  await mesh.compose('start', 'issuer');
  await mesh.remove('tokens.yaml');
});

test('an external authorizer decides by what it may see of the request', async () => {
  await mesh.settled();
  await mesh.apply('tickets.yaml', TICKETS);
  const refused = await eventually('the authorizer is asked', async () => {
    const outcome = await shop('/show/1');
    return outcome.status === 401 ? outcome : undefined;
  });
  assert.deepEqual([refused.body, refused.headers['x-why']], ['show your ticket', 'no ticket']);
  assert.equal((await shop('/show/1', { 'x-ticket': 'yes' })).status, 200);
  assert.equal((await shop('/free')).status, 200);
  await mesh.remove('tickets.yaml');
});

test('a connection without HTTP is closed by a policy on its port', async () => {
  const talk = async () => {
    const [outcome] = await mesh.call('client', { url: 'tcp://database:3306', until: 'greets' });
    return outcome?.error;
  };
  assert.equal(await talk(), '');
  await mesh.apply('closed.yaml', CLOSED);
  assert.match((await talk()) ?? '', /closed|ECONNRESET/);
  await mesh.remove('closed.yaml');
});
