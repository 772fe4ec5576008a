import assert from 'node:assert/strict';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { after, describe, test } from 'node:test';
import * as grpc from '@grpc/grpc-js';
import { createSystemClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/log.ts';
import { createSeededRandom } from '../../base/random.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { createDataplane } from '../create-dataplane.ts';
import type { Dataplane } from '../dataplane.ts';
import { clusterSpec, endpointSpec, routeSpec, snapshotOf } from '../snapshot.fixture.ts';

/** A real gRPC client and real servers, with the data plane between them. */

const identity = (bytes: Buffer) => bytes;
const method = (name: string, requestStream: boolean, responseStream: boolean) => ({
  ...{ path: `/test.Ratings/${name}`, requestStream, responseStream },
  ...{ requestSerialize: identity, requestDeserialize: identity },
  ...{ responseSerialize: identity, responseDeserialize: identity },
});
const SERVICE = {
  unary: method('unary', false, false),
  upload: method('upload', true, false),
  download: method('download', false, true),
  chat: method('chat', true, true),
  fail: method('fail', false, false),
  flaky: method('flaky', false, false),
  hang: method('hang', false, false),
};
const Client = grpc.makeGenericClientConstructor(SERVICE, 'Ratings');

const closing: (() => unknown)[] = [];
after(async () => {
  for (const close of closing.reverse()) await close();
});

interface Played {
  readonly port: number;
  calls: number;
  /** How many calls of `flaky` fail before one succeeds. */
  failures: number;
  cancelled: number;
}

/** A server that answers with its own name. */
async function startServer(name: string): Promise<Played> {
  const played = { port: 0, calls: 0, failures: 0, cancelled: 0 };
  const server = new grpc.Server();
  server.addService(SERVICE, {
    unary(call: grpc.ServerUnaryCall<Buffer, Buffer>, done: grpc.sendUnaryData<Buffer>) {
      played.calls += 1;
      const trailers = new grpc.Metadata();
      trailers.set('served-by', name);
      done(null, Buffer.concat([Buffer.from(`${name}:`), call.request]), trailers);
    },
    upload(call: grpc.ServerReadableStream<Buffer, Buffer>, done: grpc.sendUnaryData<Buffer>) {
      let bytes = 0;
      call.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      call.on('end', () => done(null, Buffer.from(String(bytes))));
    },
    download(call: grpc.ServerWritableStream<Buffer, Buffer>) {
      for (let i = 0; i < 100; i++) call.write(Buffer.alloc(10_000, i));
      call.end();
    },
    chat(call: grpc.ServerDuplexStream<Buffer, Buffer>) {
      call.on('data', (chunk: Buffer) => call.write(chunk));
      call.on('end', () => call.end());
    },
    fail(_call: unknown, done: grpc.sendUnaryData<Buffer>) {
      done({ code: grpc.status.FAILED_PRECONDITION, details: 'not like this: 100 % ä' });
    },
    flaky(_call: unknown, done: grpc.sendUnaryData<Buffer>) {
      if (played.failures-- > 0) done({ code: grpc.status.UNAVAILABLE, details: 'later' });
      else done(null, Buffer.from('at last'));
    },
    hang(call: grpc.ServerUnaryCall<Buffer, Buffer>) {
      played.calls += 1;
      call.on('cancelled', () => {
        played.cancelled += 1;
      });
    },
  });
  closing.push(() => server.forceShutdown());
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  );
  return Object.assign(played, { port });
}

async function startProxy(
  snapshot: Snapshot,
): Promise<{ client: grpc.Client; dataplane: Dataplane; port: number }> {
  const dataplane = createDataplane({
    ...{ clock: createSystemClock(), random: createSeededRandom(1), log: silentLogger },
  });
  await dataplane.apply(snapshot);
  const originalDestination = { address: '240.240.0.5', port: 9080 };
  const server: Server = createServer({ pauseOnConnect: true }, (socket) =>
    dataplane.accept(socket, { direction: 'outbound', originalDestination }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const client = new Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  closing.push(
    () => server.close(),
    () => dataplane.drain(0),
    () => client.close(),
  );
  return { client, dataplane, port };
}

const toServers = (...ports: number[]) =>
  snapshotOf({
    routes: [routeSpec(['ratings'])],
    clusters: [
      [
        clusterSpec('ratings', {
          protocol: 'http2',
          loadBalancer: { ...clusterSpec('ratings').loadBalancer, policy: 'round-robin' },
        }),
        ports.map((port) => endpointSpec(port)),
      ],
    ],
  });

const path = (name: keyof typeof SERVICE) => SERVICE[name].path;

interface UnaryAnswer {
  readonly body: string;
  readonly servedBy: string;
}

function unary(
  client: grpc.Client,
  name: keyof typeof SERVICE,
  options: grpc.CallOptions = {},
): Promise<UnaryAnswer> {
  return new Promise((resolve, reject) => {
    let body = '';
    const call = client.makeUnaryRequest(
      ...([path(name), identity, identity, Buffer.from('hello'), new grpc.Metadata(), options] as const),
      (error, answer) => {
        if (error !== null) reject(error);
        else body = String(answer);
      },
    );
    call.on('status', ({ metadata }) => {
      const [servedBy] = metadata.get('served-by');
      resolve({ body, servedBy: String(servedBy) });
    });
  });
}

const first = await startServer('first');
const second = await startServer('second');

describe('gRPC through the data plane', () => {
  test('a unary call, its answer and its trailers', async () => {
    const { client } = await startProxy(toServers(first.port));
    assert.deepEqual(await unary(client, 'unary'), { body: 'first:hello', servedBy: 'first' });
  });

  test('calls of one connection are balanced one by one', async () => {
    const { client } = await startProxy(toServers(first.port, second.port));
    const before = [first.calls, second.calls];
    for (let i = 0; i < 20; i++) await unary(client, 'unary');
    assert.deepEqual(
      [first.calls, second.calls],
      [before[0] ?? 0, before[1] ?? 0].map((calls) => calls + 10),
    );
  });

  test('a stream of requests', async () => {
    const { client } = await startProxy(toServers(first.port));
    const answer = await new Promise((resolve, reject) => {
      const call = client.makeClientStreamRequest(path('upload'), identity, identity, (error, got) =>
        error === null ? resolve(String(got)) : reject(error),
      );
      for (let i = 0; i < 100; i++) call.write(Buffer.alloc(10_000, i));
      call.end();
    });
    assert.equal(answer, '1000000');
  });

  test('a stream of answers', async () => {
    const { client } = await startProxy(toServers(first.port));
    const call = client.makeServerStreamRequest(path('download'), identity, identity, Buffer.alloc(1));
    const sizes: number[] = [];
    call.on('data', (chunk: Buffer) => sizes.push(chunk.length));
    const status = await new Promise<grpc.StatusObject>((resolve) => call.on('status', resolve));
    assert.equal(status.code, grpc.status.OK);
    assert.deepEqual(sizes, Array(100).fill(10_000));
  });

  test('both at once, message by message', async () => {
    const { client } = await startProxy(toServers(first.port));
    const call = client.makeBidiStreamRequest(path('chat'), identity, identity);
    for (const word of ['one', 'two', 'three']) {
      const echo = new Promise((resolve) => call.once('data', (chunk: Buffer) => resolve(String(chunk))));
      call.write(Buffer.from(word));
      assert.equal(await echo, word);
    }
    const status = new Promise<grpc.StatusObject>((resolve) => call.on('status', resolve));
    call.end();
    assert.equal((await status).code, grpc.status.OK);
  });

  test('fifty streams at once through two proxies, as between two workloads', async () => {
    const inner = await startProxy(toServers(first.port, second.port));
    const { client } = await startProxy(toServers(inner.port));
    const chats = Array.from({ length: 50 }, async (_, i) => {
      const call = client.makeBidiStreamRequest(path('chat'), identity, identity);
      let bytes = 0;
      call.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      const status = new Promise<grpc.StatusObject>((resolve) => call.on('status', resolve));
      for (let message = 0; message < 20; message++) call.write(Buffer.alloc(1 + i * 100, message));
      call.end();
      return [(await status).code, bytes];
    });
    const expected = Array.from({ length: 50 }, (_, i) => [grpc.status.OK, 20 * (1 + i * 100)]);
    assert.deepEqual(await Promise.all(chats), expected);
  });

  test("a server's error arrives as it is, and is counted as gRPC's", async () => {
    const { client, dataplane } = await startProxy(toServers(first.port));
    const expected = { code: grpc.status.FAILED_PRECONDITION, details: 'not like this: 100 % ä' };
    await assert.rejects(unary(client, 'fail'), expected);
    await unary(client, 'unary');
    const counted = dataplane
      .renderMetrics()
      .split('\n')
      .filter((line) => line.startsWith('istio_requests_total'));
    const labels = counted.map((line) => {
      const of = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(line)?.[1];
      return [of('request_protocol'), of('response_code'), of('grpc_response_status')];
    });
    assert.deepEqual(labels.sort(), [
      ['grpc', '200', '0'],
      ['grpc', '200', '9'],
    ]);
  });

  test('messages are counted both ways', async () => {
    const { client, dataplane } = await startProxy(toServers(first.port));
    const call = client.makeServerStreamRequest(path('download'), identity, identity, Buffer.alloc(1));
    call.resume();
    await new Promise((resolve) => call.on('status', resolve));
    await unary(client, 'unary');
    const count = (name: string) =>
      new RegExp(`^istio_${name}_messages_total{reporter="source",[^}]*} (\\d+)$`, 'm').exec(
        dataplane.renderMetrics(),
      )?.[1];
    assert.deepEqual([count('request'), count('response')], ['2', '101']);
  });

  test('UNAVAILABLE is tried again, as the default policy says', async () => {
    const { client } = await startProxy(toServers(first.port));
    first.failures = 2;
    assert.equal((await unary(client, 'flaky')).body, 'at last');
    first.failures = 3;
    await assert.rejects(unary(client, 'flaky'), { code: grpc.status.UNAVAILABLE, details: 'later' });
  });

  test('no host: UNAVAILABLE, no route: UNIMPLEMENTED', async () => {
    const nobody = await startProxy(toServers());
    await assert.rejects(unary(nobody.client, 'unary'), {
      ...{ code: grpc.status.UNAVAILABLE, details: 'no healthy upstream' },
    });
    const nowhere = await startProxy(snapshotOf({ routes: [] }));
    await assert.rejects(unary(nowhere.client, 'unary'), { code: grpc.status.UNIMPLEMENTED });
  });

  test('a fault by gRPC status arrives as that status', async () => {
    const abort = { status: 200, grpcStatus: grpc.status.UNAVAILABLE, perMillion: 1_000_000 };
    const { client } = await startProxy(
      snapshotOf({
        routes: [routeSpec(['ratings'], { fault: { delay: null, abort } })],
        clusters: [[clusterSpec('ratings', { protocol: 'http2' }), [endpointSpec(first.port)]]],
      }),
    );
    await assert.rejects(unary(client, 'unary'), {
      ...{ code: grpc.status.UNAVAILABLE, details: 'fault filter abort' },
    });
  });

  test('a mirror gets a call like any other, and its caller does not wait for it', async () => {
    const mirrors = [{ cluster: 'copy', perMillion: 1_000_000 }];
    const { client } = await startProxy(
      snapshotOf({
        routes: [routeSpec(['ratings'], {}, { mirrors })],
        clusters: [
          [clusterSpec('ratings', { protocol: 'http2' }), [endpointSpec(first.port)]],
          [clusterSpec('copy', { protocol: 'http2' }), [endpointSpec(second.port)]],
        ],
      }),
    );
    const before = second.calls;
    assert.deepEqual(await unary(client, 'unary'), { body: 'first:hello', servedBy: 'first' });
    while (second.calls === before) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(second.calls, before + 1);
  });

  test('a call that its caller gives up ends at the server too', async () => {
    const { client } = await startProxy(toServers(first.port));
    const { cancelled, calls } = first;
    const given = Promise.withResolvers<grpc.ServiceError | null>();
    const call = client.makeUnaryRequest(
      path('hang'),
      identity,
      identity,
      Buffer.from('hello'),
      given.resolve,
    );
    while (first.calls === calls) await new Promise((resolve) => setImmediate(resolve));
    call.cancel();
    assert.equal((await given.promise)?.code, grpc.status.CANCELLED);
    while (first.cancelled === cancelled) await new Promise((resolve) => setImmediate(resolve));
  });
});
