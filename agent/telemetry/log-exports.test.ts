import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import * as grpc from '@grpc/grpc-js';
import { createSystemClock } from '../../base/clock.ts';
import { type ProtobufField, readFields } from '../../base/protobuf.ts';
import { FlushQueue } from '../http/flush-queue.ts';
import { createPool } from '../http2/create-pool.ts';
import { clusterSpec, endpointSpec, nodeSpec } from '../snapshot.fixture.ts';
import { Cluster } from '../upstream/cluster.ts';
import { createAccessLogs } from './access-logs.ts';
import { LogExports } from './log-exports.ts';
import { exchangeRecord } from './record.fixture.ts';

const COLLECTOR = {
  ...{ cluster: 'collector', authority: 'collector.default', logName: 'mine' },
  attributes: { status: '%RESPONSE_CODE%', nothing: '%REQ(X-NOT-THERE)%', peer: { at: '%UPSTREAM_HOST%' } },
};

/** A real server of OpenTelemetry's LogsService, which keeps what it gets. */
async function startCollector(messages: Buffer[]) {
  const server = new grpc.Server();
  const raw = (bytes: Buffer) => bytes;
  const unary = { requestStream: false, responseStream: false };
  const coding = { requestDeserialize: raw, requestSerialize: raw, responseSerialize: raw };
  const path = '/opentelemetry.proto.collector.logs.v1.LogsService/Export';
  server.addService(
    { export: { path, ...unary, ...coding, responseDeserialize: raw } },
    {
      export: (call: { request: Buffer }, done: (error: null, answer: Buffer) => void) => {
        messages.push(call.request);
        done(null, Buffer.alloc(0));
      },
    },
  );
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { server, port };
}

describe('an access log for a collector', async () => {
  const messages: Buffer[] = [];
  const { server, port } = await startCollector(messages);
  const clock = createSystemClock();
  const endpoints = { name: 'collector', endpoints: [endpointSpec(port)], localityWeights: null };
  const cluster = new Cluster(clusterSpec('collector', { protocol: 'http2' }), endpoints, null, false, {
    ...{ clock, random: () => 0 },
    createPool: (each, host, shared) =>
      createPool(each, host.address, host.port, { clock, queue: new FlushQueue(), ...shared }),
  });
  after(() => {
    cluster.retire(null, () => true);
    server.forceShutdown();
  });
  const exportsTo = (known: Cluster | undefined) =>
    new LogExports({ clock, cluster: () => known, node: () => nodeSpec() });
  const logTo = (exports: LogExports) =>
    createAccessLogs(
      {
        client: [
          {
            ...{ provider: 'otel', output: 'stdout', omitsEmpty: false, filter: '', collector: COLLECTOR },
            format: { kind: 'text', text: '%REQ(:METHOD)% %RESPONSE_FLAGS%' },
          },
        ],
        server: [],
      },
      () => assert.fail('it is not for standard output'),
      null,
      (collector) => exports.to(collector),
    );

  it('is told by OTLP: its text is the body, its labels are attributes', async () => {
    const exports = exportsTo(cluster);
    logTo(exports).write(exchangeRecord({ startedAtMs: 1500 }));
    await exports.flush();
    assert.deepEqual(exports.counts(), { sent: 1, dropped: 0 });
    const [resourceLogs] = inside(messages[0]);
    const resource = inside(resourceLogs?.bytes)[0]?.bytes;
    assert.deepEqual(pairs(resource, 1).slice(0, 1), [['log_name', 'mine']]);
    const scope = inside(resourceLogs?.bytes)[1]?.bytes;
    const record = inside(scope).find(({ number }) => number === 2)?.bytes;
    const body = inside(record).find(({ number }) => number === 5)?.bytes;
    assert.equal(inside(body)[0]?.bytes.toString(), 'GET URX,UF');
    assert.deepEqual(pairs(record, 6), [
      ['status', '503'],
      ['peer', '{"at":"10.0.0.2:9080"}'],
    ]);
  });

  it('waits for a collector that is not there, and tells what it lost', async () => {
    const exports = exportsTo(undefined);
    logTo(exports).write(exchangeRecord());
    for (let tries = 0; tries < 4; tries++) await exports.flush();
    assert.deepEqual(exports.counts(), { sent: 0, dropped: 1 });
  });
});

function inside(message: Buffer | undefined): readonly ProtobufField[] {
  return readFields(message ?? Buffer.alloc(0)) ?? assert.fail('no message');
}

/** KeyValues of a field, whose values are texts. */
function pairs(message: Buffer | undefined, field: number): [string, string][] {
  return inside(message)
    .filter(({ number }) => number === field)
    .map(({ bytes }) => {
      const [key, value] = inside(bytes);
      return [key?.bytes.toString() ?? '', inside(value?.bytes)[0]?.bytes.toString() ?? ''];
    });
}
