import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { FORGED_CERTIFICATE, FORGED_KEY } from './fixture/certificate.ts';
import { docker, tryDocker } from './fixture/docker.ts';
import { eventually } from './fixture/eventually.ts';
import { type Mesh, startMesh } from './fixture/mesh.ts';
import { CLIENT } from './fixture/shop.ts';

/**
 * SECURITY.md's threat model: a container on the network of the mesh, with Docker's default capabilities, that is not part
 * of the mesh; and an application that has been taken over. Each test is a "cannot" of that page.
 */
const VAULT = `
  vault:
    image: app
    labels: { app: vault, lateen.inject: "true", lateen.ports: "http:8080" }
    environment: { NAME: vault }
  plain:
    image: app
    labels: { app: plain }
    environment: { NAME: plain }
`;

const mode = (name: string) => `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: default, namespace: istio-system }
spec: { mtls: { mode: ${name} } }
`;

let mesh: Mesh;
let stranger: string;
let addresses: Readonly<Record<string, string>>;

before(async () => {
  mesh = await startMesh({
    name: 'strange',
    services: CLIENT + VAULT,
    config: { 'mode.yaml': mode('STRICT') },
  });
  stranger = await startStranger([]);
  const names = ['client', 'vault', 'plain', 'lateen-controller', 'istio-ingressgateway'];
  const entries = names.map(async (name) => {
    const [id = ''] = await mesh.containers(name);
    return [name, await mesh.address(id)] as const;
  });
  addresses = Object.fromEntries(await Promise.all(entries));
});

after(async () => {
  if (stranger !== undefined) await tryDocker(['rm', '-f', stranger]);
  await mesh?.[Symbol.asyncDispose]();
});

/** A container on the mesh's network that no label makes part of it. */
function startStranger(options: readonly string[]): Promise<string> {
  const network = `${mesh.project}_default`;
  return docker(['run', '-d', '--rm', '--network', network, ...options, 'lateen-integration-app']);
}

/** Runs a module inside a container; gives what it prints. */
function runIn(container: string, script: string, ...options: string[]): Promise<string> {
  return docker(['exec', ...options, container, 'node', '--input-type=module', '-e', PRELUDE + script]);
}

const PRELUDE = `
  import { request } from 'node:http';
  import { connect } from 'node:net';
  /** Status and body, or the error's code. */
  const ask = (url, options = {}, body = '') => new Promise((resolve) => {
    const outgoing = request(url, { agent: false, timeout: 4000, ...options }, (response) => {
      let text = '';
      response.on('data', (chunk) => { text += chunk; });
      response.on('end', () => resolve([response.statusCode, text]));
      response.on('error', (error) => resolve([0, error.code]));
    });
    outgoing.on('timeout', () => outgoing.destroy(Object.assign(new Error('timeout'), { code: 'TIMEOUT' })));
    outgoing.on('error', (error) => resolve([0, error.code]));
    outgoing.end(body);
  });
  const tell = (value) => console.log(JSON.stringify(value));
`;

type Answer = readonly [status: number, body: string];

async function ask(container: string, url: string, options: object = {}, body = ''): Promise<Answer> {
  const call = `tell(await ask(${JSON.stringify(url)}, ${JSON.stringify(options)}, ${JSON.stringify(body)}));`;
  return JSON.parse(await runIn(container, call)) as Answer;
}

async function agentOf(service: string): Promise<string> {
  const [container = ''] = await mesh.containers(service);
  return docker(['ps', '-q', '--no-trunc', '--filter', `label=lateen.agent-for=${container}`]);
}

/** Ports of an address that accept a connection. */
async function openPorts(address: string): Promise<number[]> {
  const script = `
    const open = [];
    const dial = (port) => new Promise((resolve) => {
      const socket = connect({ host: '${address}', port, timeout: 3000 });
      socket.on('connect', () => { open.push(port); socket.destroy(); });
      for (const end of ['error', 'timeout', 'close']) socket.on(end, () => { socket.destroy(); resolve(); });
    });
    let next = 1;
    const worker = async () => { while (next <= 65535) await dial(next++); };
    await Promise.all(Array.from({ length: 500 }, worker));
    tell(open.sort((a, b) => a - b));`;
  return JSON.parse(await runIn(stranger, script)) as number[];
}

test('of the controller a stranger reads health, version and metrics, and can change nothing', async () => {
  const controller = addresses['lateen-controller'] ?? '';
  assert.deepEqual(await openPorts(controller), [4318, 15014, 16686, 20001]);
  for (const path of ['services', 'traces?service=vault.default'])
    assert.equal((await ask(stranger, `http://${controller}:16686/api/${path}`))[0], 403, path);
  const traces = { method: 'POST', headers: { 'content-type': 'application/json' } };
  const console = `http://${controller}:20001/api`;
  for (const path of ['status', 'config', 'graph', 'events', 'logs?workload=vault'])
    assert.equal((await ask(stranger, `${console}/${path}`))[0], 403, path);
  for (const method of ['PUT', 'POST', 'DELETE'])
    assert.equal((await ask(stranger, `${console}/config`, { ...traces, method }, '{}'))[0], 403, method);
  assert.equal((await ask(stranger, `http://${controller}:4318/v1/traces`, traces, '{}'))[0], 403);
  const base = `http://${controller}:15014`;
  for (const page of [
    'syncz',
    'registryz',
    'configz',
    'config_dump?proxyID=vault',
    'proxies',
    'violations',
  ]) {
    const [status, body] = await ask(stranger, `${base}/debug/${page}`);
    assert.equal(status, 403, page);
    assert.doesNotMatch(body, /vault/);
  }
  assert.equal((await ask(stranger, `${base}/debug/configz`, { headers: { host: 'localhost' } }))[0], 403);
  assert.equal((await ask(stranger, `${base}/ready`))[0], 200);
  for (const method of ['POST', 'PUT', 'DELETE'])
    assert.equal((await ask(stranger, `${base}/debug/configz`, { method }))[0], 405, method);
});

test('of a gateway and of an agent it reaches health and metrics, never what they hold', async () => {
  assert.deepEqual(await openPorts(addresses['istio-ingressgateway'] ?? ''), [15020, 15021, 15090]);
  const base = `http://${addresses['vault']}`;
  for (const port of [15000, 15001, 15006, 15053, 15004])
    assert.equal((await ask(stranger, `${base}:${port}/config_dump`))[0], 0, String(port));
  for (const port of [15020, 15021, 15090]) {
    assert.equal((await ask(stranger, `${base}:${port}/config_dump`))[0], 404, String(port));
    assert.equal((await ask(stranger, `${base}:${port}/quitquitquit`, { method: 'POST' }))[0], 404);
  }
  assert.equal((await ask(stranger, `${base}:15021/healthz/ready`))[0], 200);
  assert.equal((await ask(stranger, `${base}:15090/stats/prometheus`))[0], 200);
});

test('it is not served in the name of another, whatever it says of itself', async () => {
  const url = `http://${addresses['vault']}:8080/`;
  assert.equal((await ask(stranger, url))[0], 0, 'STRICT');
  const forged = await runIn(
    stranger,
    `import { connect as dial } from 'node:tls';
     const socket = dial({ host: '${addresses['vault']}', port: 8080, ALPNProtocols: ['istio-http/1.1', 'istio'],
       rejectUnauthorized: false, key: ${JSON.stringify(FORGED_KEY)}, cert: ${JSON.stringify(FORGED_CERTIFICATE)} });
     let text = '';
     socket.on('secureConnect', () => socket.write('GET / HTTP/1.1\\r\\nhost: vault\\r\\n\\r\\n'));
     socket.on('data', (chunk) => { text += chunk; });
     socket.on('error', () => {});
     socket.on('close', () => tell(text));`,
  );
  assert.equal(JSON.parse(forged), '', 'a certificate that nobody of the mesh signed');
  await mesh.apply('mode.yaml', mode('PERMISSIVE'));
  const headers = {
    'x-forwarded-client-cert':
      'By=spiffe://cluster.local/ns/default/sa/vault;URI=spiffe://cluster.local/ns/default/sa/client',
    'x-forwarded-for': addresses['client'],
  };
  const [status, body] = await ask(stranger, url, { headers });
  await mesh.apply('mode.yaml', mode('STRICT'));
  assert.equal(status, 200);
  assert.equal(
    (JSON.parse(body) as { headers: object }).headers['x-forwarded-client-cert' as never],
    undefined,
  );
});

test('an agent answers no question of it, and has its own name server where nobody can answer in its place', async () => {
  const script = `
    import { createSocket } from 'node:dgram';
    const query = Buffer.from('000701000001000000000000057661756c740000010001', 'hex');
    const heard = (port) => new Promise((resolve) => {
      const socket = createSocket('udp4');
      socket.on('message', () => resolve(true)).on('error', () => resolve(false));
      socket.connect(port, '${addresses['vault']}', () => socket.send(query));
      setTimeout(() => resolve(false), 1500);
    });
    tell(await Promise.all([53, 15053].map(heard)));
    process.exit(0);`;
  assert.deepEqual(JSON.parse(await runIn(stranger, script)), [false, false]);
  // The name servers of an application of the mesh are on its own loopback, where nobody else can send from.
  const [client = ''] = await mesh.containers('client');
  assert.match(await docker(['exec', client, 'cat', '/etc/resolv.conf']), /^nameserver 127\.0\.0\.11$/m);
  assert.equal(await docker(['exec', client, 'cat', '/proc/sys/net/ipv4/conf/eth0/route_localnet']), '0');
});

test('a service does not become another by labels of a container outside of the mesh', async () => {
  const impostor = await startStranger(['--label', 'app=vault', '--label', 'lateen.service=vault']);
  try {
    await mesh.settled();
    const outcomes = await mesh.call('client', { url: 'http://vault:8080/', times: 20 });
    assert.deepEqual(new Set(outcomes.map(({ status }) => status)), new Set([200]));
    assert.deepEqual(new Set(outcomes.map(({ body }) => JSON.parse(body).name)), new Set(['vault']));
  } finally {
    await tryDocker(['rm', '-f', impostor]);
  }
});

test('it has no way to the control socket; and one that was given the volume proves nothing by it', async () => {
  assert.equal((await tryDocker(['exec', stranger, 'ls', '/srv/lateen'])).status, 2);
  const thief = await startStranger(['-v', `${mesh.project}_lateen-control:/srv/lateen`]);
  try {
    const control = (path: string, credential: string, body = '') =>
      ask(
        thief,
        `http://controller${path}`,
        { ...SOCKET, headers: { authorization: `Bearer ${credential}` } },
        body,
      );
    assert.equal((await control('/v1/challenge', '', JSON.stringify({ container: thief })))[0], 403);
    const agent = await agentOf('vault');
    const [status, body] = await control('/v1/challenge', '', JSON.stringify({ container: agent }));
    assert.equal(status, 200);
    const { challenge } = JSON.parse(body) as { challenge: string };
    // The answer in its own log is no answer in that of the vault's agent.
    const hash = `import { createHash } from 'node:crypto';
      import { writeFileSync } from 'node:fs';
      const hash = createHash('sha256').update('${challenge}').digest('hex');
      writeFileSync('/proc/1/fd/2', 'lateen: proof of identity ' + hash + '\\n');`;
    await runIn(thief, hash);
    assert.match((await tryDocker(['logs', thief])).stderr, /lateen: proof of identity/);
    assert.equal((await control('/v1/session', challenge))[0], 403);
    assert.equal((await control('/v1/session', 'forged'))[0], 403);
    for (const path of ['/v1/config', '/v1/certificates', '/v1/ack', '/v1/open-ports', '/v1/unknown-key'])
      assert.equal((await control(path, 'forged.forged', '{}'))[0], 403, path);
  } finally {
    await tryDocker(['rm', '-f', thief]);
  }
});

const SOCKET = { socketPath: '/srv/lateen/control.sock', method: 'POST' };

test('with a forged address it overhears what is plain, and nothing of what the mesh says', async () => {
  const overhear = async (word: string) => {
    const seen = docker([
      ...['exec', stranger, 'node', '--disable-warning=ExperimentalWarning', '/app/eavesdrop.ts'],
      ...[addresses['client'] ?? '', addresses['vault'] ?? '', '6', word],
    ]);
    const isOver = seen.then(() => true);
    const statuses = new Set<number>();
    do {
      const url = `http://vault:8080/?word=${word}`;
      for (const { status } of await mesh.call('client', { url, times: 5, timeoutMs: 2000 }))
        statuses.add(status);
    } while (
      !(await Promise.race([isOver, new Promise((resolve) => setTimeout(() => resolve(false), 100))]))
    );
    return { seen: JSON.parse(await seen) as { packets: number; word: boolean; tls: boolean }, statuses };
  };
  const strict = await overhear('xyzzy-strict');
  assert.ok(strict.seen.packets > 0, 'it stands between the two');
  assert.deepEqual([strict.seen.word, strict.seen.tls], [false, true]);
  await mesh.apply('mode.yaml', mode('DISABLE'));
  const plain = await overhear('xyzzy-plain');
  await mesh.apply('mode.yaml', mode('STRICT'));
  assert.deepEqual([plain.seen.word, plain.seen.tls], [true, false], 'the same attack without mutual TLS');
});

test('an application that goes around its agent has no name, and so no way to who demands one', async () => {
  const [client = ''] = await mesh.containers('client');
  const around = (url: string) => runIn(client, `tell(await ask('${url}'));`, '-u', '1337');
  assert.deepEqual(JSON.parse(await around(`http://${addresses['vault']}:8080/`)), [0, 'ECONNRESET']);
  assert.equal((JSON.parse(await around(`http://${addresses['plain']}:8080/`)) as Answer)[0], 200);
});

test('an application reaches nothing of its agent but its pages, which tell no key', async () => {
  const [client = ''] = await mesh.containers('client');
  for (const port of [15001, 15006]) assert.equal((await ask(client, `http://127.0.0.1:${port}/`))[0], 0);
  const [status, dump] = await ask(client, 'http://127.0.0.1:15000/config_dump');
  assert.equal(status, 200);
  assert.doesNotMatch(dump, /PRIVATE KEY/);
  const rebound = { headers: { host: 'rebound.example' } };
  assert.equal((await ask(client, 'http://127.0.0.1:15000/config_dump', rebound))[0], 403);
  const script =
    'cat /proc/[0-9]*/cmdline | tr "\\0" " "; echo; grep -c "@" /proc/net/unix; ls /srv/lateen /run/lateen';
  const { stdout, stderr } = await tryDocker(['exec', client, 'sh', '-c', script]);
  assert.doesNotMatch(stdout, /agent\.js/, 'no process of the agent');
  assert.match(stdout, /^0$/m, 'no socket without a file: those are shared with the namespace');
  assert.match(stderr, /\/srv\/lateen.*No such file[\s\S]*\/run\/lateen.*No such file/);
});

test('what listens on loopback only stays so: the agent brings nobody to it', async () => {
  const [vault = ''] = await mesh.containers('vault');
  await mesh.apply('mode.yaml', mode('PERMISSIVE'));
  const listen = `import { createServer } from 'node:http';
    createServer((_, response) => response.end('inner')).listen(9999, '127.0.0.1');`;
  await docker(['exec', '-d', vault, 'node', '--input-type=module', '-e', listen]);
  await eventually('it listens', async () =>
    (await ask(vault, 'http://127.0.0.1:9999/'))[1] === 'inner' ? true : undefined,
  );
  const [, body] = await ask(stranger, `http://${addresses['vault']}:9999/`);
  assert.notEqual(body, 'inner');
  const [outcome] = await mesh.call('client', { url: `http://${addresses['vault']}:9999/` });
  assert.notEqual(outcome?.body, 'inner');
});
