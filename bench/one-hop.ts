import { fileURLToPath } from 'node:url';
import { cpuMicros, memoryMb, start } from './process.ts';
import { markdownTable, median } from './table.ts';
import { type Load, wrk } from './wrk.ts';

export const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export interface Peer {
  readonly name: string;
  readonly features: string;
  readonly port: number;
  readonly command: readonly string[];
}

interface Round {
  readonly load: Load;
  readonly cpuPerRequest: number;
  readonly privateMb: number;
  readonly residentMb: number;
}

const ROUTING = 'routing, request id, retries';

export function peersOn(programs: ReadonlyMap<string, string>): Peer[] {
  const peers: Peer[] = [];
  const add = (name: string, features: string, port: number, args: readonly string[]) => {
    const program = programs.get(name);
    if (program !== undefined) peers.push({ name, features, port, command: [program, ...args] });
  };
  add('nginx', 'prefix rule, request id', 9101, ['-c', here('peers/nginx.conf')]);
  add('haproxy', 'prefix rule, request id, retries', 9102, ['-f', here('peers/haproxy.cfg')]);
  add('envoy', `${ROUTING}, path normalisation, fault and CORS filters`, 9103, [
    ...['-c', here('peers/envoy.yaml'), '--concurrency', '1', '-l', 'error', '--disable-hot-restart'],
  ]);
  const ours = `${ROUTING}, path normalisation, fault and CORS filters, Istio metrics`;
  peers.push({
    name: 'lateen',
    features: ours,
    port: 9104,
    command: [process.execPath, here('one-hop-proxy.ts')],
  });
  return peers;
}

export function startBackend(programs: ReadonlyMap<string, string>) {
  return start([programs.get('nginx') ?? 'nginx', '-c', here('peers/nginx-backend.conf')], 9100);
}

/** Plain HTTP/1.1, one proxy of one worker between wrk and nginx: the peers in turn, several rounds, medians. */
export async function benchOneHop(programs: ReadonlyMap<string, string>, rounds: number, seconds: number) {
  const backend = await startBackend(programs);
  const peers = peersOn(programs);
  const measured = new Map<string, Round[]>(peers.map(({ name }) => [name, []]));
  const direct: Load[] = [];
  try {
    for (let round = 0; round < rounds; round++) {
      direct.push(await wrk('http://127.0.0.1:9100/ratings/1', seconds));
      for (const peer of peers) {
        console.error(`  one hop, round ${round + 1} of ${rounds}: ${peer.name}`);
        measured.get(peer.name)?.push(await measure(peer, seconds));
      }
    }
  } finally {
    await backend.stop();
  }
  return report(peers, measured, direct);
}

export async function measure(peer: Peer, seconds: number, host = ''): Promise<Round> {
  const proxy = await start(peer.command, peer.port);
  try {
    const url = `http://127.0.0.1:${peer.port}/ratings/1`;
    await wrk(url, Math.min(3, seconds), host);
    const before = cpuMicros(proxy.pid);
    const load = await wrk(url, seconds, host);
    const cpuPerRequest = (cpuMicros(proxy.pid) - before) / load.requests;
    const memory = memoryMb(proxy.pid);
    return { load, cpuPerRequest, privateMb: memory.private, residentMb: memory.resident };
  } finally {
    await proxy.stop();
  }
}

function report(
  peers: readonly Peer[],
  measured: ReadonlyMap<string, readonly Round[]>,
  direct: readonly Load[],
) {
  const envoyCpu = median((measured.get('envoy') ?? []).map((round) => round.cpuPerRequest));
  const rows = peers.map(({ name, features }) => {
    const all = measured.get(name) ?? [];
    const cpu = median(all.map((round) => round.cpuPerRequest));
    return {
      name,
      features,
      cpuPerRequestMicros: cpu,
      ratioToEnvoy: envoyCpu > 0 ? cpu / envoyCpu : null,
      requestsPerSecond: median(all.map((round) => round.load.perSecond)),
      p99Ms: median(all.map((round) => round.load.p99Ms)),
      failed: all.reduce((sum, round) => sum + round.load.failed, 0),
      privateMb: median(all.map((round) => round.privateMb)),
      residentMb: median(all.map((round) => round.residentMb)),
    };
  });
  const table = markdownTable([
    [
      'one hop, plain HTTP/1.1',
      'CPU µs/request',
      '× Envoy',
      'requests/s',
      'p99 at saturation, ms',
      'failed',
      'private MB',
      'features',
    ],
    ['(no proxy)', '', '', median(direct.map((load) => load.perSecond)).toFixed(0), '', '', '', ''],
    ...rows.map((row) => [
      row.name,
      row.cpuPerRequestMicros.toFixed(1),
      row.ratioToEnvoy?.toFixed(2) ?? '–',
      row.requestsPerSecond.toFixed(0),
      row.p99Ms.toFixed(1),
      String(row.failed),
      row.privateMb.toFixed(0),
      row.features,
    ]),
  ]);
  return { table, rows };
}
