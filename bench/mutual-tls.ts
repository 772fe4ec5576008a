import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeCertificateRequest } from '../agent/identity/certificate-request.ts';
import { createAuthority, createRoot } from '../controller/ca/authority.ts';
import { Certificates } from '../controller/ca/certificates.ts';
import { spiffeId } from '../model/names.ts';
import { here, startBackend } from './one-hop.ts';
import { cpuMicros, memoryMb, start } from './process.ts';
import { markdownTable, median } from './table.ts';
import { wrk } from './wrk.ts';

/** `fresh`: new connections behind both proxies for each request, with whatever of a TLS session they take up again. */
const LOADS = ['kept', 'fresh'] as const;

type LoadName = (typeof LOADS)[number];

/** Two proxies of one kind. */
interface Pair {
  readonly name: string;
  readonly load: LoadName;
  readonly out: { readonly port: number; readonly command: readonly string[] };
  readonly in: { readonly port: number; readonly command: readonly string[] };
}

interface Round {
  readonly outCpu: number;
  readonly inCpu: number;
  readonly perSecond: number;
  readonly p99Ms: number;
  readonly failed: number;
  readonly privateMb: number;
}

/** What the calls name: by another name they would pass to where the connection was going, without TLS. */
const SERVICE = 'ratings';

/** wrk → plain → proxy → mutual TLS (1.3, P-256) → proxy → plain → nginx, HTTP/1.1. */
export async function benchMutualTls(programs: ReadonlyMap<string, string>, rounds: number, seconds: number) {
  const folder = mkdtempSync(join(tmpdir(), 'lateen-bench-'));
  const backend = await startBackend(programs);
  const measured = new Map<string, Round[]>();
  try {
    await writeIdentities(folder);
    const pairs = LOADS.flatMap((load) => pairsOn(programs, folder, load));
    for (let round = 0; round < rounds; round++) {
      for (const pair of pairs) {
        console.error(`  mutual TLS, round ${round + 1} of ${rounds}: ${keyOf(pair)}`);
        measured.set(keyOf(pair), [...(measured.get(keyOf(pair)) ?? []), await measure(pair, seconds)]);
      }
    }
    return report(pairs, measured);
  } finally {
    await backend.stop();
    rmSync(folder, { recursive: true });
  }
}

const keyOf = ({ name, load }: Pick<Pair, 'name' | 'load'>) => `${load} ${name}`;

/** For ours as the agent keeps them, for Envoy as files. */
async function writeIdentities(folder: string): Promise<void> {
  const root = await createRoot('cluster.local', Date.now());
  const certificates = new Certificates(await createAuthority(root, [], Date.now));
  for (const [role, account] of [['out', 'client'] as const, ['in', 'ratings'] as const]) {
    const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const request = encodeCertificateRequest(publicKey, privateKey);
    const issued = await certificates.issue(role, spiffeId('default', account), request);
    if (issued === null) throw new Error('the authority refused a request');
    const key = privateKey.export({ format: 'pem', type: 'pkcs8' }) as string;
    writeFileSync(join(folder, `${role}.json`), JSON.stringify({ ...issued, key }), { mode: 0o600 });
    writeFileSync(join(folder, `${role}.crt`), issued.chain);
    writeFileSync(join(folder, `${role}.key`), key, { mode: 0o600 });
    writeFileSync(join(folder, 'root.crt'), issued.roots);
  }
}

function pairsOn(programs: ReadonlyMap<string, string>, folder: string, load: LoadName): Pair[] {
  const ours = (role: string) => [process.execPath, here('mutual-tls-proxy.ts'), role, folder, load];
  const lateen = {
    ...{ name: 'lateen', load },
    out: { port: 9116, command: ours('out') },
    in: { port: 9117, command: ours('in') },
  };
  const program = programs.get('envoy');
  if (program === undefined) return [lateen];
  const envoy = (role: 'in' | 'out') => {
    const config = join(folder, `${load}-${role}.yaml`);
    writeFileSync(config, envoyConfig(role, folder, load));
    return [program, '-c', config, '--concurrency', '1', '-l', 'error', '--disable-hot-restart'];
  };
  const peer = {
    ...{ name: 'envoy', load },
    out: { port: 9118, command: envoy('out') },
    in: { port: 9119, command: envoy('in') },
  };
  return [peer, lateen];
}

/** The plain peer with TLS behind it, or in front of it. */
function envoyConfig(role: 'in' | 'out', folder: string, load: LoadName): string {
  const path = (name: string) => join(folder, name);
  const pair = `{ certificate_chain: { filename: ${path(`${role}.crt`)} }, private_key: { filename: ${path(`${role}.key`)} } }`;
  const common = `common_tls_context: { alpn_protocols: [istio], tls_certificates: [${pair}], validation_context: { trusted_ca: { filename: ${path('root.crt')} } } }`;
  const type = (name: string) =>
    `"@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.${name}`;
  const socket = (config: string) =>
    `transport_socket: { name: envoy.transport_sockets.tls, typed_config: { ${config} } }`;
  const each = load === 'fresh' ? ONE_REQUEST : '';
  const plain = readFileSync(here('peers/envoy.yaml'), 'utf8').replace(
    '      lb_policy: LEAST_REQUEST',
    `      lb_policy: LEAST_REQUEST${each}`,
  );
  return role === 'in'
    ? plain
        .replace('port_value: 9103', 'port_value: 9119')
        .replace(
          '        - filters:',
          `        - ${socket(`${type('DownstreamTlsContext')}, require_client_certificate: true, ${common}`)}\n          filters:`,
        )
    : plain
        .replace('port_value: 9103', 'port_value: 9118')
        .replace('port_value: 9100', 'port_value: 9119')
        .replace(
          '      lb_policy: LEAST_REQUEST',
          `      lb_policy: LEAST_REQUEST\n      ${socket(`${type('UpstreamTlsContext')}, ${common}`)}`,
        );
}

const ONE_REQUEST = `
      typed_extension_protocol_options:
        envoy.extensions.upstreams.http.v3.HttpProtocolOptions:
          "@type": type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions
          common_http_protocol_options: { max_requests_per_connection: 1 }
          explicit_http_config: { http_protocol_options: {} }`;

async function measure(pair: Pair, seconds: number): Promise<Round> {
  const inbound = await start(pair.in.command, pair.in.port);
  const outbound = await start(pair.out.command, pair.out.port);
  try {
    const url = `http://127.0.0.1:${pair.out.port}/ratings/1`;
    await wrk(url, Math.min(3, seconds), SERVICE);
    const before = { out: cpuMicros(outbound.pid), in: cpuMicros(inbound.pid) };
    const { requests, perSecond, p99Ms, failed } = await wrk(url, seconds, SERVICE);
    return {
      outCpu: (cpuMicros(outbound.pid) - before.out) / requests,
      inCpu: (cpuMicros(inbound.pid) - before.in) / requests,
      ...{ perSecond, p99Ms, failed },
      privateMb: Math.max(memoryMb(outbound.pid).private, memoryMb(inbound.pid).private),
    };
  } finally {
    await outbound.stop();
    await inbound.stop();
  }
}

function report(pairs: readonly Pair[], measured: ReadonlyMap<string, readonly Round[]>) {
  const of = (key: string, value: (round: Round) => number) => median((measured.get(key) ?? []).map(value));
  const both = (round: Round) => round.outCpu + round.inCpu;
  const rows = pairs.map((pair) => {
    const key = keyOf(pair);
    const envoy = of(keyOf({ ...pair, name: 'envoy' }), both);
    return {
      ...{ name: pair.name, load: pair.load },
      outCpuMicros: of(key, ({ outCpu }) => outCpu),
      inCpuMicros: of(key, ({ inCpu }) => inCpu),
      bothCpuMicros: of(key, both),
      ratioToEnvoy: envoy > 0 ? of(key, both) / envoy : null,
      requestsPerSecond: of(key, ({ perSecond }) => perSecond),
      p99Ms: of(key, ({ p99Ms }) => p99Ms),
      failed: (measured.get(key) ?? []).reduce((sum, { failed }) => sum + failed, 0),
      privateMb: of(key, ({ privateMb }) => privateMb),
    };
  });
  const table = markdownTable([
    [
      ...[
        'two hops, mutual TLS between',
        'connection',
        'CPU µs/request out',
        'in',
        'both',
        '× Envoy',
        'requests/s',
      ],
      ...['p99 at saturation, ms', 'failed', 'private MB of one'],
    ],
    ...rows.map((row) => [
      ...[row.name, row.load === 'kept' ? 'kept' : 'new for each request'],
      ...[row.outCpuMicros.toFixed(1), row.inCpuMicros.toFixed(1), row.bothCpuMicros.toFixed(1)],
      ...[row.ratioToEnvoy?.toFixed(2) ?? '–', row.requestsPerSecond.toFixed(0), row.p99Ms.toFixed(1)],
      ...[String(row.failed), row.privateMb.toFixed(0)],
    ]),
  ]);
  return { table, rows };
}
