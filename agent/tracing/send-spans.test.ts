import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, describe, it } from 'node:test';
import { createSystemClock } from '../../base/clock.ts';
import { decodeTraces } from '../../model/otlp.ts';
import type { Span } from '../../model/span.ts';
import type { TraceExporterSpec } from '../../model/telemetry.ts';
import { FlushQueue } from '../http/flush-queue.ts';
import { createPool } from '../http2/create-pool.ts';
import { clusterSpec, endpointSpec } from '../snapshot.fixture.ts';
import { Cluster } from '../upstream/cluster.ts';
import { createSendSpans } from './send-spans.ts';

const SPAN: Span = {
  ...{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), parentId: 'c'.repeat(16), kind: 'CLIENT' },
  ...{ name: 'reviews:9080/*', service: 'page.default', startUs: 1_000_000, durationUs: 500 },
  ...{ isError: false, tags: { 'http.method': 'GET' } },
};

describe('spans on their way to a collector', async () => {
  const clock = createSystemClock();
  let status = 202;
  const asked: { request: IncomingMessage; body: Buffer }[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    asked.push({ request, body: Buffer.concat(chunks) });
    response.writeHead(status).end();
  }).listen(0);
  const endpoints = [endpointSpec((server.address() as AddressInfo).port)];
  const cluster = new Cluster(
    clusterSpec('tracer'),
    { name: 'tracer', endpoints, localityWeights: null },
    null,
    false,
    {
      ...{ clock, random: () => 0 },
      createPool: (each, host, shared) =>
        createPool(each, host.address, host.port, { clock, queue: new FlushQueue(), ...shared }),
    },
  );
  after(() => {
    cluster.retire(null, () => true);
    server.close();
  });
  const send = (spec: Partial<TraceExporterSpec>) =>
    createSendSpans(
      {
        ...{ cluster: 'tracer', authority: 'tracer.default', headers: ['x-key', 'k'], timeoutMs: 5000 },
        ...spec,
      } as TraceExporterSpec,
      { clock, cluster: () => cluster, toController: async () => false, address: () => '10.0.0.1' },
    )([SPAN]);

  it('are posted as Zipkin has it, in a request of one length, which nobody traces', async () => {
    assert.equal(await send({ kind: 'zipkin', path: '/api/v2/spans' }), true);
    const { request, body } = asked.pop() ?? assert.fail('nothing came');
    const lengths = request.rawHeaders.filter((text) => text.toLowerCase() === 'content-length');
    assert.deepEqual([request.url, lengths.length], ['/api/v2/spans', 1]);
    assert.deepEqual(
      [request.headers['content-type'], request.headers['x-b3-sampled'], request.headers['x-key']],
      ['application/json', '0', 'k'],
    );
    assert.deepEqual(JSON.parse(body.toString()), [
      {
        ...{ traceId: SPAN.traceId, id: SPAN.spanId, parentId: SPAN.parentId, name: SPAN.name },
        ...{ kind: 'CLIENT', timestamp: 1_000_000, duration: 500 },
        localEndpoint: { serviceName: 'page.default', ipv4: '10.0.0.1' },
        tags: { 'http.method': 'GET' },
      },
    ]);
  });

  it('are posted as OTLP has it', async () => {
    assert.equal(await send({ kind: 'otlp-http', path: '/v1/traces' }), true);
    const { request, body } = asked.pop() ?? assert.fail('nothing came');
    assert.deepEqual(
      [request.url, request.headers['content-type']],
      ['/v1/traces', 'application/x-protobuf'],
    );
    assert.partialDeepStrictEqual(decodeTraces(body), [{ traceId: SPAN.traceId, name: SPAN.name }]);
  });

  it('have not arrived where the collector refuses them', async () => {
    status = 503;
    assert.equal(await send({ kind: 'zipkin', path: '/api/v2/spans' }), false);
  });
});
