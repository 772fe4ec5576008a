import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { after, describe, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createTestAuthority } from '../identity/testing/test-authority.ts';
import {
  CLIENT,
  endAll,
  listen,
  REVIEWS,
  startInbound,
  startOutbound,
} from '../identity/testing/two-proxies.ts';
import { playProxy, toHost } from './testing/wire.ts';

after(endAll);

const BYTES = 6 * 1024 * 1024;

/** Reads all of it, with pauses if it is slow: then memory of the proxies on the way is held for a while. */
async function digestOf(body: IncomingMessage, isSlow: boolean): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of body) {
    hash.update(chunk as Buffer);
    if (isSlow) for (let turn = 0; turn < 20; turn++) await nextTurn();
  }
  return hash.digest('hex');
}

/** Says the digest of what came, and sends as much of its own, whose digest it says too. */
const answer = async (incoming: IncomingMessage, response: ServerResponse) => {
  const isSlow = incoming.url === '/slow';
  const uploaded = await digestOf(incoming, isSlow);
  const body = randomBytes(BYTES);
  const downloaded = createHash('sha256').update(body).digest('hex');
  const length = incoming.headers['x-length'] === undefined ? {} : { 'content-length': BYTES };
  response.writeHead(200, { ...length, uploaded, downloaded });
  for (let at = 0; at < BYTES; at += 200_000)
    if (!response.write(body.subarray(at, at + 200_000))) await once(response, 'drain');
  response.end();
};

const startHost = () => listen(createServer(answer));

async function exchange(port: number, path: string, hasLength: boolean) {
  const body = randomBytes(BYTES);
  const headers = hasLength ? { 'content-length': BYTES, 'x-length': '1' } : {};
  const sent = request({ port, host: '127.0.0.1', method: 'POST', path, headers, agent: false });
  for (let at = 0; at < BYTES; at += 300_000) sent.write(body.subarray(at, at + 300_000));
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  const received = await digestOf(response, path === '/slow');
  assert.equal(response.headers['uploaded'], createHash('sha256').update(body).digest('hex'));
  assert.equal(received, response.headers['downloaded']);
}

/** Several at once on each way, whose buffers must not be taken for each other's. */
async function exchangeSome(port: number): Promise<void> {
  await Promise.all(
    ['/fast', '/slow', '/fast', '/slow'].map(async (path, index) => {
      for (let round = 0; round < 2; round++) await exchange(port, path, (index + round) % 2 === 0);
    }),
  );
}

describe('large bodies arrive as they were sent, however fast their readers are, and with others beside them', () => {
  test('in plain text', async () => {
    const client = await (await createTestAuthority()).identity(CLIENT);
    await exchangeSome((await startOutbound(await startHost(), client, {}, {}, false)).port);
  });

  test('over mutual TLS', async () => {
    const authority = await createTestAuthority();
    const server = await authority.identity(REVIEWS);
    const inbound = await startInbound(await startHost(), server, { protocol: 'http', tcp: null });
    await exchangeSome((await startOutbound(inbound.port, await authority.identity(CLIENT))).port);
  });

  for (const mutualTls of [false, true]) {
    test(`over HTTP/2 between two proxies, ${mutualTls ? 'with' : 'without'} mutual TLS`, async () => {
      const authority = await createTestAuthority();
      const server = await authority.identity(REVIEWS);
      const inbound = await startInbound(await listen(createHttp2Server(answer as never)), server, {
        protocol: 'http',
        tcp: null,
      });
      const client = await authority.identity(CLIENT);
      await exchangeSome(
        (await startOutbound(inbound.port, client, { protocol: 'http2' }, {}, mutualTls)).port,
      );
    });
  }
});

test('a large body that is sent again is the same as the first time', async (context) => {
  const seen: string[] = [];
  const port = await listen(
    createServer(async (incoming, response) => {
      seen.push(await digestOf(incoming, false));
      // UNAVAILABLE of gRPC is what may be tried again after the whole request was sent.
      const isAgain = seen.length > 1;
      response.writeHead(200, isAgain ? {} : { 'grpc-status': '14', 'content-length': 0 }).end();
    }),
  );
  const wire = (await playProxy(context, toHost(port))).call();
  const body = randomBytes(1_000_000);
  wire.send('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1000000\r\n\r\n');
  wire.socket.write(body);
  await wire.hear(/\r\n\r\n/);
  const digest = createHash('sha256').update(body).digest('hex');
  assert.deepEqual(seen, [digest, digest]);
});
