import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { BehindGateway, GATEWAY_HOST, routeToServer, textOf } from './fixture/behind-gateway.ts';
import { eventually } from './fixture/eventually.ts';
import { converse } from './fixture/streams.ts';

/** Long-lived exchanges of real clients through a caller's agent, the ingress gateway and the server's agent. */

const ROUTE_TIMEOUT_MS = 1000;

const route = (name: string) =>
  routeToServer(
    (destination) => `
    - name: ${name}
      match: [{ uri: { prefix: /chat } }]
      timeout: ${ROUTE_TIMEOUT_MS}ms
      route: [${destination}]`,
  );

let server: BehindGateway;

before(async () => {
  server = await BehindGateway.start('streams', route('first'));
});

after(async () => {
  await server?.[Symbol.asyncDispose]();
});

const get = (path: string) => server.get(path);
const endings = () => server.endings();

async function openChat(): Promise<WebSocket> {
  const socket = new WebSocket(`ws://${server.door.host}:${server.door.port}/chat`, {
    headers: { host: GATEWAY_HOST },
  });
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
    await server.mesh.apply('route.yaml', route('second'));
    assert.equal(await say(socket, 'after an edit'), 'after an edit');
    await server.mesh.apply('route.yaml', route('third'));
    const leftMs = 2 * ROUTE_TIMEOUT_MS - (performance.now() - openedMs);
    if (leftMs > 0) await sleep(leftMs);
    assert.equal(await say(socket, 'after the timeout'), 'after the timeout');
    socket.close();
    await once(socket, 'close');
  });

  test('that the server refuses is refused to the caller', async () => {
    const socket = new WebSocket(`ws://${server.door.host}:${server.door.port}/elsewhere`, {
      headers: { host: GATEWAY_HOST },
    });
    const [, response] = await once(socket, 'unexpected-response');
    assert.equal((response as IncomingMessage).statusCode, 400);
  });
});

describe('a stream of events', () => {
  test('comes event by event, each before the next is written', async () => {
    const { outgoing, answered } = server.open('/events', { headers: { accept: 'text/event-stream' } });
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
    const { outgoing, answered } = server.open('/trailers', { method: 'POST', headers });
    outgoing.write('some');
    outgoing.addTrailers({ 'x-sum': '42' });
    outgoing.end();
    const incoming = await answered;
    assert.equal(await textOf(incoming), 'body');
    assert.equal(incoming.trailers['x-sum'], 'was 42');
  });

  test('a body that waits for `100 Continue` is sent after it', async () => {
    const { outgoing, answered } = server.open('/upload', {
      method: 'POST',
      headers: { expect: '100-continue', 'content-length': '5' },
    });
    outgoing.flushHeaders();
    await once(outgoing, 'continue', { signal: AbortSignal.timeout(10_000) });
    outgoing.end('12345');
    assert.equal(await textOf(await answered), '5');
  });

  test('an HTTP/1.0 caller gets an answer that it understands', async () => {
    const text = await converse(server.door, `GET / HTTP/1.0\r\nhost: ${GATEWAY_HOST}\r\n\r\n`);
    assert.match(text, /^HTTP\/1\.[01] 200 OK\r\n/);
    assert.doesNotMatch(text, /transfer-encoding/i);
    assert.match(text, /"httpVersion":"1\.1"/);
  });

  test('a caller that ends its side after its request is still answered', async () => {
    const asked = `GET / HTTP/1.1\r\nhost: ${GATEWAY_HOST}\r\n\r\n`;
    const text = await converse(server.door, asked, undefined, true);
    assert.match(text, /^HTTP\/1\.1 200 OK\r\n/);
    assert.match(text, /"method":"GET"/);
  });

  test('requests in one packet are answered one after the other', async () => {
    const one = `GET / HTTP/1.1\r\nhost: ${GATEWAY_HOST}\r\n\r\n`;
    const text = await converse(
      server.door,
      one.repeat(3),
      (sofar) => sofar.split('"method":"GET"').length === 4,
    );
    assert.equal(text.split('HTTP/1.1 200 OK').length, 4);
  });
});
