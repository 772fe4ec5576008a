import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { eventually } from './fixture/eventually.ts';
import { type Mesh, startMesh } from './fixture/mesh.ts';
import { agentOf, converse, nodeService, privateMb, tunnels } from './fixture/streams.ts';

/** Much, slow and hostile traffic through the ingress gateway and two agents, and what it costs the others. */

const GIGABYTE = 1 << 30;
/** What a proxy may grow by while gigabytes pass: socket buffers and the pools of the runtime, not the bodies. */
const GROWTH_MB = 100;
const DOOR = 7071;
const HOST = 'istio-ingressgateway:8080';
const HEAD_TIMEOUT_MS = 1000;
const LIMITS = `
apiVersion: mesh.istio.io/v1alpha1
kind: MeshConfig
defaultConfig: { connectionSettings: { httpRequestHeadersTimeout: ${HEAD_TIMEOUT_MS}ms } }
`;
const ROUTE = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: door }
spec:
  selector: { istio: ingressgateway }
  servers: [{ port: { number: 8080, name: http, protocol: HTTP }, hosts: ["*"] }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: server }
spec:
  hosts: ["*"]
  gateways: [door]
  http: [{ route: [{ destination: { host: server, port: { number: 8080 } } }] }]
`;

let mesh: Mesh;
let door: { host: string; port: number };
let gateway: { host: string; port: number };
/** The containers of the three proxies on the way. */
let proxies: string[];

before(async () => {
  mesh = await startMesh({
    name: 'heavy',
    services:
      nodeService('server', 'server.ts', 'app: server, lateen.ports: "http:8080"') +
      tunnels({ [DOOR]: 'istio-ingressgateway:8080' }),
    config: { 'route.yaml': ROUTE },
  });
  const [caller = ''] = await mesh.containers('caller');
  door = { host: await mesh.address(caller), port: DOOR };
  gateway = { host: '127.0.0.1', port: mesh.httpPort };
  proxies = await Promise.all(
    ['caller', 'istio-ingressgateway', 'server'].map((service) => agentOf(mesh, service)),
  );
  await eventually('the server answers', async () => ((await get('/')).includes('GET') ? true : undefined));
});

after(async () => {
  await mesh?.[Symbol.asyncDispose]();
});

function open(path: string, options: { method?: string; headers?: Record<string, string | number> } = {}) {
  const headers = { host: HOST, ...options.headers };
  const outgoing = request({ ...door, path, agent: false, ...options, headers });
  const answered = once(outgoing, 'response').then(([incoming]) => incoming as IncomingMessage);
  return { outgoing, answered };
}

async function get(path: string): Promise<string> {
  const { outgoing, answered } = open(path);
  outgoing.end();
  return textOf(await answered);
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of incoming) text += String(chunk);
  return text;
}

async function upload(bytes: number): Promise<string> {
  const { outgoing, answered } = open('/upload', { method: 'POST', headers: { 'content-length': bytes } });
  const chunk = Buffer.alloc(64 * 1024, 'lateen');
  for (let left = bytes; left > 0; left -= chunk.length) {
    const part = left < chunk.length ? chunk.subarray(0, left) : chunk;
    if (!outgoing.write(part)) await once(outgoing, 'drain');
  }
  outgoing.end();
  return textOf(await answered);
}

async function download(bytes: number): Promise<number> {
  const { outgoing, answered } = open(`/download?bytes=${bytes}`);
  outgoing.end();
  let count = 0;
  for await (const chunk of await answered) count += (chunk as Buffer).length;
  return count;
}

const memory = () => Promise.all(proxies.map(privateMb));

/** The most that each proxy has used while `task` ran. */
async function peakMemory(task: Promise<unknown>): Promise<number[]> {
  let isOver = false;
  const ended = task.finally(() => {
    isOver = true;
  });
  let peak = await memory();
  while (!isOver) {
    const now = await memory();
    peak = peak.map((most, index) => Math.max(most, now[index] ?? 0));
  }
  await ended;
  return peak;
}

function assertFlat(before: readonly number[], now: readonly number[]): void {
  const grown = now.map((mb, index) => Math.round(mb - (before[index] ?? 0)));
  assert.ok(
    grown.every((mb) => mb <= GROWTH_MB),
    `caller's agent, gateway and server's agent grew by ${grown.join(', ')} MB`,
  );
}

test('a gigabyte up and one down at once pass whole, and the memory of no proxy grows with them', async (t) => {
  await Promise.all([upload(1 << 24), download(1 << 24)]);
  const before = await memory();
  const both = Promise.all([upload(GIGABYTE), download(GIGABYTE)]);
  const peak = await peakMemory(both);
  assert.deepEqual(await both, [String(GIGABYTE), GIGABYTE]);
  t.diagnostic(`MB before ${before.map(Math.round)}; at most ${peak.map(Math.round)}`);
  assertFlat(before, peak);
  assertFlat(before, await memory());
});

test('a reader that stops holds the server back instead of filling the proxies', async () => {
  const before = await memory();
  const ended = await downloads();
  const { outgoing, answered } = open(`/download?bytes=${GIGABYTE}`);
  outgoing.end();
  const incoming = await answered;
  incoming.pause();
  // What is on its way fills the buffers of sockets; then nothing moves.
  const cut = Promise.all(Array.from({ length: 20 }, () => get('/')));
  assertFlat(before, await peakMemory(cut));
  assert.deepEqual(await downloads(), ended, 'the server is done with a gigabyte that nobody has read');
  outgoing.destroy();
  await eventually('the server hears that its reader is gone', async () =>
    (await downloads()).length > ended.length ? true : undefined,
  );
});

/** How downloads have ended, as the server saw it. */
async function downloads(): Promise<string[]> {
  const endings = JSON.parse(await get('/endings')) as string[];
  return endings.filter((each) => each.startsWith('download'));
}

test('a server that reads slowly holds its caller back instead of filling the proxies', async () => {
  const before = await memory();
  const { outgoing, answered } = open('/upload?slow=200', {
    method: 'POST',
    headers: { 'content-length': GIGABYTE },
  });
  // Nobody waits for its end.
  answered.catch(() => {});
  const chunk = Buffer.alloc(64 * 1024);
  let isHeldBack = false;
  for (let sent = 0; sent < GIGABYTE / 4 && !isHeldBack; sent += chunk.length) {
    if (outgoing.write(chunk)) continue;
    const drained = once(outgoing, 'drain').then(() => true);
    isHeldBack = !(await Promise.race([drained, once(AbortSignal.timeout(2000), 'abort').then(() => false)]));
  }
  assert.ok(isHeldBack, 'a quarter of a gigabyte was taken from the caller');
  assertFlat(before, await memory());
  outgoing.destroy();
});

test('heads that are too large or have too many headers get 431', async () => {
  const start = `GET / HTTP/1.1\r\nhost: ${HOST}\r\n`;
  const large = `${start}x-large: ${'v'.repeat(70 * 1024)}\r\n\r\n`;
  assert.match(await converse(gateway, large), /^HTTP\/1\.1 431 /);
  const many = Array.from({ length: 200 }, (_, index) => `x-${index}: v\r\n`).join('');
  assert.match(await converse(gateway, `${start}${many}\r\n`), /^HTTP\/1\.1 431 /);
});

test('a head that trickles in is given up after httpRequestHeadersTimeout, a slow body is not', async () => {
  await mesh.apply('limits.yaml', LIMITS);
  const trickle = (head: string) => {
    const socket = connect(gateway);
    socket.write(head);
    const timer = setInterval(() => socket.write('x'), 100);
    socket.on('close', () => clearInterval(timer));
    socket.on('error', () => socket.destroy());
    return socket;
  };
  const start = `POST /upload HTTP/1.1\r\nhost: ${HOST}\r\n`;
  const [answer] = await once(trickle(`${start}x-slow: `), 'data');
  assert.match(String(answer), /^HTTP\/1\.1 408 Request Timeout\r\n/);
  const [body] = await once(trickle(`${start}content-length: 25\r\nconnection: close\r\n\r\n`), 'data');
  assert.match(String(body), /^HTTP\/1\.1 200 OK\r\n/);
});

test('hostile callers do not slow down the others', async () => {
  const quiet = await ninetieth();
  const hostile = Array.from({ length: 200 }, (_, index) => harass(index));
  const stop = setInterval(() => {
    for (const socket of hostile) if (!socket.destroyed && socket.writable) socket.write('x');
  }, 20);
  try {
    const meanwhile = await ninetieth();
    assert.ok(meanwhile < quiet + 250, `${meanwhile.toFixed(0)} ms instead of ${quiet.toFixed(0)}`);
  } finally {
    clearInterval(stop);
    for (const socket of hostile) socket.destroy();
  }
  assert.match(await get('/'), /"method":"GET"/);
});

/** What nine of ten calls through the gateway stay under. */
async function ninetieth(): Promise<number> {
  const all: number[] = [];
  for (let call = 0; call < 100; call++) {
    const startMs = performance.now();
    const response = await mesh.gateway('/');
    assert.equal(response.status, 200);
    await response.text();
    all.push(performance.now() - startMs);
  }
  return all.sort((a, b) => a - b)[90] ?? 0;
}

/** One of: a head that never ends, a body that never ends, garbage, a reader that never reads. */
function harass(index: number): Socket {
  const socket = connect(gateway);
  socket.on('error', () => socket.destroy());
  const head = `GET /download?bytes=${GIGABYTE} HTTP/1.1\r\nhost: ${HOST}\r\n`;
  const upload = `POST /upload HTTP/1.1\r\nhost: ${HOST}\r\ncontent-length: 99999\r\n\r\n`;
  // Few that do not read: what they leave lying fills the kernel's memory, which is the whole machine's.
  if (index < 3) socket.write(`${head}\r\n`);
  else socket.write([`${head}x-slow: `, upload, '\u0000\u0001garbage\r\n\r\n'][index % 3] ?? '');
  socket.pause();
  return socket;
}
