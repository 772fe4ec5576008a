// The controller's side of the console without a mesh: the built pages, and answers that a test or a person sets.
import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import type { ConsoleStatus, ConsoleTopic, GraphView, LogView, TrafficView } from '../../model/console.ts';
import { FIXTURE_NOW, type FixtureMesh, figures, trafficPoints } from './fixture-mesh.ts';

export type Answers = Record<string, (query: URLSearchParams, body: unknown) => unknown>;

export interface StubServer extends AsyncDisposable {
  readonly url: string;
  /** `GET /api/status` → what it answers; may be changed while it runs. `undefined` is a 404. */
  readonly answers: Answers;
  /** Paths of the API that were asked for. */
  readonly asked: string[];
  /** How many pages follow events. */
  followers(): number;
  push(...topics: ConsoleTopic[]): void;
  /** All connections end, and none is answered until `comeBack`. */
  goAway(): void;
  comeBack(): void;
}

const TYPES: Readonly<Record<string, string>> = {
  ...{ '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css' },
  ...{ '.svg': 'image/svg+xml', '.json': 'application/json' },
};

/** As controller/console/console-server.ts sends it. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
  "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** @param pages folder of the built console */
export async function startStubServer(pages: string, answers: Answers, port = 0): Promise<StubServer> {
  const streams = new Set<ServerResponse>();
  const asked: string[] = [];
  let isAway = false;
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://stub');
    if (isAway) return response.destroy();
    if (!url.pathname.startsWith('/api/')) return void sendFile(pages, url.pathname, response);
    asked.push(`${request.method} ${url.pathname}${url.search}`);
    if (url.pathname === '/api/events') return openStream(streams, response);
    void answer(answers, request, url, response);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const end = () => {
    for (const stream of streams) stream.destroy();
    server.closeAllConnections();
  };
  return {
    ...{ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, answers, asked },
    followers: () => streams.size,
    push: (...topics) => {
      for (const stream of streams) stream.write(`event: changed\ndata: ${JSON.stringify({ topics })}\n\n`);
    },
    goAway: () => {
      isAway = true;
      end();
    },
    comeBack: () => {
      isAway = false;
    },
    [Symbol.asyncDispose]: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      end();
      await closed;
    },
  };
}

function openStream(streams: Set<ServerResponse>, response: ServerResponse): void {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
  response.write(': here\n\n');
  streams.add(response);
  response.on('close', () => streams.delete(response));
}

async function answer(answers: Answers, request: IncomingMessage, url: URL, response: ServerResponse) {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  const body: unknown = text === '' ? undefined : JSON.parse(text);
  const found = answers[`${request.method} ${url.pathname}`]?.(url.searchParams, body);
  const status = found === undefined ? 404 : 200;
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(found ?? { error: 'not found', remedy: 'Ask for something else.' }));
}

async function sendFile(pages: string, path: string, response: ServerResponse): Promise<void> {
  const name = extname(path) === '' ? '/index.html' : normalize(path);
  try {
    const content = await readFile(join(pages, name));
    const type = TYPES[extname(name)] ?? 'application/octet-stream';
    response.writeHead(200, { 'content-type': type, 'content-security-policy': POLICY }).end(content);
  } catch {
    response.writeHead(404).end();
  }
}

export const fixtureStatus = (more: Partial<ConsoleStatus> = {}): ConsoleStatus => ({
  ...{ meshId: 'shop', version: '0.1.0', nowMs: FIXTURE_NOW, isDockerConnected: true, isSettled: true },
  ...{ canWrite: false, whyReadOnly: 'No write token is set.', errors: 1, warnings: 2 },
  oldestTrafficMs: FIXTURE_NOW - 3_600_000,
  ...more,
});

/** What a controller with this mesh would answer on every address. */
export function fixtureAnswers(mesh: FixtureMesh): Answers {
  return {
    'GET /api/status': () => fixtureStatus(),
    'GET /api/services': () => mesh.services,
    'GET /api/workloads': () => mesh.workloads,
    'GET /api/routes': () => mesh.routes,
    'GET /api/graph': (query): GraphView => {
      const untilMs = Number(query.get('until')) || FIXTURE_NOW;
      const fromMs = untilMs - Number(query.get('seconds')) * 1000;
      return { fromMs, untilMs, nodes: mesh.nodes, edges: mesh.edges };
    },
    'GET /api/traffic': (query) => trafficOf(mesh, query),
    'GET /api/logs': (query) => logOf(query.get('of') ?? 'app'),
    'GET /api/config': () => [],
    'GET /api/schemas': () => ({}),
    'GET /api/history': () => [],
    'GET /api/traces': () => [],
  };
}

function trafficOf(mesh: FixtureMesh, query: URLSearchParams): TrafficView {
  const node = query.get('node');
  const seconds = Number(query.get('seconds'));
  const untilMs = Number(query.get('until')) || FIXTURE_NOW;
  const first = (side: 'source' | 'target') =>
    mesh.edges.find((edge) => edge[side] === node)?.figures ?? figures(0, 0, 0);
  return {
    stepMs: 5000,
    inbound: trafficPoints(first('target'), seconds, untilMs),
    outbound: trafficPoints(first('source'), seconds, untilMs),
  };
}

const logOf = (of: string): LogView => ({
  problem: '',
  lines: Array.from({ length: 60 }, (_, index) => ({
    atMs: FIXTURE_NOW - (60 - index) * 1700,
    stream: index % 13 === 5 ? 'stderr' : 'stdout',
    text:
      of === 'agent'
        ? `[2026-03-02T09:58:${String(index % 60).padStart(2, '0')}.120Z] "GET /reviews/0 HTTP/1.1" ${index % 13 === 5 ? '503 UF' : '200 -'} via_upstream - "-" 0 379 ${3 + (index % 9)} 2 "-" "node" "6f1f4f0e" "reviews:9080"`
        : `GET /reviews/0 ${index % 13 === 5 ? 'failed: ratings answered 503' : 'answered 200'} in ${3 + (index % 9)} ms`,
  })),
});
