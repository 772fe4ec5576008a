import type { SyncStatus } from '../integration/fixture/admin.ts';
import { docker } from '../integration/fixture/docker.ts';
import { eventually } from '../integration/fixture/eventually.ts';
import { type Mesh, startMesh } from '../integration/fixture/mesh.ts';
import { SHOP, SUBSETS, toSubset } from '../integration/fixture/shop.ts';
import { openControllerPages } from './controller-page.ts';
import { memoryMb } from './process.ts';
import { markdownTable, median } from './table.ts';

/** Ten meshed containers and the gateway on a real engine: how soon an edit is in force, memory, readiness. */
export async function benchInMesh(edits: number) {
  const more = Array.from({ length: 8 }, (_, index) =>
    SHOP.split('\n')
      .slice(1, 5)
      .join('\n')
      .replaceAll('shop-v1', `filler-${index}`)
      .replaceAll('app: shop', `app: filler-${index}`),
  );
  await using mesh = await startMesh({
    name: 'bench',
    services: `${SHOP}${more.join('\n')}\n`,
    config: { 'subsets.yaml': SUBSETS },
  });
  const idle = await idleMemory(mesh);
  const page = await openControllerPages(mesh.project);
  const sync = () => page<SyncStatus>('/debug/syncz');
  const inForce: number[] = [];
  for (let edit = 0; edit < edits; edit++) inForce.push(await timeEdit(mesh, sync, edit));
  const edited = await idleMemory(mesh);
  const ready = await readyTimes(mesh);
  inForce.sort((a, b) => a - b);
  const at = (share: number) =>
    inForce[Math.min(inForce.length - 1, Math.floor(inForce.length * share))] ?? 0;
  const rows = [
    {
      what: `file saved → acknowledged by all 11 proxies, median of ${edits} edits, ms`,
      value: median(inForce),
    },
    { what: 'the same, 99th percentile, ms', value: at(0.99) },
    { what: 'the same, worst, ms', value: inForce.at(-1) ?? 0 },
    { what: 'idle agent, private memory, MB (median)', value: median(idle.map((each) => each.private)) },
    {
      what: `the same after ${edits} edits, garbage and all, MB (median)`,
      value: median(edited.map((each) => each.private)),
    },
    { what: 'idle agent, resident memory, MB (median)', value: median(idle.map((each) => each.resident)) },
    { what: 'agent ready after its container started, ms (median)', value: median(ready) },
    { what: 'the same, worst, ms', value: Math.max(...ready) },
  ];
  return {
    rows,
    table: markdownTable([
      ['in a mesh of 10 containers', ''],
      ...rows.map(({ what, value }) => [what, value.toFixed(1)]),
    ]),
  };
}

/** From the rename that saves the file to the last acknowledgement, by the machine's one wall clock. */
async function timeEdit(mesh: Mesh, sync: () => Promise<SyncStatus>, edit: number): Promise<number> {
  const before = new Set((await sync()).proxies.map(({ version }) => version));
  const savedMs = Date.now();
  await mesh.write('shop.yaml', toSubset(edit % 2 === 0 ? 'v1' : 'v2'));
  const status = await eventually('the edit is in force', async () => {
    const now = await sync();
    const isNew = now.proxies.some(({ version }) => !before.has(version));
    return isNew && now.isSettled ? now : undefined;
  });
  return Math.max(...status.proxies.map(({ lastReplyMs }) => lastReplyMs)) - savedMs;
}

async function agents(mesh: Mesh): Promise<string[]> {
  const filters = [`label=lateen.mesh=${mesh.project}`, 'label=lateen.role=agent'];
  return (await docker(['ps', '-q', ...filters.flatMap((filter) => ['--filter', filter])]))
    .split('\n')
    .filter(Boolean);
}

/** The agent's process and its supervisor together. */
async function idleMemory(mesh: Mesh) {
  const ids = await agents(mesh);
  const pids = await Promise.all(ids.map((id) => docker(['inspect', '-f', '{{.State.Pid}}', id])));
  return pids.map((pid) => memoryMb(Number(pid)));
}

/**
 * From the agent's container's start to the line that says that it is ready, by Docker's own times: one app restarted
 * after the other, as a developer's are, not all at once.
 */
async function readyTimes(mesh: Mesh): Promise<number[]> {
  const times: number[] = [];
  for (const service of ['shop-v1', 'shop-v2', 'filler-0', 'filler-1', 'filler-2']) {
    const before = await agents(mesh);
    const [container = ''] = await mesh.containers(service);
    await docker(['restart', '-t', '1', container]);
    const fresh = await eventually('a fresh agent', async () =>
      (await agents(mesh)).find((id) => !before.includes(id)),
    );
    const line = await eventually('it is ready', async () =>
      (await docker(['logs', '-t', fresh])).split('\n').find((each) => each.includes(' ready ')),
    );
    times.push(
      Date.parse(line.slice(0, 24)) -
        Date.parse(await docker(['inspect', '-f', '{{.State.StartedAt}}', fresh])),
    );
  }
  return times;
}
