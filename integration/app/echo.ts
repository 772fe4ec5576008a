/**
 * The application of the recorded scenarios (vectors/README.md): answers 200, or what `x-echo-status` says, after
 * `x-echo-delay`, and keeps what it saw. On the driver port, which tests exclude from capture, it tells what arrived
 * and makes calls from inside its container.
 */

import { Resolver } from 'node:dns/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, isIP } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** A request that reached this application. */
export interface EchoArrival {
  readonly id: string;
  /** Wall clock: all containers of an engine have the same. */
  readonly atMs: number;
  readonly port: number;
  readonly method: string;
  readonly path: string;
  readonly proto: string;
  readonly headers: readonly string[];
  readonly status: number;
}

/** Calls to be made one after the other, each on a connection of its own. */
export interface EchoErrand {
  readonly host: string;
  readonly port: number;
  /** All that is sent, in latin1. */
  readonly text: string;
  readonly times: number;
}

export interface EchoOutcome {
  readonly startMs: number;
  readonly ms: number;
  /** All that came, in base64. */
  readonly bytes: string;
  /** Code of the socket's error, '' = none. */
  readonly error: string;
}

/** What a name leads to that nobody knows: routing is by the Host header all the same. */
const NOWHERE_ADDRESS = '240.240.255.254';
const TIMEOUT_MS = 20_000;
/** The mesh answers at once; what only the outside may know is asked once, and not for long. */
const resolver = new Resolver({ timeout: 1000, tries: 1 });

const name = process.env['NAME'] ?? '';
const ports = (process.env['PORTS'] ?? '').split(',').filter(Boolean).map(Number);
let arrivals: EchoArrival[] = [];
let sequence = 0;

for (const port of ports) {
  const server = createServer((request, response) => void answer(port, request, response));
  // Never the first to close: a proxy's kept connection must not end under a request.
  server.keepAliveTimeout = 0;
  server.listen(port);
}
createServer((request, response) => void serveDriver(request, response)).listen(7070);
process.on('SIGTERM', () => process.exit(0));

async function answer(port: number, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = '', url: path = '', headers, rawHeaders, httpVersion } = request;
  const status = Number(headers['x-echo-status'] ?? 200);
  const id = `${name}/${sequence++}`;
  const seen = { port, method, path, proto: `HTTP/${httpVersion}`, headers: rawHeaders, status };
  arrivals.push({ id, atMs: Date.now(), ...seen });
  for await (const _ of request);
  await sleep(parseDelayMs(String(headers['x-echo-delay'] ?? '')));
  response.writeHead(status, { 'content-type': 'application/json', 'x-echo-arrival': id }).end('{}');
}

function parseDelayMs(text: string): number {
  const match = /^([0-9.]+)(ms|s)$/.exec(text);
  return match === null ? 0 : Number(match[1]) * (match[2] === 's' ? 1000 : 1);
}

/** `POST` an errand: its outcomes. `DELETE`: what arrived since the last time. */
async function serveDriver(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const reply = (value: unknown) => response.end(JSON.stringify(value));
  if (request.method === 'DELETE') {
    reply(arrivals);
    arrivals = [];
    return;
  }
  const errand = JSON.parse(Buffer.concat(chunks).toString()) as EchoErrand;
  const address = await resolve(errand.host);
  const outcomes: EchoOutcome[] = [];
  for (let i = 0; i < errand.times; i++) outcomes.push(await runOne(errand, address));
  reply(outcomes);
}

async function resolve(host: string): Promise<string> {
  if (isIP(host) !== 0) return host;
  const addresses = await resolver.resolve4(host).catch(() => []);
  return addresses[0] ?? NOWHERE_ADDRESS;
}

function runOne({ port, text }: EchoErrand, host: string): Promise<EchoOutcome> {
  const startMs = Date.now();
  const start = performance.now();
  return new Promise((resolveOutcome) => {
    const chunks: Buffer[] = [];
    const finish = (error: string) => {
      socket.destroy();
      const bytes = Buffer.concat(chunks).toString('base64');
      resolveOutcome({ startMs, ms: performance.now() - start, bytes, error });
    };
    const socket = connect({ host, port });
    socket.setTimeout(TIMEOUT_MS, () => finish('timeout'));
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', (error: Error & { code?: string }) => finish(error.code ?? error.message));
    socket.on('close', () => finish(''));
    socket.write(text, 'latin1');
  });
}
