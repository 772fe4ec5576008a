import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import * as grpc from '@grpc/grpc-js';
import { createEchoClient, type EchoClient } from './fixture/echo-client.ts';
import { ECHO_SUBSETS, echoServer } from './fixture/echo-service.ts';
import { eventually } from './fixture/eventually.ts';
import { type Mesh, startMesh } from './fixture/mesh.ts';
import { metricsOf, sumOf } from './fixture/proxies.ts';
import { tunnels } from './fixture/streams.ts';
import type { Message } from './streams/grpc-service.ts';

/** A real gRPC client and real servers, through a caller's agent, the ingress gateway and the servers' agents. */

const DOOR = 7071;
const AUTHORITY = 'istio-ingressgateway:8080';

const ROUTE = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: door }
spec:
  selector: { istio: ingressgateway }
  servers: [{ port: { number: 8080, name: grpc, protocol: GRPC }, hosts: ["*"] }]
---
${ECHO_SUBSETS.trim()}
`;

const BALANCED = virtualService('http: [{ route: [{ destination: { host: echo } }] }]');
const CANARY = virtualService(`http:
    - match: [{ headers: { x-canary: { exact: "yes" } } }]
      route: [{ destination: { host: echo, subset: v2 } }]
    - match: [{ uri: { exact: /lateen.test.Echo/Collect } }]
      route: [{ destination: { host: echo, subset: v2 } }]
    - route: [{ destination: { host: echo, subset: v1 } }]`);

function virtualService(http: string): string {
  return `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: echo }
spec:
  hosts: ["*"]
  gateways: [door]
  ${http}
`;
}

let mesh: Mesh;
let client: EchoClient;

before(async () => {
  mesh = await startMesh({
    name: 'grpc',
    services: echoServer('v1') + echoServer('v2') + tunnels({ [DOOR]: AUTHORITY }),
    config: { 'door.yaml': ROUTE, 'echo.yaml': BALANCED },
  });
  const [caller = ''] = await mesh.containers('caller');
  client = createEchoClient(`${await mesh.address(caller)}:${DOOR}`, {
    'grpc.default_authority': AUTHORITY,
    // The mesh's own retries are what is looked at.
    'grpc.enable_retries': 0,
  });
  await eventually('both versions answer', async () => {
    const answers = await Promise.all([say(), say(), say(), say()]);
    return new Set(answers).size === 2 && !answers.includes(undefined) ? true : undefined;
  });
});

after(async () => {
  client?.close();
  await mesh?.[Symbol.asyncDispose]();
});

interface Answer {
  readonly error: grpc.ServiceError | null;
  readonly answer: Message | undefined;
}

function call(
  method: 'say' | 'refuse' | 'hang' | 'cancelled',
  { headers = {}, deadlineMs = 15_000 }: { headers?: Record<string, string>; deadlineMs?: number } = {},
): Promise<Answer> {
  const metadata = new grpc.Metadata();
  for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
  return new Promise((resolve) => {
    const options = { deadline: Date.now() + deadlineMs };
    client[method]({ text: 'hello' }, metadata, options, (error, answer) => resolve({ error, answer }));
  });
}

/** The version that answered, on the one connection that the client has. */
async function say(headers: Record<string, string> = {}): Promise<string | undefined> {
  return (await call('say', { headers })).answer?.by;
}

async function collect(words: readonly string[]): Promise<Message | undefined> {
  return new Promise((resolve, reject) => {
    const stream = client.collect((error, answer) => (error === null ? resolve(answer) : reject(error)));
    for (const text of words) stream.write({ text });
    stream.end();
  });
}

/** How many calls of both servers saw their caller give up. */
async function cancelledCalls(): Promise<number> {
  const counts = new Map<string, number>();
  await eventually('both versions tell', async () => {
    const { answer } = await call('cancelled');
    if (answer?.by !== undefined) counts.set(answer.by, Number(answer.text));
    return counts.size === 2 ? true : undefined;
  });
  return [...counts.values()].reduce((sum, each) => sum + each, 0);
}

test('unary calls on one connection are balanced call by call', async () => {
  const counts: Record<string, number> = {};
  for (let i = 0; i < 40; i++) {
    const by = (await say()) ?? 'failed';
    counts[by] = (counts[by] ?? 0) + 1;
  }
  assert.deepEqual(Object.keys(counts).sort(), ['v1', 'v2']);
  assert.ok((counts['v1'] ?? 0) >= 8 && (counts['v2'] ?? 0) >= 8, JSON.stringify(counts));
});

test('a stream of requests is answered once', async () => {
  const words = Array.from({ length: 500 }, (_, index) => `word-${index}`);
  assert.equal((await collect(words))?.text, words.join(' '));
});

test('a stream of answers comes whole and in order', async () => {
  const texts: string[] = [];
  for await (const { text } of client.count({ text: '2000' })) texts.push(text);
  assert.deepEqual(
    texts,
    Array.from({ length: 2000 }, (_, index) => String(index + 1)),
  );
});

test('both sides talk, word by word', async () => {
  const stream = client.chat();
  for (const text of ['one', 'two', 'three']) {
    stream.write({ text });
    const [answer] = await once(stream, 'data');
    assert.equal((answer as Message).text, text);
  }
  stream.end();
  const [status] = await once(stream, 'status');
  assert.equal((status as grpc.StatusObject).code, grpc.status.OK);
});

test('a status of the application passes with its words', async () => {
  const { error } = await call('refuse');
  assert.equal(error?.code, grpc.status.FAILED_PRECONDITION);
  assert.equal(error?.details, 'not like this: ä');
});

test('a call ends at its deadline, and the server hears of it', async () => {
  const before = await cancelledCalls();
  const { error } = await call('hang', { deadlineMs: 300 });
  // The proxies hold the same deadline (`grpc-timeout`): whose clock is first is chance, and theirs says 504 in gRPC.
  const said = error?.code === grpc.status.UNAVAILABLE ? error.details : error?.code;
  assert.ok([grpc.status.DEADLINE_EXCEEDED, 'upstream request timeout'].includes(said ?? ''), String(said));
  await eventually('it was cancelled', async () =>
    (await cancelledCalls()) === before + 1 ? true : undefined,
  );
});

test('a call that its caller cancels is cancelled at the server', async () => {
  const before = await cancelledCalls();
  const ended = new Promise<grpc.ServiceError | null>((resolve) => {
    const hanging = client.hang({ text: '' }, new grpc.Metadata(), {}, (error) => resolve(error));
    setTimeout(() => hanging.cancel(), 200);
  });
  assert.equal((await ended)?.code, grpc.status.CANCELLED);
  await eventually('it was cancelled', async () =>
    (await cancelledCalls()) === before + 1 ? true : undefined,
  );
});

test('metrics tell the status of gRPC, not only that of HTTP', async () => {
  const refused = ['grpc_response_status="9"', 'request_protocol="grpc"', 'response_code="200"'];
  await eventually('it is counted', async () => {
    const text = await metricsOf(mesh, 'istio-ingressgateway');
    return sumOf(text, 'istio_requests_total', ...refused) === 1 ? true : undefined;
  });
});

test('a canary by header and by method holds for gRPC', async () => {
  await mesh.apply('echo.yaml', CANARY);
  for (let i = 0; i < 10; i++) {
    assert.equal(await say(), 'v1');
    assert.equal(await say({ 'x-canary': 'yes' }), 'v2');
  }
  assert.equal((await collect(['a']))?.by, 'v2');
});

test('without a server a call fails as gRPC does: UNAVAILABLE', async () => {
  await mesh.compose('stop', '-t', '1', 'echo-v1');
  await mesh.settled();
  const { error } = await call('say');
  assert.equal(error?.code, grpc.status.UNAVAILABLE);
  assert.match(error?.details ?? '', /no healthy upstream/);
});
