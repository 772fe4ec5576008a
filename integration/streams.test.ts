import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { eventually } from './fixture/eventually.ts';
import { type Mesh, startMesh } from './fixture/mesh.ts';
import { converse, nodeService, tunnels } from './fixture/streams.ts';

/** Long-lived exchanges of real clients through a caller's agent, the ingress gateway and the server's agent. */

const DOOR = 7071;
const HOST = 'istio-ingressgateway:8080';
const ROUTE_TIMEOUT_MS = 1000;

function route(name: string): string {
  return `
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
  http:
    - name: ${name}
      match: [{ uri: { prefix: /chat } }]
      timeout: ${ROUTE_TIMEOUT_MS}ms
      route: [{ destination: { host: server, port: { number: 8080 } } }]
    - route: [{ destination: { host: server, port: { number: 8080 } } }]
`;
}

let mesh: Mesh;
let door: { host: string; port: number };

before(async () => {
  mesh = await startMesh({
    name: 'streams',
    services:
      nodeService('server', 'server.ts', 'app: server, lateen.ports: "http:8080"') +
      tunnels({ [DOOR]: 'istio-ingressgateway:8080' }),
    config: { 'route.yaml': route('first') },
  });
  const [caller = ''] = await mesh.containers('caller');
  door = { host: await mesh.address(caller), port: DOOR };
  await eventually('the server answers', async () => ((await get('/')).status === 200 ? true : undefined));
});

after(async () => {
  await mesh?.[Symbol.asyncDispose]();
});

/** A request of which the caller reads the answer as it comes. */
function open(path: string, options: { method?: string; headers?: Record<string, string> } = {}) {
  const headers = { host: HOST, ...options.headers };
  const outgoing = request({ ...door, path, agent: false, ...options, headers });
  const answered = once(outgoing, 'response').then(([incoming]) => incoming as IncomingMessage);
  return { outgoing, answered };
}

async function get(path: string) {
  const { outgoing, answered } = open(path);
  outgoing.end();
  const incoming = await answered;
  return { status: incoming.statusCode, headers: incoming.headers, text: await textOf(incoming), incoming };
}

async function textOf(incoming: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of incoming) text += String(chunk);
  return text;
}

const endings = async () => JSON.parse((await get('/endings')).text) as string[];

async function openChat(): Promise<WebSocket> {
  const socket = new WebSocket(`ws://${door.host}:${door.port}/chat`, { headers: { host: HOST } });
  await once(socket, 'open');
  return socket;
}

async function say(socket: WebSocket, word: string | Buffer): Promise<string> {
  const heard = once(socket, 'message', { signal: AbortSignal.timeout(10_000) });
  socket.send(word);
  return String((await heard)[0]);
}

describe('a WebSocket', () => {
  test('carries words and megabytes both ways', async () => {
    const socket = await openChat();
    assert.equal(await say(socket, 'hello'), 'hello');
    const large = Buffer.alloc(3 * 1024 * 1024, 'ship');
    assert.equal(await say(socket, large), String(large));
    socket.terminate();
  });

  test('closed by the caller, the server learns of it, code and reason included', async () => {
    const socket = await openChat();
    assert.equal(await say(socket, 'hello'), 'hello');
    socket.close(4000, 'enough');
    const [code] = await once(socket, 'close');
    assert.equal(code, 4000);
    assert.ok((await endings()).includes('chat 4000 enough'));
  });

  test('closed by the server, the caller learns of it', async () => {
    const socket = await openChat();
    socket.send('bye');
    const [code, reason] = await once(socket, 'close');
    assert.deepEqual([code, String(reason)], [4001, 'as you wish']);
  });

  test('cut off by the caller, the server learns of it', async () => {
    const before = (await endings()).filter((each) => each.startsWith('chat 1006')).length;
    const socket = await openChat();
    socket.terminate();
    await eventually('the server saw the end', async () => {
      const now = (await endings()).filter((each) => each.startsWith('chat 1006')).length;
      return now > before ? true : undefined;
    });
  });

  test('lives on after the timeout of its route, and over edits of the route', async () => {
    const socket = await openChat();
    const openedMs = performance.now();
    assert.equal(await say(socket, 'before'), 'before');
    await mesh.apply('route.yaml', route('second'));
    assert.equal(await say(socket, 'after an edit'), 'after an edit');
    await mesh.apply('route.yaml', route('third'));
    const leftMs = 2 * ROUTE_TIMEOUT_MS - (performance.now() - openedMs);
    if (leftMs > 0) await sleep(leftMs);
    assert.equal(await say(socket, 'after the timeout'), 'after the timeout');
    socket.close();
    await once(socket, 'close');
  });

  test('that the server refuses is refused to the caller', async () => {
    const socket = new WebSocket(`ws://${door.host}:${door.port}/elsewhere`, { headers: { host: HOST } });
    const [, response] = await once(socket, 'unexpected-response');
    assert.equal((response as IncomingMessage).statusCode, 400);
  });
});

describe('a stream of events', () => {
  test('comes event by event, each before the next is written', async () => {
    const { outgoing, answered } = open('/events', { headers: { accept: 'text/event-stream' } });
    outgoing.end();
    const incoming = await answered;
    const chunks = incoming[Symbol.asyncIterator]();
    const next = async () => String((await chunks.next()).value);
    assert.equal(await next(), 'data: hello\n\n');
    for (const word of ['one', 'two', 'three']) {
      await get(`/tell?word=${word}`);
      assert.equal(await next(), `data: ${word}\n\n`);
    }
    outgoing.destroy();
    await eventually('the server saw its reader go', async () =>
      (await endings()).includes('events') ? true : undefined,
    );
  });

  test('a long poll waits for as long as it takes, with nothing on its way, and is answered at once', async () => {
    const poll = get('/poll');
    await eventually('it waits', async () => ((await get('/waiting')).text === '1' ? true : undefined));
    await sleep(2 * ROUTE_TIMEOUT_MS);
    await get('/tell?word=news');
    assert.equal((await poll).text, 'news');
  });
});

describe('the rarer ways of HTTP/1', () => {
  test('trailers pass both ways', async () => {
    const headers = { te: 'trailers', trailer: 'x-sum', 'transfer-encoding': 'chunked' };
    const { outgoing, answered } = open('/trailers', { method: 'POST', headers });
    outgoing.write('some');
    outgoing.addTrailers({ 'x-sum': '42' });
    outgoing.end();
    const incoming = await answered;
    assert.equal(await textOf(incoming), 'body');
    assert.equal(incoming.trailers['x-sum'], 'was 42');
  });

  test('a body that waits for `100 Continue` is sent after it', async () => {
    const { outgoing, answered } = open('/upload', {
      method: 'POST',
      headers: { expect: '100-continue', 'content-length': '5' },
    });
    outgoing.flushHeaders();
    await once(outgoing, 'continue', { signal: AbortSignal.timeout(10_000) });
    outgoing.end('12345');
    assert.equal(await textOf(await answered), '5');
  });

  test('an HTTP/1.0 caller gets an answer that it understands', async () => {
    const text = await converse(door, `GET / HTTP/1.0\r\nhost: ${HOST}\r\n\r\n`);
    assert.match(text, /^HTTP\/1\.[01] 200 OK\r\n/);
    assert.doesNotMatch(text, /transfer-encoding/i);
    assert.match(text, /"httpVersion":"1\.1"/);
  });

  test('a caller that ends its side after its request is still answered', async () => {
    const asked = `GET / HTTP/1.1\r\nhost: ${HOST}\r\n\r\n`;
    const text = await converse(door, asked, undefined, true);
    assert.match(text, /^HTTP\/1\.1 200 OK\r\n/);
    assert.match(text, /"method":"GET"/);
  });

  test('requests in one packet are answered one after the other', async () => {
    const one = `GET / HTTP/1.1\r\nhost: ${HOST}\r\n\r\n`;
    const text = await converse(door, one.repeat(3), (sofar) => sofar.split('"method":"GET"').length === 4);
    assert.equal(text.split('HTTP/1.1 200 OK').length, 4);
  });
});
