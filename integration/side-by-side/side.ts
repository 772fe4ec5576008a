// A test file as a user has it, for test files that run at the same time as processes of their own: the same services,
// hosts and rules' names as all others, and its own split.
import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { GenericContainer, type StartedTestContainer, Wait } from 'testcontainers';
import {
  assertMtls,
  assertSplit,
  LateenMesh,
  type Split,
  type StartedLateenMesh,
} from '../../testcontainers/testcontainers.ts';
import type { Outcome } from '../app/drive.ts';

const SIDES = ['north', 'south'];
/** Where the sides leave word for each other. */
const folder = process.env['LATEEN_SIDES'] ?? '';

const SUBSETS = `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: reviews }
spec:
  host: reviews
  subsets: [{ name: v1, labels: { version: v1 } }, { name: v2, labels: { version: v2 } }]
`;
const rule = (annotations: string, route: string) => `${SUBSETS}---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: reviews, annotations: { ${annotations} } }
spec:
  hosts: [reviews]
  http: [${route}]
`;
const splitOf = ({ v1, v2 }: Split) =>
  `{ name: split, route: [{ destination: { host: reviews, subset: v1 }, weight: ${v1} }, ` +
  `{ destination: { host: reviews, subset: v2 }, weight: ${v2} }] }`;

/** Nobody goes on before all are there. */
async function meet(side: string, where: string): Promise<void> {
  writeFileSync(join(folder, `${side}-${where}`), '');
  while (!SIDES.every((each) => existsSync(join(folder, `${each}-${where}`)))) await sleep(20);
}

export function testSide(side: string, shares: Split, failures: number): void {
  let mesh: StartedLateenMesh;
  let started: StartedTestContainer[] = [];
  const app = (environment: Record<string, string>) =>
    new GenericContainer('lateen-integration-app')
      .withEnvironment(environment)
      .withExposedPorts(7070)
      .withWaitStrategy(Wait.forListeningPorts());
  const labels = { 'traffic.sidecar.istio.io/excludeInboundPorts': '7070' };

  before(async () => {
    mesh = await new LateenMesh().start();
    const reviews = (version: string) =>
      mesh
        .join(app({ NAME: 'reviews', VERSION: version }), {
          app: 'reviews',
          version,
          ports: 'http:8080',
          labels,
        })
        .start();
    const client = mesh.join(app({ NAME: 'client' }), { app: 'client', labels }).start();
    started = await Promise.all([client, reviews('v1'), reviews('v2')]);
  });

  after(async () => {
    await Promise.all(started.map((container) => container.stop()));
    await mesh?.stop();
  });

  const ask = async (times: number, concurrency: number): Promise<number[]> => {
    const url = `http://${started[0]?.getHost()}:${started[0]?.getMappedPort(7070)}/`;
    const errand = { url: `http://reviews:8080/${side}`, times, concurrency, keepAlive: true };
    const answer = await fetch(url, { method: 'POST', body: JSON.stringify(errand) });
    return ((await answer.json()) as Outcome[]).map(({ status }) => status);
  };

  test(`${side}: its split is exact, and it sees its own requests alone`, async () => {
    await meet(side, 'started');
    {
      await using _split = await mesh.apply(rule('lateen.test/weights: exact', splitOf(shares)));
      await meet(side, 'applied');
      for (let run = 0; run < 10; run++) {
        const mark = await mesh.mark();
        await ask(100, 10);
        assertSplit(await mesh.requests({ to: 'reviews', since: mark }), shares);
      }
    }
    await meet(side, 'split');
    const all = await mesh.requests();
    assert.equal(all.length, 1000);
    assert.deepEqual([...new Set(all.map(({ path }) => path))], [`/${side}`]);
    assertMtls(all);
  });

  test(`${side}: so many requests fail as it said, and none that the other said`, async () => {
    const route = `{ route: [{ destination: { host: reviews } }], retries: { attempts: 3, retryOn: "5xx", backoff: 1ms } }`;
    const count = `lateen.test/fail-requests: "1-${failures}", lateen.test/fault-at: caller`;
    await using _failing = await mesh.apply(rule(count, route));
    await meet(side, 'failing');
    const mark = await mesh.mark();
    const statuses = await ask(20, 1);
    assert.deepEqual(statuses, [...Array(failures).fill(503), ...Array(20 - failures).fill(200)]);
    await meet(side, 'failed');
    const seen = await mesh.requests({ to: 'reviews', since: mark });
    assert.deepEqual(
      seen.map(({ flags }) => flags.join()),
      [...Array(failures).fill('FI'), ...Array(20 - failures).fill('')],
    );
  });
}
