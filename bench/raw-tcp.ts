import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { here } from './one-hop.ts';
import { cpuMicros, memoryMb, start } from './process.ts';
import { markdownTable, median } from './table.ts';

const CONNECTIONS = 4;

interface Round {
  readonly gbitPerCpuSecond: number;
  readonly gbitPerSecond: number;
  readonly privateMb: number;
}

/** Bytes from a server through one proxy of one worker, no HTTP: how many pass for each second of the proxy's CPU. */
export async function benchRawTcp(programs: ReadonlyMap<string, string>, rounds: number, seconds: number) {
  const peers = [
    { name: 'lateen', port: 9112, command: [process.execPath, here('one-hop-proxy.ts'), 'tcp'] },
  ];
  const haproxy = programs.get('haproxy');
  if (haproxy !== undefined) {
    const command = [haproxy, '-f', here('peers/haproxy-tcp.cfg')];
    peers.unshift({ name: 'haproxy', port: 9111, command });
  }
  const measured = new Map<string, Round[]>(peers.map(({ name }) => [name, []]));
  const source = await start([process.execPath, here('raw-tcp-source.ts')], 9110);
  try {
    for (let round = 0; round < rounds; round++) {
      for (const { name, port, command } of peers) {
        console.error(`  raw TCP, round ${round + 1} of ${rounds}: ${name}`);
        measured.get(name)?.push(await measure(command, port, seconds));
      }
    }
  } finally {
    await source.stop();
  }
  return report(measured);
}

async function measure(command: readonly string[], port: number, seconds: number): Promise<Round> {
  const proxy = await start(command, port);
  try {
    await readFor(port, Math.min(1, seconds));
    const before = cpuMicros(proxy.pid);
    const startMs = performance.now();
    const gbit = (await readFor(port, seconds)) * 8e-9;
    const elapsed = (performance.now() - startMs) / 1000;
    const cpuSeconds = (cpuMicros(proxy.pid) - before) / 1e6;
    return {
      gbitPerCpuSecond: gbit / cpuSeconds,
      gbitPerSecond: gbit / elapsed,
      privateMb: memoryMb(proxy.pid).private,
    };
  } finally {
    await proxy.stop();
  }
}

/** Reads from a few connections into one buffer, so that the reader costs little; gives the number of bytes. */
async function readFor(port: number, seconds: number): Promise<number> {
  let bytes = 0;
  const buffer = Buffer.alloc(256 * 1024);
  const callback = (count: number) => {
    bytes += count;
    return true;
  };
  const sockets = Array.from({ length: CONNECTIONS }, () =>
    connect({ port, host: '127.0.0.1', onread: { buffer, callback } }),
  );
  for (const socket of sockets) socket.on('error', () => socket.destroy());
  await sleep(seconds * 1000);
  for (const socket of sockets) socket.destroy();
  return bytes;
}

function report(measured: ReadonlyMap<string, readonly Round[]>) {
  const all = [...measured].map(([name, rounds]) => ({
    name,
    gbitPerCpuSecond: median(rounds.map((round) => round.gbitPerCpuSecond)),
    gbitPerSecond: median(rounds.map((round) => round.gbitPerSecond)),
    privateMb: median(rounds.map((round) => round.privateMb)),
  }));
  const haproxy = all.find(({ name }) => name === 'haproxy')?.gbitPerCpuSecond ?? 0;
  const rows = all.map((row) => ({
    ...row,
    ratioToHaproxy: haproxy > 0 ? row.gbitPerCpuSecond / haproxy : null,
  }));
  const table = markdownTable([
    ['raw TCP, one hop', 'Gbit per CPU second (≥ 0.5 × haproxy)', '× haproxy', 'Gbit/s', 'private MB'],
    ...rows.map((row) => [
      row.name,
      row.gbitPerCpuSecond.toFixed(1),
      row.ratioToHaproxy?.toFixed(2) ?? '–',
      row.gbitPerSecond.toFixed(1),
      row.privateMb.toFixed(0),
    ]),
  ]);
  return { table, rows };
}
