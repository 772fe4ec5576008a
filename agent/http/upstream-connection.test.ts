import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, test } from 'node:test';
import { BODY_NOT_TOLD, type RequestHead } from '../codec/head.ts';
import type { UpstreamEvents, UpstreamStream } from '../exchange/streams.ts';
import { FlushQueue } from './flush-queue.ts';
import { playHost } from './testing/wire.ts';
import { UpstreamConnection } from './upstream-connection.ts';

const GET: RequestHead = {
  ...{ method: 'GET', path: '/', authority: 'a', version: 'HTTP/1.1', headers: [] },
  ...{ contentLength: BODY_NOT_TOLD, upgrade: '', expectContinue: false },
};
const POST: RequestHead = { ...GET, method: 'POST', contentLength: 4 };
const LIMIT = { timeout: 10_000 };

/** What one attempt was told; `onData` may do as a slow caller does. */
class Told implements UpstreamEvents {
  readonly lines: string[] = [];
  stream: UpstreamStream | null = null;
  readonly #wake: (() => void)[] = [];
  readonly #onData: (stream: UpstreamStream) => void;

  constructor(onData: (stream: UpstreamStream) => void = () => {}) {
    this.#onData = onData;
  }

  onUpstreamReady(stream: UpstreamStream): void {
    this.stream = stream;
  }
  onInterim(): void {}
  onResponse(head: { status: number }): void {
    this.#add(`answer ${head.status}`);
  }
  onResponseData(chunk: Buffer): boolean {
    this.#onData(this.stream as UpstreamStream);
    this.#add(`data ${chunk}`);
    return false;
  }
  onResponseEnd(): void {
    this.#add('end');
  }
  onUpstreamTunnelData(): void {}
  onUpstreamTunnelEnd(): void {}
  onUpstreamDrain(): void {}
  onUpstreamFailure(failure: { kind: string; isUnprocessed?: boolean }): void {
    this.#add(`${failure.kind}${failure.isUnprocessed === true ? ' unprocessed' : ''}`);
  }

  async until(line: string): Promise<void> {
    while (!this.lines.includes(line)) await new Promise<void>((resolve) => this.#wake.push(resolve));
  }

  #add(line: string): void {
    this.lines.push(line);
    for (const wake of this.#wake.splice(0)) wake();
  }
}

async function open(context: Parameters<typeof playHost>[0]) {
  const host = await playHost(context);
  const socket = connect({ port: host.port, host: '127.0.0.1', allowHalfOpen: true });
  context.after(() => socket.destroy());
  await once(socket, 'connect');
  const owned = { free: 0, closed: 0 };
  const connection = new UpstreamConnection(socket, new FlushQueue(), {
    onFree: () => (owned.free += 1),
    onClosed: () => (owned.closed += 1),
  });
  return { host: await host.connection(0), connection, owned, socket };
}

/** As {@link open}, with one request answered on it already. */
async function openUsed(context: Parameters<typeof playHost>[0]) {
  const { host, connection } = await open(context);
  const first = new Told();
  connection.start(GET, false, first);
  await host.hear(/\r\n\r\n/);
  host.send('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n');
  await first.until('end');
  return { host, connection };
}

describe('a kept connection to a host', LIMIT, () => {
  test('is not deaf to its next answer after a caller that read too slowly', async (context) => {
    const { host, connection, owned } = await open(context);
    const slow = new Told((stream) => stream.pauseResponse());
    connection.start(GET, false, slow);
    await host.hear(/\r\n\r\n/);
    host.send('HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\none');
    await slow.until('end');
    assert.equal(owned.free, 1);
    const next = new Told();
    connection.start(GET, false, next);
    await host.hear(/\r\n\r\n/);
    host.send('HTTP/1.1 200 OK\r\ncontent-length: 3\r\n\r\ntwo');
    await next.until('end');
    assert.deepEqual(next.lines, ['answer 200', 'data two', 'end']);
  });

  test('that the host ends while nobody uses it is gone', async (context) => {
    const { host, owned, socket } = await open(context);
    host.socket.end();
    await once(socket, 'close');
    assert.equal(owned.closed, 1);
  });

  test('on which the host speaks unasked is gone', async (context) => {
    const { host, owned, socket } = await open(context);
    host.send('HTTP/1.1 408 Request Timeout\r\ncontent-length: 0\r\n\r\n');
    await once(socket, 'close');
    assert.equal(owned.closed, 1);
  });

  for (const [title, answer] of [
    ['connection: close', 'HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n'],
    ['HTTP/1.0', 'HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n'],
    ['bytes behind it', 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\nx'],
  ] as const) {
    test(`is not used again after an answer with ${title}`, async (context) => {
      const { host, connection, owned, socket } = await open(context);
      const told = new Told();
      connection.start(GET, false, told);
      await host.hear(/\r\n\r\n/);
      host.send(answer);
      await once(socket, 'close');
      assert.deepEqual(told.lines, ['answer 200', 'end']);
      assert.equal(owned.free, 0);
    });
  }

  test('is not used again after an answer that came before the request was whole', async (context) => {
    const { host, connection, owned } = await open(context);
    const told = new Told();
    connection.start(POST, true, told);
    await host.hear(/\r\n\r\n/);
    host.send('HTTP/1.1 413 Payload Too Large\r\ncontent-length: 0\r\n\r\n');
    await told.until('end');
    assert.equal(owned.free, 0);
    told.stream?.cancel();
    await host.hearEnd();
  });

  test('that breaks before its first answer says nothing about the request', async (context) => {
    const { host, connection } = await open(context);
    const told = new Told();
    connection.start(GET, false, told);
    await host.hear(/\r\n\r\n/);
    host.socket.resetAndDestroy();
    await told.until('reset');
  });

  test('whose host vanished without a word is no reason not to send a GET again', async (context) => {
    const { host, connection, socket } = await open(context);
    const told = new Told();
    connection.start(GET, false, told);
    await host.hear(/\r\n\r\n/);
    socket.destroy(Object.assign(new Error('keepalive'), { code: 'ETIMEDOUT' }));
    await told.until('reset unprocessed');
  });

  test('that breaks when it is used again had not begun a GET', async (context) => {
    const { host, connection } = await openUsed(context);
    const told = new Told();
    connection.start(GET, false, told);
    await host.hear(/\r\n\r\n/);
    host.socket.resetAndDestroy();
    await told.until('reset unprocessed');
  });

  test('may have begun a POST that it read before it broke', async (context) => {
    const { host, connection } = await openUsed(context);
    const told = new Told();
    connection.start(POST, true, told);
    told.stream?.sendData(Buffer.from('body'));
    told.stream?.sendEnd(null);
    await host.hear(/body$/);
    await new Promise((resolve) => setTimeout(resolve, 20));
    host.socket.resetAndDestroy();
    await told.until('reset');
  });
});
