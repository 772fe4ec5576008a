import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { benchCompileAndPush } from './compile-and-push.ts';
import { benchGrpc } from './grpc.ts';
import { benchHttps } from './https.ts';
import { benchInMesh } from './in-mesh.ts';
import { benchManyRules } from './many-rules.ts';
import { benchMutualTls } from './mutual-tls.ts';
import { benchOneHop } from './one-hop.ts';
import { benchOneHopHttp2 } from './one-hop-http2.ts';
import { benchRawTcp } from './raw-tcp.ts';
import { benchWhoMayCall } from './who-may-call.ts';

/**
 * `npm run bench [-- quick]`: prints tables and writes `bench/results/*.json`. Ratios within one run are what counts;
 * absolute figures drift with the machine.
 */
const isQuick = process.argv.includes('quick');
const programs = findPrograms(['nginx', 'haproxy', 'envoy', 'wrk', 'h2load']);
for (const name of ['nginx', 'wrk']) {
  if (!programs.has(name))
    throw new Error(`${name} is needed as backend or load; install it and run this again`);
}

console.log(`Machine: ${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, Node ${process.versions.node}\n`);
const oneHop = await benchOneHop(programs, isQuick ? 1 : 3, isQuick ? 3 : 6);
console.log(`${oneHop.table}\n`);
const http2 = programs.has('h2load')
  ? await benchOneHopHttp2(programs, isQuick ? 1 : 3, isQuick ? 40_000 : 100_000)
  : null;
if (http2 !== null) console.log(`${http2.table}\n`);
const grpc = programs.has('h2load')
  ? await benchGrpc(programs, isQuick ? 1 : 3, {
      calls: isQuick ? 40_000 : 100_000,
      seconds: isQuick ? 3 : 6,
    })
  : null;
if (grpc !== null) console.log(`${grpc.table}\n`);
const https = await benchHttps(programs, isQuick ? 1 : 3, isQuick ? 3 : 6);
console.log(`${https.table}\n`);
const mutualTls = await benchMutualTls(programs, isQuick ? 1 : 3, isQuick ? 3 : 6);
console.log(`${mutualTls.table}\n`);
const rawTcp = await benchRawTcp(programs, isQuick ? 1 : 3, isQuick ? 3 : 6);
console.log(`${rawTcp.table}\n`);
const manyRules = await benchManyRules(programs, isQuick ? 1 : 3, isQuick ? 3 : 6);
console.log(`${manyRules.table}\n`);
const whoMayCall = benchWhoMayCall();
console.log(`${whoMayCall.table}\n`);
const controller = benchCompileAndPush();
console.log(`${controller.table}\n`);
const inMesh = await benchInMesh(isQuick ? 10 : 50);
console.log(`${inMesh.table}\n`);
mkdirSync(new URL('results/', import.meta.url), { recursive: true });
const stamp = new Date().toISOString().replaceAll(':', '-');
writeFileSync(
  new URL(`results/${stamp}.json`, import.meta.url),
  JSON.stringify(
    {
      oneHop: oneHop.rows,
      http2: http2?.rows ?? null,
      grpc: grpc?.rows ?? null,
      https: https.rows,
      mutualTls: mutualTls.rows,
      rawTcp: rawTcp.rows,
      manyRules: manyRules.rows,
      whoMayCall: whoMayCall.rows,
      controller: controller.rows,
      inMesh: inMesh.rows,
    },
    null,
    2,
  ),
);

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
