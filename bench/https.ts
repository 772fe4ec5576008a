import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTestAuthority } from '../base/certificate.fixture.ts';
import { here, startBackend } from './one-hop.ts';
import { cpuMicros, memoryMb, start } from './process.ts';
import { markdownTable, median } from './table.ts';
import { wrk } from './wrk.ts';

interface Peer {
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

/** `fresh`: a connection with its whole handshake (ECDSA P-256, TLS 1.3) for each request. */
const LOADS = { kept: [], fresh: ['Connection: close'] } as const;

type LoadName = keyof typeof LOADS;

/** HTTPS ended by one proxy of one worker between wrk and nginx: Envoy (if it is there) and ours in turn. */
export async function benchHttps(programs: ReadonlyMap<string, string>, rounds: number, seconds: number) {
  const folder = mkdtempSync(join(tmpdir(), 'lateen-bench-'));
  const measured = new Map<string, Round[]>();
  const backend = await startBackend(programs);
  try {
    const peers = await peersOn(programs, folder);
    for (let round = 0; round < rounds; round++) {
      for (const load of Object.keys(LOADS) as LoadName[]) {
        for (const peer of peers) {
          console.error(`  HTTPS, round ${round + 1} of ${rounds}: ${peer.name}, ${load}`);
          const key = `${load} ${peer.name}`;
          measured.set(key, [...(measured.get(key) ?? []), await measure(peer, load, seconds)]);
        }
      }
    }
    return report(peers, measured);
  } finally {
    await backend.stop();
    rmSync(folder, { recursive: true });
  }
}

async function peersOn(programs: ReadonlyMap<string, string>, folder: string): Promise<Peer[]> {
  const { certificate, privateKey } = await (await createTestAuthority()).issue('bench.example');
  const files = { certificate: join(folder, 'tls.crt'), key: join(folder, 'tls.key') };
  writeFileSync(files.certificate, certificate);
  writeFileSync(files.key, privateKey, { mode: 0o600 });
  const lateen = {
    name: 'lateen',
    port: 9114,
    command: [process.execPath, here('one-hop-proxy.ts'), 'https', folder],
  };
  const envoy = programs.get('envoy');
  if (envoy === undefined) return [lateen];
  const config = join(folder, 'envoy.yaml');
  writeFileSync(config, envoyConfig(files));
  const args = ['-c', config, '--concurrency', '1', '-l', 'error', '--disable-hot-restart'];
  return [{ name: 'envoy', port: 9113, command: [envoy, ...args] }, lateen];
}

/** The plain peer with TLS in front of it. */
function envoyConfig({ certificate, key }: { readonly certificate: string; readonly key: string }): string {
  const pair = `{ certificate_chain: { filename: ${certificate} }, private_key: { filename: ${key} } }`;
  const type = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext';
  const context = `{ "@type": ${type}, common_tls_context: { alpn_protocols: [h2, http/1.1], tls_certificates: [${pair}] } }`;
  const socket = `{ name: envoy.transport_sockets.tls, typed_config: ${context} }`;
  return readFileSync(here('peers/envoy.yaml'), 'utf8')
    .replace('port_value: 9103', 'port_value: 9113')
    .replace('        - filters:', `        - transport_socket: ${socket}\n          filters:`);
}

async function measure(peer: Peer, load: LoadName, seconds: number): Promise<Round> {
  const proxy = await start(peer.command, peer.port);
  try {
    const url = `https://127.0.0.1:${peer.port}/ratings/1`;
    await wrk(url, Math.min(3, seconds), '', LOADS[load]);
    const before = cpuMicros(proxy.pid);
    const { requests, perSecond, failed } = await wrk(url, seconds, '', LOADS[load]);
    const cpuPerRequest = (cpuMicros(proxy.pid) - before) / requests;
    return { cpuPerRequest, perSecond, failed, privateMb: memoryMb(proxy.pid).private };
  } finally {
    await proxy.stop();
  }
}

function report(peers: readonly Peer[], measured: ReadonlyMap<string, readonly Round[]>) {
  const rows = (Object.keys(LOADS) as LoadName[]).flatMap((load) => {
    const cpuOf = (name: string) =>
      median((measured.get(`${load} ${name}`) ?? []).map((round) => round.cpuPerRequest));
    return peers.map(({ name }) => {
      const all = measured.get(`${load} ${name}`) ?? [];
      return {
        ...{ load, name, cpuPerRequestMicros: cpuOf(name) },
        ratioToEnvoy: cpuOf('envoy') > 0 ? cpuOf(name) / cpuOf('envoy') : null,
        requestsPerSecond: median(all.map((round) => round.perSecond)),
        failed: all.reduce((sum, round) => sum + round.failed, 0),
        privateMb: median(all.map((round) => round.privateMb)),
      };
    });
  });
  const table = markdownTable([
    ['HTTPS', 'proxy', 'CPU µs/request', '× Envoy', 'requests or handshakes/s', 'failed', 'private MB'],
    ...rows.map((row) => [
      row.load === 'kept' ? 'kept connections' : 'a full handshake each',
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
