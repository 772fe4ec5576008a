import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { CliError } from '../cli-error.ts';
import { folderOf, runLateen } from '../testing/run-lateen.ts';
import { composeContainers } from './compose-containers.ts';
import { composeMesh } from './compose-mesh.ts';
import { interpolate } from './interpolate.ts';
import { type ComposeProject, readCompose } from './read-compose.ts';

function readFiles(
  context: TestContext,
  files: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>> = {},
): ComposeProject {
  const folder = folderOf(context, files);
  const given = Object.keys(files).filter((name) => /^compose.*\.yml$/.test(name));
  return readCompose(
    given.map((name) => join(folder, name)),
    env,
  );
}

const factsOf = (project: ComposeProject, service: string) => {
  const found = composeContainers(project).find((container) => container.service.name === service);
  assert.ok(found);
  return found.facts;
};
const portsOf = (project: ComposeProject, service: string) =>
  factsOf(project, service).exposedPorts.map(({ port, protocol }) => `${port}/${protocol}`);

test('variables are read as Compose reads them', () => {
  const env = { A: 'a', EMPTY: '' };
  const cases = {
    '$A-${A}': 'a-a',
    '${EMPTY:-x}${EMPTY-y}': 'x',
    '${NONE-${A}z}': 'az',
    '${A:+set}${NONE:+set}': 'set',
    'costs $$5 and $9': 'costs $5 and $9',
  };
  for (const [text, expected] of Object.entries(cases)) assert.equal(interpolate(text, env), expected, text);
  assert.throws(() => interpolate(`\${NONE:?say it}`, env), /NONE is not set: say it/);
});

test('several files, include, extends and anchors are put together', (context) => {
  const project = readFiles(
    context,
    {
      'compose.yml': `
name: shop
include: [{ path: sub/mesh.yml, project_directory: . }]
x-app: &app { image: app, labels: { tier: front } }
services:
  base: { image: b, expose: [1000], labels: [app=web, version=v1] }
  web: { extends: base, ports: ["127.0.0.1:80:8080", { target: 53, protocol: udp }] }
  cart: { <<: *app }
`,
      'compose.override.yml': 'services: { web: { labels: { version: "$VERSION" } } }\n',
      'sub/mesh.yml': 'services: { gate: { image: g, labels: { lateen.role: gateway, istio: $NAME } } }\n',
      '.env': 'NAME="ingress"\nVERSION=v1\n',
    },
    { VERSION: 'v2' },
  );
  assert.equal(project.name, 'shop');
  assert.deepEqual([...project.services.keys()], ['gate', 'base', 'web', 'cart']);
  const { labels, name } = factsOf(project, 'web');
  assert.equal(name, 'shop-web-1');
  assert.deepEqual([labels['app'], labels['version']], ['web', 'v2']);
  assert.deepEqual(portsOf(project, 'web'), ['1000/tcp', '8080/tcp', '53/udp']);
  assert.equal(factsOf(project, 'cart').labels['tier'], 'front');
  assert.equal(factsOf(project, 'gate').labels['istio'], 'ingress');
});

test('labels of a label_file count, and those that are written out win over them', (context) => {
  const project = readFiles(
    context,
    {
      'compose.yml': `
include: [{ path: sub/inner.yml, env_file: sub/inner.env }]
services:
  base: { image: b, labels: { version: v1 } }
  web: { extends: base, label_file: [a.labels, sub/b.labels] }
`,
      'sub/inner.yml':
        'services: { cart: { image: "c:$TAG", extends: { file: more/base.yml, service: base } } }',
      'sub/more/base.yml': 'services: { base: { label_file: base.labels } }',
      'sub/more/base.labels': 'app=cart-$TAG\n',
      'sub/inner.env': 'TAG=7 # of us\n',
      'a.labels': `# Of the shop.\napp=web\nversion=v0\nteam='$blue'\n`,
      'sub/b.labels': 'app: "shop $NAME"\n',
    },
    { NAME: 'one' },
  );
  const { app, version, team } = factsOf(project, 'web').labels;
  assert.deepEqual([app, version, team], ['shop one', 'v1', '$blue']);
  assert.deepEqual(
    [factsOf(project, 'cart').labels['app'], factsOf(project, 'cart').image],
    ['cart-7', 'c:7'],
  );
});

test('the last stage of a Dockerfile tells the ports of an image that is built', (context) => {
  const project = readFiles(context, {
    'compose.yml':
      'services: { a: { build: ./a }, b: { build: { context: a, dockerfile: Other } }, c: { image: c } }',
    'a/Dockerfile': 'FROM x\nEXPOSE 1\nFROM y\nEXPOSE 80 443/tcp\nEXPOSE 8000-8001/udp\n',
    'a/Other': 'FROM nginx\n',
  });
  assert.deepEqual(portsOf(project, 'a'), ['80/tcp', '443/tcp', '8000/udp', '8001/udp']);
  const unknown = composeContainers(project).filter(({ hasUnknownPorts }) => hasUnknownPorts);
  assert.deepEqual(
    unknown.map(({ service }) => service.name),
    ['b', 'c'],
  );
});

test('a service that extends itself is told, not followed for ever', (context) => {
  assert.throws(
    () => readFiles(context, { 'compose.yml': 'services: { a: { extends: b }, b: { extends: a } }' }),
    (error) => error instanceof CliError && /extends itself/.test(error.message),
  );
});

test('services, joined services and gateways are those that the controller would make', (context) => {
  const folder = folderOf(context, {
    'compose.yml': `
name: shop
services:
  reviews-v1: { image: r, labels: { app: reviews, lateen.inject: "true", lateen.ports: "http:9080" } }
  reviews-v2: { image: r, labels: { app: reviews, lateen.inject: "true", lateen.ports: "http:9080" } }
  gate: { image: g, labels: { lateen.role: gateway, app: gate } }
  controller: { image: c, labels: { lateen.role: controller } }
  inner: { image: i, network_mode: "service:reviews-v1" }
`,
  });
  const { known, violations } = composeMesh([join(folder, 'compose.yml')], {}, []);
  assert.deepEqual(violations, []);
  assert.deepEqual(
    known.services.map(({ hostname, members, hasUnknownPorts }) => [
      hostname,
      members.length,
      hasUnknownPorts,
    ]),
    [
      ['gate.istio-system.svc.cluster.local', 1, false],
      ['reviews-v1.default.svc.cluster.local', 1, false],
      ['reviews-v2.default.svc.cluster.local', 1, false],
      ['reviews.default.svc.cluster.local', 2, false],
    ],
  );
});

test('of an injected file it knows what it knew of the original', async (context) => {
  const files = {
    'compose.yml': `services:
  shop: { image: shop, hostname: shop, ports: ["90:8080"], labels: { lateen.inject: "true", app: shop } }
  db: { image: db, labels: { lateen.ports: "tcp:5432" } }
`,
    'more.yml': 'services: { shop: { labels: { version: v1, "example.com/team": books } } }\n',
    'mesh/.keep': '',
  };
  const folder = folderOf(context, files);
  const args = ['inject', '-f', 'compose.yml', '-f', 'more.yml', '-o', 'injected.yml'];
  assert.equal((await runLateen(folder, args)).status, 0);
  const meshOf = (...names: string[]) =>
    composeMesh(
      names.map((name) => join(folder, name)),
      {},
      [],
    );
  const [before, after] = [meshOf('compose.yml', 'more.yml'), meshOf('injected.yml')];
  assert.deepEqual(after.violations, []);
  const said = ({ known }: ReturnType<typeof composeMesh>) =>
    known.services
      .filter(({ hostname }) => /^(shop|db)\./.test(hostname))
      .map(({ hostname, ports }) => [hostname, ports]);
  assert.deepEqual(said(after), said(before));
  const shops = after.known.workloads.filter(({ labels }) => labels['app'] === 'shop');
  assert.deepEqual(
    shops.map(({ proxy, labels }) => [proxy, labels['version'], labels['example.com/team']]),
    [['sidecar', 'v1', 'books']],
  );
});
