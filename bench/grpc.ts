import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MESSAGE, streamMessages } from './grpc-streams.ts';
import { h2load } from './h2load.ts';
import { here } from './one-hop.ts';
import { type Http2Peer, http2Peers } from './one-hop-http2.ts';
import { cpuMicros, memoryMb, start } from './process.ts';
import { markdownTable, median } from './table.ts';

interface Round {
  readonly cpuMicros: number;
  readonly perSecond: number;
  readonly failed: number;
  readonly privateMb: number;
}

interface Effort {
  readonly calls: number;
  readonly seconds: number;
}

const SHAPE = { connections: 8, streams: 8 };
const PATH = '/ratings/bench.Ratings/Say';
const KINDS = ['unary', 'streamed'] as const;

type Kind = (typeof KINDS)[number];

/** gRPC in plain text, 100 bytes each way: a call for each message, and many messages on each of 64 two-way streams. */
export async function benchGrpc(programs: ReadonlyMap<string, string>, rounds: number, effort: Effort) {
  const folder = mkdtempSync(join(tmpdir(), 'lateen-bench-'));
  const file = join(folder, 'message');
  writeFileSync(file, MESSAGE);
  const backend = await start([process.execPath, here('grpc-echo.ts')], 9108);
  const measured = new Map<string, Round[]>();
  const peers = http2Peers(programs);
  try {
    for (let round = 0; round < rounds; round++) {
      for (const kind of KINDS) {
        for (const peer of peers) {
          console.error(`  gRPC, round ${round + 1} of ${rounds}: ${peer.name}, ${kind}`);
          const key = `${kind} ${peer.name}`;
          const result = await measure(programs.get('h2load') ?? 'h2load', peer, kind, file, effort);
          measured.set(key, [...(measured.get(key) ?? []), result]);
        }
      }
    }
  } finally {
    await backend.stop();
    rmSync(folder, { recursive: true });
  }
  return report(peers, measured);
}

async function measure(
  program: string,
  peer: Http2Peer,
  kind: Kind,
  file: string,
  { calls, seconds }: Effort,
): Promise<Round> {
  const proxy = await start(peer.command, peer.port);
  const run = (part: number) =>
    kind === 'unary' ? callOften(program, peer.port, file, calls * part) : stream(peer.port, seconds * part);
  try {
    await run(0.5);
    const before = cpuMicros(proxy.pid);
    const { messages, perSecond, failed } = await run(1);
    const spent = cpuMicros(proxy.pid) - before;
    return { cpuMicros: spent / messages, perSecond, failed, privateMb: memoryMb(proxy.pid).private };
  } finally {
    await proxy.stop();
  }
}

async function callOften(program: string, port: number, file: string, calls: number) {
  const headers = ['content-type: application/grpc', 'te: trailers', 'user-agent: grpc-bench'];
  const request = { headers, more: ['-d', file] };
  const load = await h2load(program, `http://127.0.0.1:${port}${PATH}`, SHAPE, calls, request);
  return { ...load, messages: calls };
}

async function stream(port: number, seconds: number) {
  const { messages, failed } = await streamMessages(port, PATH, SHAPE, seconds);
  return { messages, failed, perSecond: messages / seconds };
}

function report(peers: readonly Http2Peer[], measured: ReadonlyMap<string, readonly Round[]>) {
  const rows = KINDS.flatMap((kind) => {
    const cpuOf = (name: string) =>
      median((measured.get(`${kind} ${name}`) ?? []).map((round) => round.cpuMicros));
    return peers.map(({ name }) => {
      const all = measured.get(`${kind} ${name}`) ?? [];
      return {
        ...{ kind, name, cpuMicros: cpuOf(name) },
        ratioToEnvoy: cpuOf('envoy') > 0 ? cpuOf(name) / cpuOf('envoy') : null,
        perSecond: median(all.map((round) => round.perSecond)),
        failed: all.reduce((sum, round) => sum + round.failed, 0),
        privateMb: median(all.map((round) => round.privateMb)),
      };
    });
  });
  const table = markdownTable([
    [
      'gRPC, 8 × 8',
      'proxy',
      'CPU µs/call or message',
      '× Envoy',
      'calls or messages/s',
      'failed',
      'private MB',
    ],
    ...rows.map((row) => [
      row.kind === 'unary' ? 'unary calls' : 'messages of two-way streams',
      row.name,
      row.cpuMicros.toFixed(1),
      row.ratioToEnvoy?.toFixed(2) ?? '–',
      row.perSecond.toFixed(0),
      String(row.failed),
      row.privateMb.toFixed(0),
    ]),
  ]);
  return { table, rows };
}
