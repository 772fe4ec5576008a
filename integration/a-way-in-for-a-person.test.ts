import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { docker } from './fixture/docker.ts';
import { eventually } from './fixture/eventually.ts';
import { lateen } from './fixture/lateen.ts';
import { type Mesh, startMesh } from './fixture/mesh.ts';
import { CLIENT } from './fixture/shop.ts';

const SERVICES = `
  vault:
    image: app
    labels: { app: vault, lateen.inject: "true", lateen.ports: "http:8080" }
    environment: { NAME: vault }
  other:
    image: app
    labels: { app: other, lateen.inject: "true", lateen.ports: "http:8080", traffic.sidecar.istio.io/excludeInboundPorts: "7070" }
    environment: { NAME: other }
`;

const RULES = `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default, namespace: istio-system }
spec: { mtls: { mode: STRICT } }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: vault }
spec:
  selector: { matchLabels: { app: vault } }
  action: ALLOW
  rules: [{ from: [{ source: { principals: [cluster.local/ns/default/sa/client] } }] }]
`;

/** A Service that selects by the labels that a visitor shares with whom it acts as. */
const SELECTING = `
apiVersion: v1
kind: Service
metadata: { name: clients }
spec: { selector: { app: client }, ports: [{ name: http, port: 8080 }] }
`;

const program = join(dirname(dirname(fileURLToPath(import.meta.url))), 'bin', 'lateen');

let mesh: Mesh;

before(async () => {
  const config = { 'rules.yaml': RULES, 'service.yaml': SELECTING };
  mesh = await startMesh({ name: 'wayin', services: CLIENT + SERVICES, config });
});

after(async () => {
  await mesh?.[Symbol.asyncDispose]();
});

const as = (service: string, ...rest: string[]) =>
  lateen(['x', 'as', service, '--mesh', mesh.project, ...rest]);
const STATUS = ['--', 'curl', '-s', '-o', '/dev/null', '-w', '%{http_code}', 'http://vault:8080/'];

/** Visitors, their commands, and their agents. */
async function left(): Promise<string> {
  return docker(['ps', '-aq', '--filter', `name=${mesh.project}-as-`]);
}

const untilNothingIsLeft = () =>
  eventually('nothing is left', async () => ((await left()) === '' ? true : undefined));

const untilTheCommandRuns = () =>
  eventually('the command runs', async () => {
    const running = await docker(['ps', '-q', '--filter', `name=${mesh.project}-as-client-.*-command`]);
    return running === '' ? undefined : true;
  });

test('with the identity that the policy names a person is let in, with another not, without one not at all', async () => {
  const [client, other] = [await as('client', ...STATUS), await as('other', ...STATUS)];
  assert.deepEqual([client.status, client.stdout], [0, '200'], client.stderr);
  assert.deepEqual([other.status, other.stdout], [0, '403'], other.stderr);
  const seen = await as('client', '--', 'curl', '-s', 'http://vault:8080/');
  const { headers } = JSON.parse(seen.stdout) as { headers: Record<string, string> };
  assert.match(
    headers['x-forwarded-client-cert'] ?? '',
    /;URI=spiffe:\/\/cluster\.local\/ns\/default\/sa\/client$/,
  );
  const [vault = ''] = await mesh.containers('vault');
  await assert.rejects(fetch(`http://${await mesh.address(vault)}:8080/`), 'from the host itself');
  await untilNothingIsLeft();
});

test('the status and both outputs of the command are handed on, and its input is handed in', async () => {
  const run = await as('client', '--', 'sh', '-c', 'echo out; echo err >&2; exit 7');
  assert.deepEqual([run.status, run.stdout, run.stderr], [7, 'out\n', 'err\n']);
  const args = ['x', 'as', 'client', '--mesh', mesh.project, '--', 'cat'];
  const child = spawn('node', [program, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const text = new Promise((resolve) => child.stdout.once('data', (chunk) => resolve(String(chunk))));
  child.stdin.end('through\n');
  assert.equal(await text, 'through\n');
  assert.equal(await new Promise((resolve) => child.once('exit', resolve)), 0);
  await untilNothingIsLeft();
});

test('while a person is in, nobody’s calls reach the visitor; killed outright, nothing of it stays', async () => {
  const args = ['x', 'as', 'client', '--mesh', mesh.project, '--', 'sleep', '300'];
  const child = spawn('node', [program, ...args], { stdio: 'ignore' });
  await untilTheCommandRuns();
  for (const url of ['http://client:8080/', 'http://clients:8080/']) {
    const outcomes = await mesh.call('other', { url, times: 20 });
    assert.deepEqual(new Set(outcomes.map(({ status }) => status)), new Set([200]), url);
  }
  child.kill('SIGKILL');
  await untilNothingIsLeft();
});

test('a person who ends it is obeyed at once', async () => {
  const args = ['x', 'as', 'client', '--mesh', mesh.project, '--', 'sleep', '300'];
  const child = spawn('node', [program, ...args], { stdio: 'ignore' });
  await untilTheCommandRuns();
  child.kill('SIGINT');
  assert.equal(await new Promise((resolve) => child.once('exit', resolve)), 130);
  await untilNothingIsLeft();
});

test('what cannot be is told with its remedy', async () => {
  const unknown = await as('clint', ...STATUS);
  assert.match(
    unknown.stderr,
    /^Error \[LAT1007\]: no container of clint runs in the mesh\nRemedy: Did you mean "client"\?\n$/,
  );
  const program = await as('client', '--', 'no-such-program');
  assert.match(
    program.stderr,
    /^Error \[LAT1012\]: no-such-program is not in the mesh's own image\nRemedy: Name an image that has it/,
  );
  assert.equal(program.status, 127);
  const image = await as('client', '--image', 'no-such-image:1', '--', 'true');
  assert.match(
    image.stderr,
    /^Error \[LAT1011\]: the image no-such-image:1 is not here\nRemedy: Run `docker pull/,
  );
  const other = await as('client', '--image', 'lateen-integration-app', '--', 'node', '-p', '6 * 7');
  assert.deepEqual([other.status, other.stdout], [0, '42\n'], other.stderr);
  await untilNothingIsLeft();
});
