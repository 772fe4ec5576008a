import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { encodeTraces } from '../../model/otlp.ts';
import type { Span } from '../../model/span.ts';
import { openOtlpIntake } from './otlp-intake.ts';

const span: Span = {
  ...{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), parentId: '', kind: 'INTERNAL', name: 'work' },
  ...{ service: 'reviews', startUs: 1, durationUs: 2, isError: false, tags: {} },
};

describe('the intake of spans', async () => {
  const taken: Span[] = [];
  let isWelcome = true;
  const server = await openOtlpIntake({
    port: 0,
    onSpans: (spans) => taken.push(...spans),
    isWelcome: () => isWelcome,
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`;
  before(() => taken.splice(0));
  after(() => server.close());

  const post = async (body: Buffer | string, headers: Record<string, string>, to = url) => {
    const response = await fetch(to, { method: 'POST', body: new Uint8Array(Buffer.from(body)), headers });
    return [response.status, await response.text()] as const;
  };
  const protobuf = { 'content-type': 'application/x-protobuf' };

  it('takes Protocol Buffers, packed or not, and JSON', async () => {
    assert.deepEqual(await post(encodeTraces([span]), protobuf), [200, '']);
    const packed = { ...protobuf, 'content-encoding': 'gzip' };
    assert.deepEqual(await post(gzipSync(encodeTraces([span])), packed), [200, '']);
    const json = { 'content-type': 'application/json; charset=utf-8' };
    assert.deepEqual(await post('{"resourceSpans":[]}', json), [200, '{}']);
    assert.deepEqual(taken, [span, span]);
  });

  it('says what it does not take', async () => {
    const statuses = [
      await post('x', protobuf),
      await post('x', { ...protobuf, 'content-encoding': 'gzip' }),
      await post('x', { 'content-type': 'text/plain' }),
      await post('x', protobuf, url.replace('traces', 'logs')),
      await post(Buffer.alloc(5 * 1024 * 1024), protobuf).catch(() => [413] as const),
      await post(gzipSync(Buffer.alloc(5 * 1024 * 1024)), { ...protobuf, 'content-encoding': 'gzip' }),
    ].map(([status]) => status);
    assert.deepEqual(statuses, [400, 400, 415, 404, 413, 413]);
  });

  it('takes nothing of strangers', async () => {
    isWelcome = false;
    assert.deepEqual(await post(encodeTraces([span]), protobuf), [
      403,
      '{"message":"spans are taken of applications of the mesh only"}',
    ]);
    isWelcome = true;
  });
});
