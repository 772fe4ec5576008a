import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { DockerComposeEnvironment, type StartedTestContainer } from 'testcontainers';
import type { TestRequests } from '../model/test-mesh.ts';
import {
  assertMtls,
  assertRetried,
  assertSplit,
  LateenMesh,
  MeshError,
  type StartedLateenMesh,
} from '../testcontainers/testcontainers.ts';
import { tryDocker } from './fixture/docker.ts';
import { frontDoor } from './fixture/front-door.ts';
import { lateen } from './fixture/lateen.ts';
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

// Nothing that a test leaves behind is to be swept up by somebody else.
process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true';

const SPLIT = `route:
        - { destination: { host: reviews, subset: v1 }, weight: 90 }
        - { destination: { host: reviews, subset: v2 }, weight: 10 }`;
const TO_V1 = '{ name: all, route: [{ destination: { host: reviews, subset: v1 } }] }';
const TO_ALL =
  '{ route: [{ destination: { host: reviews } }], retries: { attempts: 2, retryOn: "5xx", backoff: 10ms } }';

let folder = '';
let mesh: StartedLateenMesh;
let client: StartedTestContainer;
const started: StartedTestContainer[] = [];

const ask = (times: number, concurrency = 1) =>
  call(client, { url: 'http://reviews:8080/', times, concurrency, keepAlive: true });

before(async () => {
  await buildApp();
  folder = await mkdtemp(join(tmpdir(), 'lateen-testkit-'));
  await writeFile(join(folder, 'reviews.yaml'), `${SUBSETS}---${virtualService('', TO_V1)}`);
  mesh = await new LateenMesh().withConfig(folder).withGateway().start();
  started.push(
    ...(await Promise.all([reviews(mesh, 'v1').start(), reviews(mesh, 'v2').start(), caller(mesh).start()])),
  );
  client = started[2] as StartedTestContainer;
});

after(async () => {
  await Promise.all(started.map((container) => container.stop()));
  await mesh?.stop();
  await rm(folder, { recursive: true, force: true });
  const left = ['ps -aq', 'volume ls -q', 'network ls -q'].map((list) =>
    tryDocker([...list.split(' '), '--filter', `name=${mesh.id}`]),
  );
  assert.deepEqual(
    (await Promise.all(left)).map(({ stdout }) => stdout),
    ['', '', ''],
  );
});

describe('a mesh of tests', () => {
  test('has in force what it began with, from the first request on', async () => {
    const mark = await mesh.mark();
    const outcomes = await ask(10);
    assert.deepEqual([...new Set(outcomes.map(({ status }) => status))], [200]);
    const requests = await mesh.requests({ to: 'reviews', from: 'client', since: mark });
    assertSplit(requests, { v1: 100 });
    assertMtls(requests);
    const [first] = requests;
    assert.deepEqual(
      [first?.source.app, first?.destination.app, first?.destination.version, first?.status, first?.route],
      ['client', 'reviews', 'v1', 200, 'all'],
    );
    assert.deepEqual(
      [first?.rule?.name, first?.rule?.file, first?.rule?.line],
      ['reviews', 'reviews.yaml', 17],
    );
    assert.ok((first?.durationMs ?? 0) > 0 && first?.attempts === 1);
  });

  test('splits a hundred requests exactly, a hundred times over, and rolls back at the end of the block', async () => {
    const first = await mesh.mark();
    {
      await using _split = await mesh.apply(virtualService('lateen.test/weights: exact', SPLIT));
      for (let run = 0; run < 100; run++) {
        const mark = await mesh.mark();
        await ask(100, 8);
        assertSplit(await mesh.requests({ to: 'reviews', since: mark }), { v1: 90, v2: 10 });
      }
    }
    // Of ten thousand none is missing, by the caller's word and by the callees'.
    for (const side of [{}, { reporter: 'source' }, { reporter: 'destination' }] as const) {
      const all = await mesh.requests({ to: 'reviews', since: first, ...side });
      assert.equal(all.length, 10_000);
      assertSplit(all, { v1: 90, v2: 10 });
    }
    const mark = await mesh.mark();
    await ask(20);
    assertSplit(await mesh.requests({ to: 'reviews', since: mark }), { v1: 1 });
  });

  test('splits in the same order for the same seed', async () => {
    const orderOf = async () => {
      const split = await mesh.apply(virtualService('lateen.test/weights: seed=42', SPLIT));
      const mark = await mesh.mark();
      await ask(100);
      await split.restore();
      const requests = await mesh.requests({ to: 'reviews', since: mark });
      assertSplit(requests, { v1: 90, v2: 10 });
      return requests.map(({ destination }) => destination.version).join('');
    };
    assert.equal(await orderOf(), await orderOf());
  });

  test('fails what reaches the callee, so that the caller tries again', async () => {
    await using _failing = await mesh.apply(
      virtualService(
        'lateen.test/fail-requests: "1,2", lateen.test/fault-at: "callee, version=v1"',
        TO_ALL.replace('host: reviews', 'host: reviews, subset: v1'),
      ),
    );
    const mark = await mesh.mark();
    const outcomes = await ask(2);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      [200, 200],
    );
    const requests = await mesh.requests({ to: 'reviews', since: mark });
    assertRetried(requests, { times: 2 });
    assert.deepEqual(
      requests.map(({ attempts }) => attempts),
      [3, 1],
    );
    const seen = await mesh.requests({ to: 'reviews', since: mark, reporter: 'destination' });
    assert.deepEqual(
      seen.map(({ status, flags }) => `${status} ${flags}`),
      ['503 FI', '503 FI', '200 ', '200 '],
    );
    assert.match(outcomes[0]?.body ?? '', /reviews/);
    assert.doesNotMatch(outcomes[0]?.body ?? '', /x-lateen-test-fault/);
  });

  test('refuses YAML that is wrong, with file, line, field and remedy, and goes on as it was', async () => {
    const wrong = virtualService('', TO_V1).replace('hosts:', 'host:');
    await assert.rejects(mesh.apply(wrong), (error) => {
      assert.ok(error instanceof MeshError);
      const [violation] = error.violations;
      assert.match(violation?.file ?? '', /apply\.yaml$/);
      assert.deepEqual([violation?.line, violation?.path], [8, 'spec.host']);
      assert.match(violation?.remedy ?? '', /hosts/);
      return true;
    });
    await assert.rejects(mesh.apply(virtualService('lateen.test/weight: exact', SPLIT)), /Did you mean/);
    const mark = await mesh.mark();
    await ask(5);
    assertSplit(await mesh.requests({ to: 'reviews', since: mark }), { v1: 1 });
  });

  test('answers through its gateway', async () => {
    await using _gateway = await mesh.apply(frontDoor('reviews'));
    const mark = await mesh.mark();
    const answer = await fetch(`${mesh.gatewayUrl()}/x`);
    assert.equal(answer.status, 200);
    const [request, ...others] = await mesh.requests({ from: 'istio-ingressgateway', since: mark });
    assert.deepEqual([request?.path, request?.route, request?.isMtls, others], ['/x', 'front', true, []]);
  });

  test('takes containers by labels, and what a compose file starts', async () => {
    const file = `services:
  reviews-v3:
    image: ${APP}
    labels: { app: reviews, version: v3, lateen.inject: "true", lateen.ports: "http:8080" }
    environment: { NAME: reviews, VERSION: v3 }
networks: { default: { name: "\${LATEEN_NETWORK}", external: true } }
`;
    await writeFile(join(folder, 'compose.yml'), file);
    const environment = await mesh.join(new DockerComposeEnvironment(folder, 'compose.yml')).up();
    const labelled = await app({ NAME: 'reviews', VERSION: 'v4' })
      .withLabels({ ...mesh.labels, app: 'reviews', version: 'v4', 'lateen.ports': 'http:8080' })
      .withNetwork(mesh.network)
      .start();
    try {
      await mesh.ready();
      const rule = '{ route: [{ destination: { host: reviews } }] }';
      const inTurn = SUBSETS.replace(
        'subsets:',
        'trafficPolicy: { loadBalancer: { simple: ROUND_ROBIN } }\n  subsets:',
      );
      await using _all = await mesh.apply(`${inTurn}---${virtualService('', rule)}`);
      const mark = await mesh.mark();
      await ask(8);
      const requests = await mesh.requests({ to: 'reviews', since: mark });
      assertSplit(requests, { v1: 1, v2: 1, v3: 1, v4: 1 });
      assertMtls(requests);
    } finally {
      await labelled.stop();
      await environment.down({ timeout: 0 });
    }
  });

  test('does the same by lateen test, for tests in other languages', async () => {
    const run = (...args: string[]) => lateen(['--mesh', mesh.id, 'test', ...args]);
    const file = join(folder, '..', `${mesh.id}.yaml`);
    await writeFile(file, virtualService('lateen.test/weights: exact', SPLIT));
    try {
      const { mark } = JSON.parse((await run('requests', '-o', 'json')).stdout) as TestRequests;
      const applied = await run('apply', file);
      assert.deepEqual([applied.status, applied.stderr], [0, '']);
      await ask(100);
      const seen = await run('requests', '--to', 'reviews', '--after', String(mark), '-o', 'json');
      assertSplit((JSON.parse(seen.stdout) as TestRequests).requests, { v1: 90, v2: 10 });
      const wrong = await run('apply', join(folder, 'none.yaml'));
      assert.match(wrong.stderr, /^Error \[LAT1009\]/);
      await writeFile(file, virtualService('', TO_V1).replace('hosts:', 'host:'));
      assert.match((await run('apply', file)).stderr, /^Error \[LAT1043\].*yaml:8\) spec\.host: .*hosts/s);
      assert.equal((await run('restore', applied.stdout.trim())).status, 0);
      const before = await mesh.mark();
      await ask(10);
      assertSplit(await mesh.requests({ to: 'reviews', since: before }), { v1: 1 });
    } finally {
      await rm(file);
    }
  });

  test('does not disturb another that runs beside it', async () => {
    const other = await new LateenMesh().start();
    const own = await Promise.all([reviews(other, 'v9').start(), caller(other).start()]);
    try {
      await using _split = await mesh.apply(virtualService('lateen.test/weights: exact', SPLIT));
      const marks = [await mesh.mark(), await other.mark()] as const;
      const url = 'http://reviews:8080/';
      await Promise.all([ask(50), call(own[1], { url, times: 50, keepAlive: true })]);
      assertSplit(await mesh.requests({ to: 'reviews', since: marks[0] }), { v1: 90, v2: 10 });
      assertSplit(await other.requests({ to: 'reviews', since: marks[1] }), { v9: 1 });
    } finally {
      await Promise.all(own.map((container) => container.stop()));
      await other.stop();
    }
  });

  test('leaves nothing behind where it cannot start', async () => {
    const before = await thingsOfSession(mesh);
    await writeFile(join(folder, 'wrong.yaml'), virtualService('', TO_V1).replace('hosts:', 'host:'));
    await assert.rejects(new LateenMesh().withConfig(folder).start(), /wrong\.yaml:8/);
    await assert.rejects(new LateenMesh().withConfig(join(folder, 'none')).start(), /is no folder/);
    await rm(join(folder, 'wrong.yaml'));
    assert.deepEqual(await thingsOfSession(mesh), before);
  });
});
