import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { GenericContainer, type StartedTestContainer } from 'testcontainers';
import {
  assertMtls,
  LateenMesh,
  MeshError,
  type StartedLateenMesh,
} from '../testcontainers/testcontainers.ts';
import { docker, tryDocker } from './fixture/docker.ts';
import { frontDoor } from './fixture/front-door.ts';
import { buildApp } from './fixture/mesh.ts';
import {
  APP,
  app,
  call,
  caller,
  reviews,
  SUBSETS,
  thingsOfSession,
  virtualService,
} from './fixture/testkit.ts';

process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true';

// What tests do to a mesh beside sending requests: containers that come, go and start again, rules in any order, crowds,
// and everything that a user can get wrong.

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const to = (subset: string) =>
  virtualService('', `{ route: [{ destination: { host: reviews, subset: ${subset} } }] }`);
const TO_ALL = virtualService('', '{ route: [{ destination: { host: reviews } }] }');
const IN_TURN = SUBSETS.replace(
  'subsets:',
  'trafficPolicy: { loadBalancer: { simple: ROUND_ROBIN } }\n  subsets:',
);

let mesh: StartedLateenMesh;
let client: StartedTestContainer;
let v1: StartedTestContainer;
const started: StartedTestContainer[] = [];

before(async () => {
  await buildApp();
  mesh = await new LateenMesh().withGateway().start();
  const all = [caller(mesh).start(), reviews(mesh, 'v1').start(), reviews(mesh, 'v2').start()] as const;
  [client, v1] = await Promise.all(all);
  started.push(...(await Promise.all(all)));
  await mesh.apply(`${IN_TURN}---${TO_ALL}`);
});

after(async () => {
  await Promise.all(started.map((container) => container.stop()));
  await mesh?.stop();
});

/** Versions that answered, in order, told by the mesh; all have answered 200. */
async function versions(times = 6): Promise<string> {
  const mark = await mesh.mark();
  const outcomes = await call(client, { url: 'http://reviews:8080/', times, keepAlive: true });
  assert.deepEqual([...new Set(outcomes.map(({ status }) => status))], [200]);
  const requests = await mesh.requests({ to: 'reviews', since: mark });
  assert.equal(requests.length, times);
  assertMtls(requests);
  return [...new Set(requests.map(({ destination }) => destination.version))].sort().join(' ');
}

describe('containers', () => {
  test('that start again are served when their restart ends', async () => {
    for (let round = 0; round < 2; round++) {
      await v1.restart({ timeout: 0 });
      assert.equal(await versions(), 'v1 v2');
    }
  });

  test('that somebody else stops get nothing, and are served again once the mesh is ready', async () => {
    await docker(['stop', '-t', '0', v1.getId()]);
    await mesh.ready();
    assert.equal(await versions(), 'v2');
    await docker(['start', v1.getId()]);
    await mesh.ready();
    assert.equal(await versions(), 'v1 v2');
  });

  test('that come while rules are applied go by them', async () => {
    const [third, rule] = await Promise.all([
      reviews(mesh, 'v3').start(),
      mesh.apply(`${IN_TURN.replace('[{', '[{ name: v3, labels: { version: v3 } }, {')}---${to('v3')}`),
    ]);
    assert.equal(await versions(), 'v3');
    await rule.restore();
    assert.equal(await versions(), 'v1 v2 v3');
    await third.stop();
    assert.equal(await versions(), 'v1 v2');
  });
});

test('rules over one another are taken back in any order, and each once', async () => {
  const [first, second] = [await mesh.apply(to('v1')), await mesh.apply(to('v2'))];
  assert.equal(await versions(), 'v2');
  await Promise.all([first.restore(), first.restore()]);
  assert.equal(await versions(), 'v2');
  await second.restore();
  assert.equal(await versions(), 'v1 v2');
  const [third, fourth] = [await mesh.apply(to('v1')), await mesh.apply(to('v2'))];
  await fourth.restore();
  assert.equal(await versions(), 'v1');
  await Promise.all([third.restore(), fourth.restore()]);
  assert.equal(await versions(), 'v1 v2');
});

test('of two hundred requests at once none is missing when they have been answered', async () => {
  await using _gateway = await mesh.apply(frontDoor('reviews'));
  for (let round = 0; round < 3; round++) {
    const mark = await mesh.mark();
    const asked = Array.from({ length: 200 }, async (_, index) => {
      const answer = await fetch(`${mesh.gatewayUrl()}/${round}/${index}`);
      await answer.text();
      return answer.status;
    });
    assert.deepEqual([...new Set(await Promise.all(asked))], [200]);
    const paths = (await mesh.requests({ from: 'istio-ingressgateway', since: mark })).map(
      ({ path }) => path,
    );
    assert.equal(new Set(paths).size, 200);
    assert.equal((await mesh.requests({ to: 'reviews', since: mark, reporter: 'destination' })).length, 200);
  }
});

describe('one clear message, and nothing left over, where', () => {
  const things = () => thingsOfSession(mesh);
  const refuses = async (task: Promise<unknown>, message: RegExp, remedy: RegExp) => {
    await assert.rejects(task, (error) => {
      assert.ok(error instanceof MeshError, String(error));
      assert.match(error.message, message);
      assert.match(`${error.remedy}${error.violations.map((each) => each.remedy)}`, remedy);
      return true;
    });
  };

  test('no Docker answers', async () => {
    const script = `import { LateenMesh } from '/root/testcontainers/testcontainers.ts';
await new LateenMesh().start().catch((error) => console.log(error.name, error.message));`;
    const said = await docker([
      ...['run', '--rm', '-v', `${root}:/root:ro`, '-w', '/root', APP],
      ...['node', '--disable-warning=ExperimentalWarning', '--input-type=module', '-e', script],
    ]);
    assert.match(said, /^MeshError no Docker engine answers\nStart Docker, or set DOCKER_HOST/m);
  });

  test('the controller ends at its start', async () => {
    const before = await things();
    const folder = await mkdtemp(join(tmpdir(), 'lateen-motion-'));
    await writeFile(join(folder, 'ca-cert.pem'), 'no certificate');
    await writeFile(join(folder, 'ca-key.pem'), 'no key');
    const broken = new LateenMesh().withConfig(folder).withGateway();
    await refuses(broken.start(), /did not start.*certificate authority cannot be used/s, /ca-cert\.pem/);
    await rm(folder, { recursive: true });
    assert.deepEqual(await things(), before);
  });

  test('the image is none of the mesh, or the config is a file', async () => {
    const before = await things();
    const program = new LateenMesh().withImage(APP);
    await refuses(program.start(), /did not start/, /what its container said/);
    const file = new LateenMesh().withConfig(fileURLToPath(import.meta.url));
    await refuses(file.start(), /testkit-in-motion\.test\.ts is no folder/, /folder with Istio/);
    assert.deepEqual(await things(), before);
  });

  test('a container has the network of the host, or of another', async () => {
    const before = await things();
    const host = () => app({ NAME: 'host' }).withNetworkMode('host');
    assert.throws(
      () => mesh.join(host(), { app: 'host' }),
      /host cannot join.*network namespace of the host/,
    );
    const other = app({ NAME: 'other' }).withNetworkMode(`container:${client.getId()}`);
    assert.throws(() => mesh.join(other), /network namespace of another container/);
    const late = mesh.join(new GenericContainer(APP), { app: 'late' }).withNetworkMode('host');
    await refuses(late.start(), /cannot join the mesh/, /mesh\.network/);
    assert.deepEqual(await things(), before);
  });

  test('a container ends before its proxy serves', async () => {
    const before = await things();
    const short = mesh.join(new GenericContainer(APP).withCommand(['node', '-e', '0']), { app: 'short' });
    await assert.rejects(short.start());
    assert.equal(await versions(), 'v1 v2');
    assert.deepEqual(await things(), before);
  });

  test('rules are wrong', async () => {
    await refuses(mesh.apply('kind: [Virtual'), /not YAML/, /Check indentation/);
    await refuses(mesh.apply('# nothing\n'), /no document/, /Write a document/);
    await refuses(mesh.apply('none.yaml'), /no such file.*none\.yaml/, /path of a file/);
    assert.equal(await versions(), 'v1 v2');
    assert.equal((await tryDocker(['ps', '-q', '--filter', `label=lateen.mesh=${mesh.id}`])).status, 0);
  });
});
