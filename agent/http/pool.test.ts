import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { after, describe, test } from 'node:test';
import { createManualClock } from '../../base/clock.ts';
import type { CircuitBreakerSpec, ConnectionSpec } from '../../model/cluster.ts';
import type { RequestHead } from '../codec/head.ts';
import type { UpstreamEvents } from '../exchange/streams.ts';
import { clusterSpec } from '../snapshot.fixture.ts';
import { noUsage } from '../upstream/usage.ts';
import { FlushQueue } from './flush-queue.ts';
import { HttpPool } from './pool.ts';

const GET: RequestHead = {
  ...{ method: 'GET', path: '/', authority: 'north', version: 'HTTP/1.1', headers: [] },
  ...{ contentLength: -3, upgrade: '', expectContinue: false },
};
const servers: Server[] = [];
const accepted: Socket[] = [];
after(() => {
  for (const server of servers) server.close();
  for (const socket of accepted) socket.destroy();
});

/** A host that answers a request only when told: the oldest that it has got. */
async function openHost() {
  const pending: Socket[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    accepted.push(socket);
    socket.on('data', () => pending.push(socket));
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
  });
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    server,
    sockets,
    port: (server.address() as AddressInfo).port,
    waiting: () => pending.length,
    answer: () => pending.shift()?.write('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n'),
  };
}

/** What became of one request. */
class Outcome implements UpstreamEvents {
  text = '';
  readonly #resolve: () => void;
  readonly settled: Promise<void>;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.settled = promise;
    this.#resolve = resolve;
  }

  onUpstreamReady(): void {}
  onInterim(): void {}
  onResponse(): void {}
  onResponseData(): boolean {
    return false;
  }
  onUpstreamTunnelData(): void {}
  onUpstreamTunnelEnd(): void {}
  onUpstreamDrain(): void {}

  onResponseEnd(): void {
    this.#settle('answered');
  }

  onUpstreamFailure({ kind }: { kind: string }): void {
    this.#settle(kind);
  }

  #settle(text: string): void {
    this.text = text;
    this.#resolve();
  }
}

async function open(breaker: Partial<CircuitBreakerSpec>, kept: Partial<ConnectionSpec> = {}) {
  const host = await openHost();
  const clock = createManualClock();
  const defaults = clusterSpec('north');
  const spec = clusterSpec('north', {
    circuitBreaker: { ...defaults.circuitBreaker, ...breaker },
    connections: { ...defaults.connections, ...kept },
  });
  const usage = noUsage();
  const counters = { upstream_cx_total: 0, upstream_cx_overflow: 0 };
  const deps = { clock, queue: new FlushQueue(), usage, counters };
  const create = () => new HttpPool(spec, '127.0.0.1', host.port, deps);
  const pool = create();
  const send = (to = pool) => {
    const outcome = new Outcome();
    to.request(GET, false, outcome);
    return outcome;
  };
  return { ...host, clock, pool, usage, counters, create, send };
}

/** Real sockets: looks until it is so. */
async function until(isSo: () => boolean): Promise<void> {
  for (let look = 0; !isSo(); look++) {
    if (look > 2000) assert.fail(`never came to be: ${isSo}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

describe('connectionPool', () => {
  test('one connection and one waiting request: the third is turned away', async () => {
    const { send, answer, waiting, usage, counters, sockets } = await open({
      ...{ maxConnections: 1, maxPendingRequests: 1 },
    });
    const first = send();
    await until(() => waiting() === 1);
    const second = send();
    const third = send();
    assert.equal(third.text, 'overflow');
    assert.deepEqual([usage.connections, usage.pending, usage.requests], [1, 1, 1]);
    assert.equal(counters.upstream_cx_overflow, 1);
    answer();
    await first.settled;
    await until(() => waiting() === 1);
    answer();
    await second.settled;
    assert.deepEqual([first.text, second.text, sockets.size], ['answered', 'answered', 1]);
    assert.deepEqual([usage.connections, usage.pending, usage.requests], [1, 0, 0]);
  });

  test('a request that waits for a connection being opened is counted as pending too', async () => {
    const { send, answer, waiting } = await open({ maxPendingRequests: 1 });
    const first = send();
    assert.equal(send().text, 'overflow');
    await until(() => waiting() === 1);
    answer();
    await first.settled;
    assert.equal(first.text, 'answered');
  });

  test('http2MaxRequests holds for HTTP/1 as well', async () => {
    const { send, answer, waiting, usage } = await open({ maxRequests: 1 });
    const first = send();
    await until(() => waiting() === 1);
    const second = send();
    await second.settled;
    assert.equal(second.text, 'overflow');
    answer();
    await first.settled;
    assert.equal(usage.requests, 0);
    const third = send();
    await until(() => waiting() === 1);
    answer();
    await third.settled;
    assert.equal(third.text, 'answered');
  });

  test('a second host of the cluster gets its one connection although the limit is reached', async () => {
    const { send, create, answer, waiting, usage } = await open({ maxConnections: 1 });
    const first = send();
    await until(() => waiting() === 1);
    const other = send(create());
    await until(() => waiting() === 2);
    assert.equal(usage.connections, 2);
    answer();
    answer();
    await Promise.all([first.settled, other.settled]);
    assert.equal(other.text, 'answered');
  });

  test('requests that wait for a refused connection all fail', async () => {
    const { send, server, sockets, usage } = await open({ maxConnections: 1 });
    server.close();
    await until(() => sockets.size === 0);
    const outcomes = [send(), send(), send()];
    await Promise.all(outcomes.map(({ settled }) => settled));
    assert.deepEqual(
      outcomes.map(({ text }) => text),
      ['connect-failure', 'connect-failure', 'connect-failure'],
    );
    assert.deepEqual([usage.pending, usage.requests], [0, 0]);
  });

  test('a request that is given up makes room', async () => {
    const { send, pool, waiting, usage } = await open({ maxConnections: 1 });
    send();
    await until(() => waiting() === 1);
    const second = send();
    pool.forget(second);
    assert.equal(usage.pending, 0);
  });
});

describe('age of connections', () => {
  test('one that is older than maxConnectionDuration takes no further request', async () => {
    const { send, answer, waiting, clock, sockets, usage } = await open({}, { maxConnectionMs: 1000 });
    const first = send();
    await until(() => waiting() === 1);
    clock.advance(1000);
    answer();
    await first.settled;
    assert.equal(first.text, 'answered', 'what is under way is not cut off');
    await until(() => sockets.size === 0 && usage.connections === 0);
    send();
    await until(() => sockets.size === 1);
  });

  test('an idle one ends at that age at once', async () => {
    const { send, answer, waiting, clock, sockets } = await open({}, { maxConnectionMs: 1000 });
    const first = send();
    await until(() => waiting() === 1);
    answer();
    await first.settled;
    clock.advance(1000);
    await until(() => sockets.size === 0);
  });

  test('one that was idle for longer than a short idleTimeout is not used again', async () => {
    const { send, answer, waiting, clock, usage } = await open({}, { idleTimeoutMs: 1000 });
    const first = send();
    await until(() => waiting() === 1);
    answer();
    await first.settled;
    clock.advance(1001);
    const second = send();
    await until(() => waiting() === 1 && usage.connections === 1);
    answer();
    await second.settled;
    assert.equal(second.text, 'answered');
  });

  test('maxRequestsPerConnection 1 means one request each', async () => {
    const { send, answer, waiting, sockets } = await open({}, { maxRequestsPerConnection: 1 });
    const first = send();
    await until(() => waiting() === 1);
    answer();
    await first.settled;
    await until(() => sockets.size === 0);
  });
});
