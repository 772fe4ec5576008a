import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { BehindGateway, GATEWAY_HOST, routeToServer, textOf } from './fixture/behind-gateway.ts';
import { eventually } from './fixture/eventually.ts';
import { agentOf } from './fixture/proxies.ts';
import { converse, privateMb } from './fixture/streams.ts';

/** Much, slow and hostile traffic through the ingress gateway and two agents, and what it costs the others. */

const GIGABYTE = 1 << 30;
/** A quarter of one body that passes: a proxy that keeps bodies grows by all of it, whatever the machine. */
const GROWTH_MB = 256;
const HEAD_TIMEOUT_MS = 1000;
const LIMITS = `
apiVersion: mesh.istio.io/v1alpha1
kind: MeshConfig
defaultConfig: { connectionSettings: { httpRequestHeadersTimeout: ${HEAD_TIMEOUT_MS}ms } }
`;

let server: BehindGateway;
let gateway: { host: string; port: number };
/** The containers of the three proxies on the way. */
let proxies: string[];

before(async () => {
  server = await BehindGateway.start('heavy', routeToServer());
  gateway = { host: '127.0.0.1', port: server.mesh.httpPort };
  proxies = await Promise.all(
    ['caller', 'istio-ingressgateway', 'server'].map((service) => agentOf(server.mesh, service)),
  );
});

after(async () => {
  await server?.[Symbol.asyncDispose]();
});

const get = async (path: string) => (await server.get(path)).text;

async function upload(bytes: number): Promise<string> {
  const { outgoing, answered } = server.open('/upload', {
    method: 'POST',
    headers: { 'content-length': bytes },
  });
  const chunk = Buffer.alloc(64 * 1024, 'lateen');
  for (let left = bytes; left > 0; left -= chunk.length) {
    const part = left < chunk.length ? chunk.subarray(0, left) : chunk;
    if (!outgoing.write(part)) await once(outgoing, 'drain');
  }
  outgoing.end();
  return textOf(await answered);
}

async function download(bytes: number): Promise<number> {
  const { outgoing, answered } = server.open(`/download?bytes=${bytes}`);
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
  const { outgoing, answered } = server.open(`/download?bytes=${GIGABYTE}`);
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
  const endings = await server.endings();
  return endings.filter((each) => each.startsWith('download'));
}

test('a server that reads slowly holds its caller back instead of filling the proxies', async () => {
  const before = await memory();
  const { outgoing, answered } = server.open('/upload?slow=200', {
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
  const start = `GET / HTTP/1.1\r\nhost: ${GATEWAY_HOST}\r\n`;
  const large = `${start}x-large: ${'v'.repeat(70 * 1024)}\r\n\r\n`;
  assert.match(await converse(gateway, large), /^HTTP\/1\.1 431 /);
  const many = Array.from({ length: 200 }, (_, index) => `x-${index}: v\r\n`).join('');
  assert.match(await converse(gateway, `${start}${many}\r\n`), /^HTTP\/1\.1 431 /);
});

test('a head that trickles in is given up after httpRequestHeadersTimeout, a slow body is not', async () => {
  await server.mesh.apply('limits.yaml', LIMITS);
  const trickle = (head: string) => {
    const socket = connect(gateway);
    socket.write(head);
    const timer = setInterval(() => socket.write('x'), 100);
    socket.on('close', () => clearInterval(timer));
    socket.on('error', () => socket.destroy());
    return socket;
  };
  const start = `POST /upload HTTP/1.1\r\nhost: ${GATEWAY_HOST}\r\n`;
  const [answer] = await once(trickle(`${start}x-slow: `), 'data');
  assert.match(String(answer), /^HTTP\/1\.1 408 Request Timeout\r\n/);
  const [body] = await once(trickle(`${start}content-length: 25\r\nconnection: close\r\n\r\n`), 'data');
  assert.match(String(body), /^HTTP\/1\.1 200 OK\r\n/);
});

test('others are answered while gigabytes pass', async () => {
  let isOver = false;
  const transfer = async (task: () => Promise<unknown>) => {
    while (!isOver) await task();
  };
  const transfers = [() => upload(GIGABYTE / 4), () => download(GIGABYTE / 4)].map(transfer);
  try {
    await answeredOften();
  } finally {
    isOver = true;
  }
  await Promise.all(transfers);
});

test('others are answered while hostile callers hang on', async () => {
  const hostile = Array.from({ length: 200 }, (_, index) => harass(index));
  const stop = setInterval(() => {
    for (const socket of hostile) if (!socket.destroyed && socket.writable) socket.write('x');
  }, 20);
  try {
    await answeredOften();
    const left = hostile.filter(({ destroyed, readyState }) => !destroyed && readyState === 'open').length;
    assert.ok(left >= 200 / 3, `${left} of them were still there`);
  } finally {
    clearInterval(stop);
    for (const socket of hostile) socket.destroy();
  }
  assert.match(await get('/'), /"method":"GET"/);
});

/** A hundred calls through the gateway, one after the other. */
async function answeredOften(): Promise<void> {
  for (let call = 0; call < 100; call++) {
    const response = await server.mesh.gateway('/', { signal: AbortSignal.timeout(30_000) });
    assert.equal(response.status, 200);
    await response.text();
  }
}

/** One of: a head that never ends, a body that never ends, garbage, a reader that never reads. */
function harass(index: number): Socket {
  const socket = connect(gateway);
  socket.on('error', () => socket.destroy());
  const head = `GET /download?bytes=${GIGABYTE} HTTP/1.1\r\nhost: ${GATEWAY_HOST}\r\n`;
  const upload = `POST /upload HTTP/1.1\r\nhost: ${GATEWAY_HOST}\r\ncontent-length: 99999\r\n\r\n`;
  // Few that do not read: what they leave lying fills the kernel's memory, which is the whole machine's.
  if (index < 3) socket.write(`${head}\r\n`);
  else socket.write([`${head}x-slow: `, upload, '\u0000\u0001garbage\r\n\r\n'][index % 3] ?? '');
  socket.pause();
  return socket;
}
