import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, test } from 'node:test';
import { docker } from './fixture/docker.ts';
import { eventually } from './fixture/eventually.ts';
import { lateen, startLateen } from './fixture/lateen.ts';
import { buildApp, freePort } from './fixture/mesh.ts';

const folder = mkdtempSync(join(tmpdir(), 'lateen-one-'));
const APP = 'image: lateen-integration-app';

before(buildApp);
after(async () => {
  for (const name of ['shop', 'broken', 'own'])
    await lateen(['down', '-p', projectOf(name), '-v', '--', '-t', '0'], environment());
  rmSync(folder, { recursive: true });
});

const projectOf = (name: string) => `lt-one-${name}-${process.pid}`;
const environment = () => ({ XDG_STATE_HOME: join(folder, 'state') });

/** A folder with a stranger's compose file in it. */
function write(name: string, files: Readonly<Record<string, string>>): string {
  const target = join(folder, name);
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(target, file)), { recursive: true });
    writeFileSync(join(target, file), text);
  }
  return target;
}

const run = (name: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  lateen(args, { ...environment(), COMPOSE_PROJECT_NAME: projectOf(name), ...env }, join(folder, name));

async function idsOf(name: string): Promise<string> {
  const filter = ['--filter', `label=com.docker.compose.project=${projectOf(name)}`];
  const [containers, networks, volumes] = await Promise.all([
    docker(['ps', '-aq', ...filter]),
    docker(['network', 'ls', '-q', ...filter]),
    docker(['volume', 'ls', '-q', ...filter]),
  ]);
  return containers + networks + volumes;
}

test('a stranger’s project is run in a mesh, told about, and removed, with no edit of its files', async () => {
  const text = `include: [sub/team.yml]
services:
  web: { ${APP} }
  api: { extends: { file: sub/base.yml, service: base }, labels: ["team=blue"] }
  db: { ${APP}, labels: { lateen.inject: "false" } }
  debug: { ${APP}, profiles: [debug], labels: { lateen.inject: "false" }, stop_grace_period: 0s }
`;
  const here = write('shop', {
    'compose.yml': text,
    'sub/team.yml': `services: { cart: { extends: { file: base.yml, service: base } } }\n`,
    'sub/base.yml': `services: { base: { ${APP}, labels: { tier: back } } }\n`,
  });
  const busy = createServer()
    .listen(8080, '127.0.0.1')
    .on('error', () => {});
  const up = await run('shop', ['up']);
  busy.close();
  assert.equal(up.status, 0, up.stderr);
  assert.match(up.stderr, /▸ Starting the mesh\n {2}done after [\d.]+ s\n/);
  assert.match(up.stderr, /Port 8080 is taken: \d+ is used instead \(LATEEN_HTTP_PORT chooses another\)/);
  assert.match(up.stdout, /is in the mesh: 4 proxies in sync/);
  assert.match(up.stdout, /db is left out \(label lateen\.inject: "false"\)/);
  assert.equal(
    (await docker(['ps', '-q', '--filter', `label=lateen.mesh=${projectOf('shop')}`])).split('\n').length,
    3,
  );

  const status = await run('shop', ['status']);
  assert.match(status.stdout, /^lt-one-shop-\d+: in sync; controller \S+; configuration: 0 errors/);
  assert.match(status.stdout, /^api +- +1\/1 +1\/1 +SYNCED +PERMISSIVE$/m);
  assert.match(status.stdout, /^cart +- +1\/1 +1\/1 +SYNCED +PERMISSIVE$/m);
  assert.match(status.stdout, /^db +- +1\/1 +- +- +-$/m);
  const json = JSON.parse((await run('shop', ['status', '-o', 'json'])).stdout);
  assert.equal(json.isSettled, true);

  const address = /gateway +(http:\S+)/.exec(up.stdout)?.[1] ?? '';
  writeFileSync(
    join(here, 'mesh', 'web.yaml'),
    `apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: door }
spec: { selector: { istio: ingressgateway }, servers: [{ port: { number: 80, name: http, protocol: HTTP }, hosts: ["*"] }] }
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: web }
spec: { hosts: ["*"], gateways: [door], http: [{ directResponse: { status: 200, body: { string: meshed } } }] }
`,
  );
  const body = await eventually('the new file is in force at the gateway', async () => {
    const response = await fetch(address);
    return response.status === 200 ? response.text() : undefined;
  });
  assert.equal(body, 'meshed');

  // Of a profile that `down` is not told about: it goes all the same.
  const again = await run('shop', ['up', '--profile', 'debug']);
  assert.equal(again.status, 0, again.stderr);
  assert.match(again.stdout, new RegExp(`gateway +${address}`));

  const down = await run('shop', ['down', '-v', '--', '-t', '1']);
  assert.equal(down.status, 0, down.stderr);
  assert.equal(await idsOf('shop'), '');
});

test('a project that includes the mesh is run as it says itself', async () => {
  const mesh = new URL('../compose/mesh.yml', import.meta.url).pathname;
  write('own', {
    'compose.yml': `include: [{ path: ${mesh}, project_directory: . }]
services:
  web: { ${APP}, labels: { lateen.inject: "true" } }
  db: { ${APP} }
`,
  });
  const ports = { LATEEN_HTTP_PORT: String(await freePort()), LATEEN_HTTPS_PORT: String(await freePort()) };
  const up = await run('own', ['up'], ports);
  assert.equal(up.status, 0, up.stderr);
  assert.match(up.stdout, /db is left out \(no label lateen\.inject\)/);
  assert.match(up.stdout, /2 proxies in sync/);
  const down = await run('own', ['down', '-v', '--', '-t', '1']);
  assert.equal(down.status, 0, down.stderr);
  assert.equal(await idsOf('own'), '');
});

test('a project that ran without a mesh runs again as it did, with its data, where `up` fails', async () => {
  const here = write('ran', {
    'compose.yml': `services:
  db:
    ${APP}
    command: [sh, -c, "date +%N >> /data/starts; exec sleep infinity"]
    volumes: [/data]
    stop_grace_period: 0s
    healthcheck: { test: ["CMD", "true"], interval: 1s }
    networks: { default: { aliases: [store] } }
  web: { ${APP}, depends_on: { db: { condition: service_healthy } }, stop_grace_period: 0s }
  side: { ${APP}, command: [sleep, infinity], network_mode: "service:web", stop_grace_period: 0s, labels: { lateen.inject: "false" } }
`,
    'broken.yml': 'services: { web: { entrypoint: [/no/such/program] } }\n',
  });
  const compose = (...args: string[]) =>
    docker(['compose', '-p', projectOf('ran'), '-f', join(here, 'compose.yml'), ...args]);
  const seen = async () => ({
    containers: (
      await docker([
        ...['ps', '--filter', `label=com.docker.compose.project=${projectOf('ran')}`, '--format'],
        '{{.Names}} {{.Label "com.docker.compose.config-hash"}} {{.Label "lateen.inject"}}',
      ])
    )
      .split('\n')
      .sort(),
    first: (await compose('exec', '-T', 'db', 'head', '-1', '/data/starts')).trim(),
    // In the namespace of web, which is a new one.
    store: (await compose('exec', '-T', 'side', 'getent', 'hosts', 'store')).split(/\s+/).at(-1),
  });
  try {
    await compose('up', '-d');
    const before = await seen();
    const { status, stderr } = await run('ran', ['up', '-f', 'compose.yml', '-f', 'broken.yml']);
    assert.equal(status, 1);
    assert.match(
      stderr,
      /Putting back what ran before\n.*\n\S+ runs again as it did before\.\nError \[LAT1037\]/,
    );
    assert.deepEqual(await seen(), before);
    assert.equal(existsSync(join(here, 'mesh')), false);
    assert.equal(existsSync(join(folder, 'state', 'lateen', 'projects', projectOf('ran'))), false);
  } finally {
    await compose('down', '-v', '-t', '0');
  }
  assert.equal(await idsOf('ran'), '');
});

test('a second run is refused while one works, and a signal takes back what that one has started', async () => {
  const here = write('ended', { 'compose.yml': `services:\n  web: { ${APP} }\n` });
  const env = { ...environment(), COMPOSE_PROJECT_NAME: projectOf('ended') };
  const first = startLateen(['up'], env, here);
  await first.said('▸ Starting the mesh');
  const second = await run('ended', ['up']);
  assert.equal(second.status, 1);
  assert.match(
    second.stderr,
    /^Error \[LAT1045\]: another lateen is at work on \S+ \(process \d+\)\nRemedy: Wait/,
  );
  first.interrupt('SIGTERM');
  const { status, stderr, stdout } = await first.finished;
  assert.equal(status, 143, stderr);
  assert.match(stderr, /Nothing is left of what was started\.\nError \[LAT1037\]: interrupted\nRemedy: \S/);
  assert.equal(stdout, '');
  assert.equal(await idsOf('ended'), '');
  assert.equal(existsSync(join(here, 'mesh')), false);
});

test('a build that is interrupted is ended and told, and nothing is started', async () => {
  const here = write('building', {
    'compose.yml': `services:\n  web: { build: { dockerfile_inline: "FROM lateen-integration-app\\nRUN sleep 60 # ${process.pid}" } }\n`,
  });
  const env = { ...environment(), COMPOSE_PROJECT_NAME: projectOf('building') };
  const up = startLateen(['up'], env, here);
  await up.said('▸ Building web');
  up.interrupt('SIGINT');
  const { status, stderr } = await up.finished;
  assert.equal(status, 130, stderr);
  assert.match(stderr, /\nError \[LAT1037\]: interrupted\nRemedy: \S/);
  assert.equal(await idsOf('building'), '');
});

test('doctor tries the real engine, and leaves nothing on it', async () => {
  const { status, stdout, stderr } = await lateen(['doctor', '-o', 'json'], environment());
  const findings = JSON.parse(stdout) as { check: string; verdict: string; found: string }[];
  const errors = findings.filter(({ verdict }) => verdict === 'error');
  assert.deepEqual([status, errors], [0, []], stderr);
  const nft = findings.find(({ check }) => check === 'nft');
  assert.deepEqual(nft?.found, 'a container with NET_ADMIN can load rules, for IPv4 and IPv6');
  const image = process.env['LATEEN_IMAGE'] || 'lateen:0.1.0';
  const tried = await docker(['ps', '-a', '--format', '{{.Command}}', '--filter', `ancestor=${image}`]);
  assert.doesNotMatch(tried, /nft/);
});

test('init writes the mesh into a compose file that Compose then reads, and shows what it wrote', async () => {
  write('begun', { 'compose.yml': `# Mine.\nservices:\n  web: { ${APP}, ports: ["80"] }\n` });
  const dry = await run('begun', ['init', '--dry-run']);
  assert.equal(dry.status, 0, dry.stderr);
  assert.match(dry.stdout, /^\+ {3}- \{ path: \S+\/compose\/mesh\.yml, project_directory: \. \}$/m);
  assert.equal(existsSync(join(folder, 'begun', 'mesh')), false);
  const init = await run('begun', ['init']);
  assert.match(init.stdout, /^new mesh\/gateway\.yaml$/m);
  // The controller mounts it, also where there is nothing to write into it.
  const quiet = write('quiet', { 'compose.yml': `services:\n  web: { ${APP} }\n` });
  await run('quiet', ['init']);
  assert.ok(existsSync(join(quiet, 'mesh')));
  assert.match((await run('begun', ['init'])).stdout, /there is nothing to do/);
  const file = join(folder, 'begun', 'compose.yml');
  const config = await docker(['compose', '-f', file, 'config', '--format', 'json']);
  assert.equal(JSON.parse(config).services.web.labels['lateen.inject'], 'true');
  assert.ok('lateen-controller' in JSON.parse(config).services);
});

test('what cannot be run is told in one message with its line, and nothing is left of it', async (context) => {
  const busy = createServer();
  context.after(() => busy.close());
  const named = await docker(['create', '--name', `${projectOf('ran')}-named`, 'lateen-integration-app']);
  context.after(() => docker(['rm', '-f', named]));
  const port = await new Promise<number>((resolve) => {
    busy.listen(0, () => resolve((busy.address() as { port: number }).port));
  });
  const cases = [
    [`web: { ${APP}\n    network_mode: host }`, 'LAT1021', /compose\.yml:\d is not YAML/],
    [`web: { ${APP}, ports: 80 }`, 'LAT1028', /compose\.yml:2: services\.web\.ports must be/],
    [`web: { ${APP}, depends_on: [nope] }`, 'LAT1028', /compose\.yml:2: service "web" depends on undefined/],
    [
      `web: { ${APP} }\n  x:\n    ${APP}\n    network_mode: host`,
      'LAT1030',
      /compose\.yml:5: service x has no network/,
    ],
    [`web:\n    ${APP}\n    deploy: { mode: global }`, 'LAT1031', /compose\.yml:4: .*Swarm only/],
    [`web: { ${APP}, labels: { lateen.role: agent } }`, 'LAT1032', /compose\.yml:2: .*has agents already/],
    [
      `web:\n    ${APP}\n    ports:\n      - "${port}:80"`,
      'LAT1033',
      /compose\.yml:5: port \d+ of service web is taken/,
    ],
    [
      `web: { ${APP}, ports: ["${port + 1}:80"] }\n  api:\n    ${APP}\n    ports: ["${port + 1}:80"]`,
      'LAT1033',
      /compose\.yml:2: port \d+ of service web is taken by service api/,
    ],
    [`web: { ${APP} }\n  x: { image: "127.0.0.1:1/none" }`, 'LAT1034', /compose\.yml:3: .* cannot be pulled/],
    [
      `web: { ${APP} }\n  x:\n    ${APP}\n    network_mode: service:web`,
      'LAT1030',
      /compose\.yml:5: service x has no network namespace of its own \(network_mode: service:web\)/,
    ],
    [`web: [${APP.replace('image: ', '')}]`, 'LAT1028', /compose\.yml:2: services\.web must be a mapping/],
    [
      `web:\n    build: { dockerfile_inline: "FROM lateen-integration-app\\nRUN false" }`,
      'LAT1034',
      /compose\.yml:3: .*cannot be built/,
    ],
    [`web: { ${APP}, labels: { lateen.inject: "false" } }`, 'LAT1039', /no service of .* can be in the mesh/],
    [
      `web:\n    ${APP}\n    entrypoint: [/no/such/program]`,
      'LAT1037',
      /compose\.yml:2: .*could not be started:\n {2}Error response.*no such file/,
    ],
    [
      `web: { ${APP}, networks: [far] }\nnetworks:\n  far: { external: true }`,
      'LAT1044',
      /compose\.yml:4: the network far is external, and is not there/,
    ],
    [
      `web: { ${APP}, volumes: ["far:/x"] }\nvolumes:\n  far: { external: true, name: lt-no-such }`,
      'LAT1044',
      /compose\.yml:4: the volume lt-no-such is external, and is not there/,
    ],
    [
      `web: { ${APP}, container_name: ${projectOf('ran')}-named }`,
      'LAT1044',
      /compose\.yml:2: a container of the name \S+-named is there already/,
    ],
    [
      `web: { ${APP}, secrets: [key] }\nsecrets:\n  key: { file: ./no.key }`,
      'LAT1044',
      /compose\.yml:4: \/\S+\/no\.key is to be mounted, and is not there/,
    ],
  ] as const;
  for (const [services, code, message] of cases) {
    write('broken', { 'compose.yml': `services:\n  ${services}\n` });
    const { status, stderr, stdout } = await run('broken', ['up']);
    assert.notEqual(status, 0, services);
    const [, told = ''] = /(Error \[LAT\d+\][\s\S]*)$/.exec(stderr) ?? [];
    assert.ok(told.startsWith(`Error [${code}]: `), `${services}\n${stderr}`);
    assert.match(told, message);
    assert.match(told, /\nRemedy: \S/);
    assert.equal(stdout, '');
    assert.equal(await idsOf('broken'), '', services);
    assert.equal(existsSync(join(folder, 'broken', 'mesh')), false, services);
  }
});
