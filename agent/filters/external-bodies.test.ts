import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, request } from 'node:http';
import { connect as connectHttp2 } from 'node:http2';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { createSystemClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/log.ts';
import { createSeededRandom } from '../../base/random.ts';
import type { AuthorizationSpec, ExternalAuthorizerSpec } from '../../model/authorization.ts';
import { createDataplane } from '../create-dataplane.ts';
import type { Dataplane } from '../dataplane.ts';
import { clusterSpec, endpointSpec, listenerSpec, routeSpec, snapshotOf } from '../snapshot.fixture.ts';

/** Bodies that an authorizer is shown, over sockets: none may hang, and none may be lost. */

const LIMIT = 100_000;
const servers: Server[] = [];
let dataplane: Dataplane;
let port: number;

async function portOf(server: Server): Promise<number> {
  servers.push(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

async function bytesOf(incoming: IncomingMessage): Promise<number> {
  let bytes = 0;
  for await (const chunk of incoming) bytes += (chunk as Buffer).length;
  return bytes;
}

/** Says how much of a body came. */
const counting = (status: number) =>
  createHttpServer((incoming, response) => {
    void bytesOf(incoming).then((bytes) => {
      response.writeHead(bytes === 13 ? 401 : status, { 'x-bytes': String(bytes) }).end(String(bytes));
    });
  }) as unknown as Server;

const authorizer = (allowsPartial: boolean): ExternalAuthorizerSpec => ({
  ...{ name: 'door', protocol: 'http', cluster: 'door', pathPrefix: '', timeoutMs: 5000 },
  body: { maxBytes: LIMIT, allowsPartial, packsBytes: false },
  ...{ failOpen: false, statusOnError: 403, clearsRoute: false, includeHeaders: [], addHeaders: [] },
  headersToUpstreamOnAllow: [],
  headersToDownstreamOnAllow: ['x-bytes'],
  headersToDownstreamOnDeny: [],
});

function asking(path: string, allowsPartial: boolean): AuthorizationSpec {
  const to = [[{ attribute: 'request.path' as const, key: [], values: [path], notValues: [] }]];
  return {
    ...{ name: `default${path}`, action: 'CUSTOM', isDryRun: false, provider: authorizer(allowsPartial) },
    rules: [{ to, from: [], when: [] }],
  };
}

before(async () => {
  dataplane = createDataplane({
    ...{ clock: createSystemClock(), random: createSeededRandom(1), log: silentLogger },
    writeAccessLog: () => {},
  });
  await dataplane.apply(
    snapshotOf({
      listeners: [listenerSpec({ direction: 'inbound', route: '9080' })],
      routes: [routeSpec(['app'])],
      clusters: [
        [clusterSpec('app'), [endpointSpec(await portOf(counting(200)))]],
        [clusterSpec('door'), [endpointSpec(await portOf(counting(200)))]],
      ],
      authorization: [asking('/whole', false), asking('/partial', true)],
    }),
  );
  const originalDestination = { address: '10.1.0.1', port: 9080 };
  port = await portOf(
    createServer({ pauseOnConnect: true }, (socket) =>
      dataplane.accept(socket, { direction: 'inbound', originalDestination }),
    ),
  );
});

after(async () => {
  await dataplane.drain(0);
  for (const server of servers) server.close();
});

interface Answer {
  readonly status: number | undefined;
  /** What the application got, or the proxy's own words. */
  readonly body: string;
  /** What the authorizer got. */
  readonly shown: unknown;
}

function post(path: string, bytes: number, headers: Record<string, string> = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: '127.0.0.1', port, path, method: 'POST', headers, agent: false });
    outgoing.on('error', reject).on('response', (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => {
        body += text;
      });
      response.on('end', () =>
        resolve({ status: response.statusCode, body, shown: response.headers['x-bytes'] }),
      );
    });
    if (headers['expect'] === undefined) outgoing.end(Buffer.alloc(bytes));
    else outgoing.once('continue', () => outgoing.end(Buffer.alloc(bytes)));
  });
}

describe('a body that an authorizer sees', { timeout: 20_000 }, () => {
  test('reaches both whole, up to the limit', async () => {
    for (const bytes of [1, LIMIT]) {
      const { status, body, shown } = await post('/whole', bytes);
      assert.deepEqual([status, body, shown], [200, `${bytes}`, `${bytes}`]);
    }
  });

  test('is answered 413 beyond the limit, however large it is', async () => {
    for (const bytes of [LIMIT + 1, 50 * LIMIT])
      assert.deepEqual(await post('/whole', bytes, { 'content-length': `${bytes}` }), {
        ...{ status: 413, body: 'Payload Too Large', shown: undefined },
      });
  });

  test('is shown to the limit where it may be cut off, and the application gets all of it', async () => {
    const { status, body, shown } = await post('/partial', 50 * LIMIT);
    assert.deepEqual([status, body, shown], [200, `${50 * LIMIT}`, `${LIMIT}`]);
  });

  test('is waited for where the caller waits to be told to go on', async () => {
    assert.deepEqual(await post('/whole', 7, { expect: '100-continue' }), {
      ...{ status: 200, body: '7', shown: '7' },
    });
  });

  test('of a refused request is not passed on', async () => {
    assert.equal((await post('/whole', 13)).status, 401);
  });

  test('comes over HTTP/2 as well', async () => {
    const session = connectHttp2(`http://127.0.0.1:${port}`);
    const ask = async (path: string, bytes: number) => {
      const stream = session.request({ ':path': path, ':method': 'POST' });
      stream.on('error', () => {});
      stream.end(Buffer.alloc(bytes));
      const [head] = (await once(stream, 'response')) as [Record<string, unknown>];
      stream.resume();
      return [head[':status'], head['x-bytes']];
    };
    assert.deepEqual(await ask('/whole', LIMIT), [200, `${LIMIT}`]);
    assert.deepEqual(await ask('/whole', 50 * LIMIT), [413, undefined]);
    assert.deepEqual(await ask('/partial', 50 * LIMIT), [200, `${LIMIT}`]);
    session.destroy();
  });
});
