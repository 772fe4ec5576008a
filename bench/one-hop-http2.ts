import { h2load, type Shape } from './h2load.ts';
import { here } from './one-hop.ts';
import { cpuMicros, memoryMb, start } from './process.ts';
import { markdownTable, median } from './table.ts';

export interface Http2Peer {
  readonly name: string;
  readonly port: number;
  readonly command: readonly string[];
}

interface Round {
  readonly cpuPerRequest: number;
  readonly perSecond: number;
  readonly failed: number;
  readonly privateMb: number;
}

const SHAPES: readonly Shape[] = [
  { connections: 8, streams: 8 },
  { connections: 1, streams: 64 },
  { connections: 64, streams: 1 },
];

/** Cleartext HTTP/2, one proxy of one worker between h2load and nginx: Envoy (if it is there) and ours in turn. */
export async function benchOneHopHttp2(
  programs: ReadonlyMap<string, string>,
  rounds: number,
  requests: number,
) {
  const nginx = programs.get('nginx') ?? 'nginx';
  const backend = await start([nginx, '-c', here('peers/nginx-backend-http2.conf')], 9108);
  const measured = new Map<string, Round[]>();
  const peers = http2Peers(programs);
  try {
    for (let round = 0; round < rounds; round++) {
      for (const shape of SHAPES) {
        for (const peer of peers) {
          console.error(`  one hop, HTTP/2, round ${round + 1} of ${rounds}: ${peer.name} ${nameOf(shape)}`);
          const key = `${nameOf(shape)} ${peer.name}`;
          const result = await measure(programs.get('h2load') ?? 'h2load', peer, shape, requests);
          measured.set(key, [...(measured.get(key) ?? []), result]);
        }
      }
    }
  } finally {
    await backend.stop();
  }
  return report(peers, measured);
}

const nameOf = ({ connections, streams }: Shape) => `${connections} × ${streams}`;

/** Proxies before what speaks HTTP/2 on 9108. */
export function http2Peers(programs: ReadonlyMap<string, string>): Http2Peer[] {
  const lateen = {
    name: 'lateen',
    port: 9106,
    command: [process.execPath, here('one-hop-proxy.ts'), 'http2'],
  };
  const envoy = programs.get('envoy');
  if (envoy === undefined) return [lateen];
  const args = ['-c', here('peers/envoy-http2.yaml'), '--concurrency', '1', '-l', 'error'];
  return [{ name: 'envoy', port: 9107, command: [envoy, ...args, '--disable-hot-restart'] }, lateen];
}

async function measure(program: string, peer: Http2Peer, shape: Shape, requests: number): Promise<Round> {
  const proxy = await start(peer.command, peer.port);
  try {
    const url = `http://127.0.0.1:${peer.port}/ratings/1`;
    await h2load(program, url, shape, requests / 2);
    const before = cpuMicros(proxy.pid);
    const { perSecond, failed } = await h2load(program, url, shape, requests);
    const cpuPerRequest = (cpuMicros(proxy.pid) - before) / requests;
    return { cpuPerRequest, perSecond, failed, privateMb: memoryMb(proxy.pid).private };
  } finally {
    await proxy.stop();
  }
}

function report(peers: readonly Http2Peer[], measured: ReadonlyMap<string, readonly Round[]>) {
  const rows = SHAPES.map(nameOf).flatMap((shape) => {
    const cpuOf = (name: string) =>
      median((measured.get(`${shape} ${name}`) ?? []).map((round) => round.cpuPerRequest));
    return peers.map(({ name }) => {
      const all = measured.get(`${shape} ${name}`) ?? [];
      return {
        shape,
        name,
        cpuPerRequestMicros: cpuOf(name),
        ratioToEnvoy: cpuOf('envoy') > 0 ? cpuOf(name) / cpuOf('envoy') : null,
        requestsPerSecond: median(all.map((round) => round.perSecond)),
        failed: all.reduce((sum, round) => sum + round.failed, 0),
        privateMb: median(all.map((round) => round.privateMb)),
      };
    });
  });
  const table = markdownTable([
    [
      ...['one hop, cleartext HTTP/2: connections × streams', 'proxy', 'CPU µs/request', '× Envoy'],
      ...['requests/s', 'failed', 'private MB'],
    ],
    ...rows.map((row) => [
      row.shape,
      row.name,
      row.cpuPerRequestMicros.toFixed(1),
      row.ratioToEnvoy?.toFixed(2) ?? '–',
      row.requestsPerSecond.toFixed(0),
      String(row.failed),
      row.privateMb.toFixed(0),
    ]),
  ]);
  return { table, rows };
}
