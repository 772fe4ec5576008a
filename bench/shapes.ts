import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { h2load } from './h2load.ts';
import { peersOn } from './one-hop.ts';
import { http2Peers } from './one-hop-http2.ts';
import { cpuMicros, memoryMb, start } from './process.ts';
import { markdownTable, median } from './table.ts';
import { wrk } from './wrk.ts';

const MEGABYTE = 1_000_000;

interface Round {
  readonly cpuPerRequest: number;
  readonly perSecond: number;
  readonly failed: number;
  readonly privateMb: number;
}

/** How much was done, and how much of that failed. */
type Run = (url: string, seconds: number) => Promise<{ requests: number; perSecond: number; failed: number }>;

interface Shape {
  readonly what: string;
  readonly path: string;
  readonly isHttp2?: boolean;
  readonly run: Run;
}

/** Loads other than many small requests on kept connections: large bodies, callers that come and go, many at once. */
export async function benchShapes(programs: ReadonlyMap<string, string>, rounds: number, seconds: number) {
  const folder = mkdtempSync(join(tmpdir(), 'lateen-bench-'));
  const measured = new Map<string, Round[]>();
  const shapes = shapesIn(folder, programs.get('h2load') ?? 'h2load');
  writeFileSync(join(folder, 'megabyte'), Buffer.alloc(MEGABYTE, 'a'));
  writeFileSync(join(folder, 'nginx.conf'), backendConfig(folder));
  const backend = await start([programs.get('nginx') ?? 'nginx', '-c', join(folder, 'nginx.conf')], 9100);
  try {
    for (let round = 0; round < rounds; round++) {
      for (const shape of shapes) {
        for (const peer of peersFor(programs, shape)) {
          console.error(`  shapes, round ${round + 1} of ${rounds}: ${peer.name}, ${shape.what}`);
          const key = `${shape.what} ${peer.name}`;
          measured.set(key, [...(measured.get(key) ?? []), await measure(peer, shape, seconds)]);
        }
      }
    }
  } finally {
    await backend.stop();
    rmSync(folder, { recursive: true });
  }
  return report(programs, shapes, measured);
}

function shapesIn(folder: string, h2loadProgram: string): Shape[] {
  const script = join(folder, 'upload.lua');
  writeFileSync(script, `wrk.method = "POST"\nwrk.body = string.rep("a", ${MEGABYTE})\n`);
  const byWrk =
    (options: readonly string[], headers: readonly string[] = []): Run =>
    (url, seconds) =>
      wrk(url, seconds, '', headers, options);
  const byH2load: Run = async (url, seconds) => {
    const requests = 500 * seconds;
    const more = ['-w', '20', '-W', '20'];
    const load = await h2load(h2loadProgram, url, { connections: 4, streams: 4 }, requests, {
      ...{ headers: [], more },
    });
    return { requests, ...load };
  };
  return [
    { what: 'a megabyte down, 8 connections', path: '/megabyte', run: byWrk(['-c8']) },
    { what: 'a megabyte up, 8 connections', path: '/upload', run: byWrk(['-c8', '-s', script]) },
    { what: 'a megabyte down, HTTP/2, 4 × 4', path: '/megabyte', isHttp2: true, run: byH2load },
    { what: 'a new connection for each', path: '/1', run: byWrk([], ['Connection: close']) },
    { what: '200 connections', path: '/1', run: byWrk(['-c200']) },
  ];
}

const peersFor = (programs: ReadonlyMap<string, string>, { isHttp2 = false }: Shape) =>
  isHttp2
    ? http2Peers(programs)
    : peersOn(programs).filter(({ name }) => name === 'envoy' || name === 'lateen');

/** Both ports that the proxies ask; what is uploaded is read to its end by a server behind it. */
function backendConfig(folder: string): string {
  const server = (listen: string) => `
  server {
    listen 127.0.0.1:${listen};
    location = /ratings/megabyte { alias ${folder}/megabyte; }
    location = /ratings/upload { proxy_pass http://127.0.0.1:9109; }
    location / { return 200 '{"id":1,"ratings":{"Reviewer1":5,"Reviewer2":4},"pad":"....."}'; }
  }`;
  return `worker_processes 1;
daemon off;
pid ${folder}/nginx.pid;
error_log /dev/null crit;
events { worker_connections 8192; }
http {
  access_log off;
  sendfile on;
  keepalive_requests 100000000;
  client_max_body_size 8m;
  client_body_buffer_size 2m;
  client_body_temp_path ${folder};
${server('9100 reuseport backlog=4096')}
${server('9108 http2 reuseport backlog=4096')}
  server { listen 127.0.0.1:9109; location / { return 200 'ok'; } }
}
`;
}

async function measure(
  peer: { readonly port: number; readonly command: readonly string[] },
  { path, run }: Shape,
  seconds: number,
): Promise<Round> {
  const proxy = await start(peer.command, peer.port);
  try {
    const url = `http://127.0.0.1:${peer.port}/ratings${path}`;
    await run(url, Math.min(2, seconds));
    const before = cpuMicros(proxy.pid);
    const { requests, perSecond, failed } = await run(url, seconds);
    const cpuPerRequest = (cpuMicros(proxy.pid) - before) / requests;
    return { cpuPerRequest, perSecond, failed, privateMb: memoryMb(proxy.pid).private };
  } finally {
    await proxy.stop();
  }
}

function report(
  programs: ReadonlyMap<string, string>,
  shapes: readonly Shape[],
  measured: ReadonlyMap<string, readonly Round[]>,
) {
  const rows = shapes.flatMap((shape) => {
    const all = (name: string) => measured.get(`${shape.what} ${name}`) ?? [];
    const cpuOf = (name: string) => median(all(name).map((round) => round.cpuPerRequest));
    return peersFor(programs, shape).map(({ name }) => ({
      ...{ what: shape.what, name, cpuPerRequestMicros: cpuOf(name) },
      ratioToEnvoy: all('envoy').length > 0 ? cpuOf(name) / cpuOf('envoy') : null,
      requestsPerSecond: median(all(name).map((round) => round.perSecond)),
      failed: all(name).reduce((sum, round) => sum + round.failed, 0),
      privateMb: median(all(name).map((round) => round.privateMb)),
    }));
  });
  const table = markdownTable([
    ['one hop', 'proxy', 'CPU µs/request', '× Envoy', 'requests/s', 'failed', 'private MB'],
    ...rows.map((row) => [
      ...[row.what, row.name, row.cpuPerRequestMicros.toFixed(1), row.ratioToEnvoy?.toFixed(2) ?? '–'],
      ...[row.requestsPerSecond.toFixed(0), String(row.failed), row.privateMb.toFixed(0)],
    ]),
  ]);
  return { table, rows };
}
