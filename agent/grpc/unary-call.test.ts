import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Http2Server, type ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { after, describe, test } from 'node:test';
import { createManualClock, createSystemClock } from '../../base/clock.ts';
import { FlushQueue } from '../http/flush-queue.ts';
import { createPool } from '../http2/create-pool.ts';
import { clusterSpec, endpointSpec } from '../snapshot.fixture.ts';
import { Cluster } from '../upstream/cluster.ts';
import { type UnaryAnswer, unaryCall } from './unary-call.ts';

const clusters: Cluster[] = [];
const servers: { close(): void }[] = [];
after(() => {
  for (const cluster of clusters) cluster.retire(null, () => true);
  for (const server of servers) server.close();
});

function clusterAt(port: number): Cluster {
  const spec = clusterSpec('outbound|80||limiter', { protocol: 'http2' });
  const endpoints = { name: 'outbound|80||limiter', endpoints: [endpointSpec(port)], localityWeights: null };
  const clock = createSystemClock();
  const cluster = new Cluster(spec, endpoints, null, false, {
    ...{ clock, random: () => 0 },
    createPool: (each, host, shared) =>
      createPool(each, host.address, host.port, { clock, queue: new FlushQueue(), ...shared }),
  });
  clusters.push(cluster);
  return cluster;
}

type Answering = (stream: ServerHttp2Stream, message: Buffer, headers: Record<string, unknown>) => void;

/** A service that is told of every whole message. */
async function service(answer: Answering): Promise<Cluster> {
  const server: Http2Server = createServer();
  server.on('stream', async (stream: ServerHttp2Stream, headers) => {
    stream.on('error', () => {});
    answer(stream, Buffer.concat(await stream.toArray()), headers);
  });
  server.listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return clusterAt((server.address() as AddressInfo).port);
}

/** Answers as gRPC servers do: head, message, trailers. */
function reply(stream: ServerHttp2Stream, body: Buffer, trailers: Record<string, string>): void {
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers(trailers));
  stream.end(body);
}

const framed = (text: string) => Buffer.concat([Buffer.from([0, 0, 0, 0, text.length]), Buffer.from(text)]);

const REQUEST = {
  ...{ path: '/a.B/C', authority: '', message: Buffer.from('hello'), timeoutMs: 5000 },
  headers: ['x-tenant', 'blue'],
};

const call = (cluster: Cluster, clock = createSystemClock()) =>
  new Promise<UnaryAnswer>((resolve) => void unaryCall(cluster, REQUEST, clock, resolve));

describe('a unary call', { timeout: 10_000 }, () => {
  test('brings one message there and one back', async () => {
    const seen: unknown[] = [];
    const cluster = await service((stream, message, headers) => {
      const { ':method': method, ':path': path, ':authority': authority, te } = headers;
      seen.push([method, path, authority, te, headers['grpc-timeout'], headers['x-tenant']], message);
      reply(stream, framed('welcome'), { 'grpc-status': '0' });
    });
    assert.deepEqual(await call(cluster), { status: 0, message: Buffer.from('welcome') });
    assert.deepEqual(seen, [['POST', '/a.B/C', 'limiter', 'trailers', '5000m', 'blue'], framed('hello')]);
  });

  test('tells the status of a service that refuses, in trailers or in the head', async () => {
    const late = await service((stream) =>
      reply(stream, Buffer.alloc(0), { 'grpc-status': '7', 'grpc-message': 'no %E2%82%AC' }),
    );
    assert.deepEqual(await call(late), { status: 7, text: 'no €' });
    const early = await service((stream) => {
      stream.respond({ ':status': 200, 'grpc-status': '12', 'grpc-message': 'unknown' }, { endStream: true });
    });
    assert.deepEqual(await call(early), { status: 12, text: 'unknown' });
  });

  test('tells of answers that are none', async () => {
    const cut = await service((stream) => reply(stream, framed('x').subarray(0, 4), { 'grpc-status': '0' }));
    assert.equal((await call(cut)).status, 13);
    const plain = await service((stream) => stream.respond({ ':status': 404 }, { endStream: true }));
    assert.deepEqual(await call(plain), { status: 12, text: 'HTTP 404' });
    const broken = await service((stream) => stream.close(2));
    assert.deepEqual(await call(broken), { status: 14, text: 'no answer' });
  });

  test('tells of a service that is not there, or that speaks no HTTP/2', async () => {
    assert.equal((await call(clusterAt(1))).status, 14);
    const server = createHttpServer((_request, response) => response.end()).listen(0, '127.0.0.1');
    servers.push(server);
    await once(server, 'listening');
    assert.equal((await call(clusterAt((server.address() as AddressInfo).port))).status, 14);
  });

  test('gives a silent service up when its time is over', async () => {
    const clock = createManualClock();
    const cluster = await service(() => clock.advance(REQUEST.timeoutMs));
    assert.deepEqual(await call(cluster, clock), { status: 4, text: 'deadline exceeded' });
  });

  test('that is cancelled says nothing, and the service hears of it', async () => {
    const clock = createManualClock();
    const answers: UnaryAnswer[] = [];
    const { promise, resolve } = Promise.withResolvers<void>();
    const cluster = await service((stream) => {
      stream.on('close', () => resolve());
      open.cancel();
    });
    const open = unaryCall(cluster, REQUEST, clock, (answer) => answers.push(answer));
    await promise;
    clock.advance(REQUEST.timeoutMs);
    assert.deepEqual(answers, []);
    assert.equal([...cluster.hosts.values()][0]?.active, 0);
  });
});
