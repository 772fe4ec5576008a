import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { benchCompileAndPush } from './compile-and-push.ts';
import { benchConsole } from './console.ts';
import { benchGrpc } from './grpc.ts';
import { benchHttps } from './https.ts';
import { benchInMesh } from './in-mesh.ts';
import { benchManyRules } from './many-rules.ts';
import { benchMutualTls } from './mutual-tls.ts';
import { benchOneHop } from './one-hop.ts';
import { benchOneHopHttp2 } from './one-hop-http2.ts';
import { benchRawTcp } from './raw-tcp.ts';
import { benchShapes } from './shapes.ts';
import { benchTelemetry } from './telemetry.ts';
import { benchTestMesh } from './test-mesh.ts';
import { benchWhoMayCall } from './who-may-call.ts';

/**
 * `npm run bench [-- [quick] [PART …]]`: prints tables and writes `bench/results/*.json`. Ratios within one run are what
 * counts; absolute figures drift with the machine.
 */
const args = process.argv.slice(2);
const isQuick = args.includes('quick');
const programs = findPrograms(['nginx', 'haproxy', 'envoy', 'wrk', 'h2load']);
const [rounds, seconds, calls] = isQuick ? [1, 3, 40_000] : [3, 6, 100_000];

interface Outcome {
  readonly table: string;
  readonly rows: unknown;
}

/** In the order in which they run; null = a program is missing. */
const PARTS: Readonly<Record<string, () => Promise<Outcome> | Outcome | null>> = {
  oneHop: () => benchOneHop(programs, rounds, seconds),
  http2: () => (programs.has('h2load') ? benchOneHopHttp2(programs, rounds, calls) : null),
  grpc: () => (programs.has('h2load') ? benchGrpc(programs, rounds, { calls, seconds }) : null),
  https: () => benchHttps(programs, rounds, seconds),
  mutualTls: () => benchMutualTls(programs, rounds, seconds),
  shapes: () => (programs.has('h2load') ? benchShapes(programs, rounds, seconds) : null),
  rawTcp: () => benchRawTcp(programs, rounds, seconds),
  manyRules: () => benchManyRules(programs, rounds, seconds),
  whoMayCall: benchWhoMayCall,
  telemetry: benchTelemetry,
  console: benchConsole,
  controller: benchCompileAndPush,
  inMesh: () => benchInMesh(isQuick ? 10 : 50),
  testMesh: () => benchTestMesh(isQuick ? 3 : 9),
};

const wanted = args.filter((arg) => arg !== 'quick');
for (const name of wanted) {
  if (!(name in PARTS)) throw new Error(`no part ${name}: there are ${Object.keys(PARTS).join(', ')}`);
}
for (const name of ['nginx', 'wrk']) {
  if (!programs.has(name))
    throw new Error(`${name} is needed as backend or load; install it and run this again`);
}

console.log(`Machine: ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}\n`);
const results: Record<string, unknown> = {};
for (const [name, measure] of Object.entries(PARTS)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const outcome = await measure();
  if (outcome !== null) console.log(`${outcome.table}\n`);
  results[name] = outcome?.rows ?? null;
}
mkdirSync(new URL('results/', import.meta.url), { recursive: true });
const stamp = new Date().toISOString().replaceAll(':', '-');
writeFileSync(new URL(`results/${stamp}.json`, import.meta.url), JSON.stringify(results, null, 2));

/** By environment (`ENVOY=/path/to/envoy`) or from the path; what is not there is left out and said. */
function findPrograms(names: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const name of names) {
    const path = process.env[name.toUpperCase()] ?? which(name);
    if (path === '') console.log(`${name} is not on this machine: left out`);
    else found.set(name, path);
  }
  return found;
}

function which(name: string): string {
  try {
    return execFileSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).trim();
  } catch {
    // `command -v` fails for what is not there.
    return '';
  }
}
