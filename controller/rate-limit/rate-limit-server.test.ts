import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { type ClientHttp2Session, connect } from 'node:http2';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { RATE_LIMIT_SERVICE, readAnswer, writeQuestion } from '../../model/rate-limit-service.ts';
import { openRateLimitServer, type RateLimitServer } from './rate-limit-server.ts';
import { RateLimitService } from './rate-limit-service.ts';

let directory = '';
let server: RateLimitServer;
let client: ClientHttp2Session;
before(async () => {
  directory = await mkdtemp(join(tmpdir(), 'lateen-limits-'));
  const path = join(directory, 'ratelimit.sock');
  server = await openRateLimitServer(path, new RateLimitService(() => 0));
  client = connect('http://limits', { createConnection: () => createConnection(path) });
});
after(async () => {
  client.destroy();
  server.close();
  await rm(directory, { recursive: true });
});

function framed(message: Buffer, flag = 0): Buffer {
  const prefix = Buffer.from([flag, 0, 0, 0, 0]);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

async function ask(body: Buffer, path = RATE_LIMIT_SERVICE) {
  const stream = client.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc' });
  let status: unknown;
  stream.on('response', (headers) => (status ??= headers['grpc-status']));
  stream.on('trailers', (headers) => (status ??= headers['grpc-status']));
  stream.end(body);
  const chunks = (await stream.toArray()) as Buffer[];
  return { status, answer: Buffer.concat(chunks) };
}

const QUESTION = writeQuestion({
  ...{ domain: 'lateen', hits: 0 },
  descriptors: [{ entries: [['a', 'b']], limit: { requests: 1, unit: 'DAY' } }],
});

test('questions are answered over gRPC', async () => {
  const over: unknown[] = [];
  for (let round = 0; round < 2; round++) {
    const { status, answer } = await ask(framed(QUESTION));
    assert.equal(status, '0');
    over.push(readAnswer(answer.subarray(5))?.isOverLimit);
  }
  assert.deepEqual(over, [false, true]);
});

test('what is no question is refused, and the next one answered', async () => {
  const status = async (body: Buffer, path?: string) => (await ask(body, path)).status;
  assert.equal(await status(framed(QUESTION), '/other.Service/Method'), '12');
  assert.equal(await status(Buffer.alloc(0)), '3');
  assert.equal(await status(framed(Buffer.from([255, 255]))), '3');
  assert.equal(await status(framed(QUESTION).subarray(0, 7)), '3');
  assert.equal(await status(framed(QUESTION, 1)), '12');
  assert.equal(await status(framed(Buffer.alloc(2 * 1024 * 1024))), '8');
  assert.equal(await status(framed(QUESTION)), '0');
});
