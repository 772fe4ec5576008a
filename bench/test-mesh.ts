import { GenericContainer, Wait } from 'testcontainers';
import { buildApp } from '../integration/fixture/mesh.ts';
import { LateenMesh } from '../testcontainers/testcontainers.ts';
import { markdownTable, median } from './table.ts';

/** What a mesh adds to a test with one container, whose images are there: start and stop of both, in turns. */
export async function benchTestMesh(rounds: number) {
  process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true';
  await buildApp();
  const plain: number[] = [];
  const meshed: number[] = [];
  for (let round = 0; round < rounds; round++) {
    plain.push(await timed(async () => (await app().start()).stop()));
    meshed.push(
      await timed(async () => {
        const mesh = await new LateenMesh().start();
        const container = await mesh.join(app()).start();
        await container.stop();
        await mesh.stop();
      }),
    );
  }
  const added = meshed.map((ms, round) => ms - (plain[round] ?? 0));
  const rows = [
    { what: 'a test without a mesh, ms (median)', value: median(plain) },
    { what: 'with a mesh of its own, ms (median)', value: median(meshed) },
    { what: 'the mesh adds, ms (median)', value: median(added) },
    { what: 'the same, worst, ms', value: Math.max(...added) },
  ];
  const table = markdownTable([
    [`a test with one container, ${rounds} rounds`, ''],
    ...rows.map(({ what, value }) => [what, value.toFixed(0)]),
  ]);
  return { table, rows };
}

const app = () =>
  new GenericContainer('lateen-integration-app')
    .withEnvironment({ NAME: 'plain', DRIVER_PORT: '7070' })
    .withExposedPorts(7070)
    .withWaitStrategy(Wait.forListeningPorts());

async function timed(task: () => Promise<unknown>): Promise<number> {
  const startedMs = performance.now();
  await task();
  return performance.now() - startedMs;
}
