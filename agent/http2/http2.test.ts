import assert from 'node:assert/strict';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import {
  type ClientHttp2Session,
  connect,
  constants,
  createServer as createHttp2Server,
  type Http2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import { type AddressInfo, connect as connectTcp, createServer, type Server } from 'node:net';
import { after, describe, test } from 'node:test';
import { createSystemClock } from '../../base/clock.ts';
import { silentLogger } from '../../base/log.ts';
import { createSeededRandom } from '../../base/random.ts';
import type { ClusterSpec } from '../../model/cluster.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { describeFrames, frame, HELLO } from '../codec/h2/frames.fixture.ts';
import { FRAME } from '../codec/h2/protocol.ts';
import { createDataplane } from '../create-dataplane.ts';
import type { Dataplane } from '../dataplane.ts';
import {
  clusterSpec,
  endpointSpec,
  listenerSpec,
  nodeSpec,
  routeSpec,
  snapshotOf,
} from '../snapshot.fixture.ts';

const servers: Server[] = [];
const dataplanes: Dataplane[] = [];
const sessions = new Set<{ destroy(): void }>();
after(async () => {
  for (const session of sessions) session.destroy();
  await Promise.all(dataplanes.map((dataplane) => dataplane.drain(0)));
  for (const server of servers) server.close();
});

const listen = (server: Server): Promise<number> => {
  servers.push(server);
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
  );
};

/** A data plane behind a socket that stands in for the capture. */
async function start(snapshot: Snapshot) {
  const lines: string[] = [];
  const dataplane = createDataplane({
    ...{ clock: createSystemClock(), random: createSeededRandom(1), log: silentLogger },
    writeAccessLog: (line) => lines.push(line),
  });
  dataplanes.push(dataplane);
  await dataplane.apply(snapshot);
  const captured = {
    ...{ direction: 'outbound' as const, originalDestination: { address: '240.240.0.5', port: 9080 } },
  };
  const port = await listen(
    createServer({ pauseOnConnect: true }, (socket) => dataplane.accept(socket, captured)),
  );
  return { dataplane, port, lines };
}

const toReviews = (port: number, protocol: ClusterSpec['protocol'], change: Partial<ClusterSpec> = {}) =>
  snapshotOf({
    node: nodeSpec({ accessLog: { format: '%PROTOCOL% %RESPONSE_FLAGS%', json: false } }),
    routes: [routeSpec(['reviews'])],
    clusters: [[clusterSpec('reviews', { protocol, ...change }), [endpointSpec(port)]]],
  });

const http1Backend = (handle: (request: IncomingMessage, response: ServerResponse) => void) =>
  listen(createHttpServer(handle) as unknown as Server);

type OnStream = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

async function http2Backend(onStream: OnStream, settings = {}) {
  const server: Http2Server = createHttp2Server({ settings });
  const connections: ServerHttp2Session[] = [];
  server.on('session', (session) => {
    sessions.add(session);
    connections.push(session);
  });
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    // What a test resets on purpose ends here.
    stream.on('error', () => {});
    onStream(stream, headers);
  });
  return { port: await listen(server as unknown as Server), connections };
}

function http2Client(port: number): ClientHttp2Session {
  const client = connect(`http://127.0.0.1:${port}`);
  sessions.add(client);
  return client;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
  readonly body: Buffer;
}

function call(
  client: ClientHttp2Session,
  headers: object = {},
  body: Buffer | string = '',
  trailers?: object,
) {
  return new Promise<Answer>((resolve, reject) => {
    const hasBody = body.length > 0 || trailers !== undefined;
    const stream = client.request(
      { ':path': '/', ':authority': 'reviews:9080', ...(hasBody ? { ':method': 'POST' } : {}), ...headers },
      { endStream: !hasBody, waitForTrailers: trailers !== undefined },
    );
    const answer = { status: 0, headers: {}, trailers: {} };
    const chunks: Buffer[] = [];
    stream.on('response', (got) => {
      answer.status = Number(got[':status']);
      answer.headers = got;
    });
    stream.on('trailers', (got) => (answer.trailers = got));
    stream.on('wantTrailers', () => stream.sendTrailers(trailers as never));
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', reject);
    stream.on('end', () => resolve({ ...answer, body: Buffer.concat(chunks) }));
    if (hasBody) stream.end(body);
  });
}

function callHttp1(port: number, options: object = {}, body: Buffer | string = '') {
  return new Promise<{ status: number; headers: IncomingMessage['headers']; body: string; trailers: object }>(
    (resolve, reject) => {
      const sent = request({ port, host: '127.0.0.1', agent: false, ...options }, (response) => {
        let text = '';
        response.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
        response.on('error', reject);
        response.on('end', () => {
          const { statusCode, headers, trailers } = response;
          resolve({ status: statusCode ?? 0, headers, trailers, body: text });
        });
      });
      sent.on('error', reject);
      sent.end(body);
    },
  );
}

/** Resolves once `isTrue`; the test's own time limit is the only clock. */
async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
}

const LARGE = Buffer.alloc(3_000_000, 'abcdefghij');

describe('HTTP/2 callers', () => {
  test('reach an HTTP/1.1 application, which sees an ordinary request', async () => {
    let seen: IncomingMessage['headers'] = {};
    const upstream = await http1Backend((request, response) => {
      seen = request.headers;
      response.setHeader('connection', 'close').end('hello');
    });
    const { port, lines } = await start(toReviews(upstream, 'http1'));
    const answer = await call(http2Client(port), { cookie: 'a=1; b=2', 'x-one': 'two' });
    assert.equal(answer.status, 200);
    assert.equal(answer.body.toString(), 'hello');
    assert.equal(answer.headers.server, 'envoy');
    assert.equal(answer.headers.connection, undefined);
    assert.equal(seen.host, 'reviews:9080');
    assert.equal(seen['x-one'], 'two');
    assert.equal(seen.cookie, 'a=1; b=2');
    assert.equal(seen['content-length'], undefined);
    assert.match(lines[0] ?? '', /^HTTP\/2 -/);
  });

  test('are served many at once over one connection, and out of order', async () => {
    const waiting: ServerResponse[] = [];
    const upstream = await http1Backend((_request, response) => {
      waiting.push(response);
      if (waiting.length === 50) for (const each of waiting.reverse()) each.end(String(each.req.url));
    });
    const { port } = await start(toReviews(upstream, 'http1'));
    const client = http2Client(port);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, i) => call(client, { ':path': `/${i}` })),
    );
    assert.deepEqual(
      answers.map(({ body }) => body.toString()),
      Array.from({ length: 50 }, (_, i) => `/${i}`),
    );
  });

  test('send and get large bodies', async () => {
    const upstream = await http1Backend((request, response) => {
      let bytes = 0;
      request.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      request.on('end', () => response.setHeader('x-bytes', bytes).end(LARGE));
    });
    const { port } = await start(toReviews(upstream, 'http1'));
    const answer = await call(http2Client(port), {}, LARGE);
    assert.equal(answer.headers['x-bytes'], String(LARGE.length));
    assert.equal(answer.body.equals(LARGE), true);
  });

  test('are stopped by an application that does not read, and nobody else is', async () => {
    const waiting: IncomingMessage[] = [];
    const upstream = await http1Backend((request, response) => {
      if (request.method === 'GET') response.end('hello');
      else waiting.push(request.on('end', () => response.end('read')));
    });
    const { port } = await start(toReviews(upstream, 'http1'));
    const client = http2Client(port);
    const upload = client.request({ ':path': '/', ':method': 'POST' });
    let written = 0;
    const more = () => {
      while (written < 50_000_000) {
        written += 100_000;
        if (!upload.write(Buffer.alloc(100_000))) return;
      }
      upload.end();
    };
    upload.on('drain', more);
    more();
    await until(() => waiting.length === 1);
    for (let round = 0; round < 20; round++) assert.equal((await call(client)).status, 200);
    const stopped = written;
    for (let round = 0; round < 20; round++) assert.equal((await call(client)).status, 200);
    assert.equal(written, stopped);
    assert.ok(written < 20_000_000, String(written));
    const answer = new Promise((resolve) => upload.on('response', (got) => resolve(got[':status'])));
    waiting[0]?.resume();
    assert.equal(await answer, 200);
  });

  test('are told apart from others on a port whose protocol is detected', async () => {
    const { port: to } = await http2Backend((stream) => {
      stream.respond({ ':status': 200 });
      stream.end('hello');
    });
    const { port } = await start(
      snapshotOf({
        listeners: [listenerSpec({ protocol: 'auto', tcp: [] })],
        routes: [routeSpec(['reviews'])],
        clusters: [[clusterSpec('reviews', { protocol: 'downstream' }), [endpointSpec(to)]]],
      }),
    );
    assert.equal((await call(http2Client(port))).body.toString(), 'hello');
  });

  test('get 404 where no route is, and 503 where no host answers', async () => {
    const { port } = await start(snapshotOf({ routes: [] }));
    assert.equal((await call(http2Client(port))).status, 404);
    const refused = await start(toReviews(1, 'http2'));
    const answer = await call(http2Client(refused.port));
    assert.equal(answer.status, 503);
    assert.match(answer.body.toString(), /remote connection failure$/);
  });

  test('who give up a request make the application see its end', async () => {
    let isClosed = false;
    const upstream = await http2Backend((stream) => stream.on('close', () => (isClosed = true)));
    const { port, lines } = await start(toReviews(upstream.port, 'http2'));
    const client = http2Client(port);
    const stream = client.request({ ':path': '/' });
    stream.on('error', () => {});
    await until(() => upstream.connections.length > 0);
    await new Promise((resolve) => client.ping(() => resolve(null)));
    stream.close(constants.NGHTTP2_CANCEL);
    await until(() => isClosed && lines.length > 0);
    assert.match(lines[0] ?? '', / DC/);
    assert.equal(upstream.connections[0]?.destroyed, false);
  });

  test('CONNECT is refused', async () => {
    const { port } = await start(snapshotOf({ routes: [] }));
    const stream = http2Client(port).request({ ':method': 'CONNECT', ':authority': 'a:80' });
    const status = await new Promise((resolve) => stream.on('response', (got) => resolve(got[':status'])));
    assert.equal(status, 403);
  });

  test('are told to go when the proxy drains, and what is under way is answered', async () => {
    const waiting: ServerResponse[] = [];
    const upstream = await http1Backend((_request, response) => waiting.push(response));
    const { dataplane, port } = await start(toReviews(upstream, 'http1'));
    const client = http2Client(port);
    const answer = call(client);
    await until(() => waiting.length === 1);
    const goAway = new Promise((resolve) => client.on('goaway', resolve));
    const drained = dataplane.drain(10_000);
    assert.equal(await goAway, constants.NGHTTP2_NO_ERROR);
    waiting[0]?.end('last');
    assert.equal((await answer).body.toString(), 'last');
    await drained;
  });

  test('who break the protocol get GOAWAY and the end of the connection', async () => {
    const { port } = await start(snapshotOf({ routes: [] }));
    const socket = connectTcp(port, '127.0.0.1');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.write(Buffer.concat([HELLO, frame(FRAME.ping, 0, 1, Buffer.alloc(8))]));
    await new Promise((resolve) => socket.on('close', resolve));
    const said = describeFrames(Buffer.concat(chunks));
    assert.equal(said.at(-1), `GOAWAY last=0 code=${constants.NGHTTP2_PROTOCOL_ERROR}`);
  });
});

describe('HTTP/2 applications', () => {
  test('serve HTTP/1.1 callers, trailers included', async () => {
    let seen: IncomingHttpHeaders = {};
    const upstream = await http2Backend((stream, headers) => {
      seen = headers;
      stream.respond({ ':status': 200 }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ checksum: '42' }));
      stream.resume();
      stream.on('end', () => stream.end('hello'));
    });
    const { port } = await start(toReviews(upstream.port, 'http2'));
    const headers = { Host: 'reviews:9080', 'X-One': 'two', Connection: 'x-hop', 'x-hop': '1' };
    const answer = await callHttp1(port, { method: 'POST', headers }, 'body');
    assert.equal(answer.status, 200);
    assert.equal(answer.body, 'hello');
    assert.deepEqual({ ...answer.trailers }, { checksum: '42' });
    assert.equal(seen[':authority'], 'reviews:9080');
    assert.equal(seen[':scheme'], 'http');
    assert.equal(seen['x-one'], 'two');
    assert.equal(seen['x-hop'], undefined);
    assert.equal(seen.host, undefined);
  });

  test('answer HTTP/1.1 callers without a body at once', async () => {
    const upstream = await http2Backend((stream) => stream.respond({ ':status': 200 }, { endStream: true }));
    const { port } = await start(toReviews(upstream.port, 'http2'));
    const answer = await callHttp1(port);
    assert.equal(answer.headers['content-length'], '0');
    assert.equal((await callHttp1(port, { method: 'HEAD' })).headers['content-length'], undefined);
  });

  test('share one connection among all callers', async () => {
    const upstream = await http2Backend((stream) => {
      stream.respond({ ':status': 200 });
      stream.end('hello');
    });
    const { port } = await start(toReviews(upstream.port, 'http2'));
    await Promise.all(Array.from({ length: 20 }, () => callHttp1(port)));
    await call(http2Client(port));
    assert.equal(upstream.connections.length, 1);
  });

  test('get another connection when they take no more streams on one', async () => {
    const waiting: ServerHttp2Stream[] = [];
    const upstream = await http2Backend(
      (stream) => {
        waiting.push(stream);
        if (waiting.length < 20) return;
        for (const each of waiting.splice(0)) {
          each.respond({ ':status': 200 });
          each.end('hello');
        }
      },
      { maxConcurrentStreams: 10 },
    );
    const { port } = await start(toReviews(upstream.port, 'http2'));
    const client = http2Client(port);
    // The first answer tells that the host's settings have arrived.
    const first = Array.from({ length: 20 }, () => call(client));
    await Promise.all(first);
    assert.equal(upstream.connections.length, 2);
    await Promise.all(Array.from({ length: 20 }, () => call(client)));
    assert.equal(upstream.connections.length, 2);
  });

  test('who say GOAWAY get new requests on a new connection, and none is lost', async () => {
    const upstream = await http2Backend((stream) => {
      stream.respond({ ':status': 200 });
      stream.end('hello');
    });
    const { port } = await start(toReviews(upstream.port, 'http2'));
    const client = http2Client(port);
    for (let round = 0; round < 20; round++) {
      const answers = Array.from({ length: 10 }, () => call(client));
      if (round % 5 === 4) upstream.connections.at(-1)?.close();
      for (const { status } of await Promise.all(answers)) assert.equal(status, 200);
    }
    assert.ok(upstream.connections.length >= 4);
  });

  test('who refuse a stream are asked again, as the default policy says', async () => {
    let requests = 0;
    const upstream = await http2Backend((stream) => {
      requests += 1;
      if (requests === 1) return stream.close(constants.NGHTTP2_REFUSED_STREAM);
      stream.respond({ ':status': 200 });
      stream.end('hello');
    });
    const { port } = await start(toReviews(upstream.port, 'http2'));
    assert.equal((await call(http2Client(port), {}, 'body')).status, 200);
    assert.equal(requests, 2);
  });

  test('who reset a stream before they answer: 503 with flag UR, and the others go on', async () => {
    const upstream = await http2Backend((stream, headers) => {
      if (headers[':path'] === '/reset') return stream.close(constants.NGHTTP2_INTERNAL_ERROR);
      stream.respond({ ':status': 200 });
      stream.end('hello');
    });
    const { port, lines } = await start(toReviews(upstream.port, 'http2'));
    const client = http2Client(port);
    const [reset, fine] = await Promise.all([call(client, { ':path': '/reset' }), call(client)]);
    assert.equal(reset.status, 503);
    assert.match(reset.body.toString(), /reset reason: remote reset$/);
    assert.equal(fine.status, 200);
    assert.equal(upstream.connections.length, 1);
    assert.match(lines.join(''), / UR/);
  });

  test('who break off within an answer: the caller sees that it is cut', async () => {
    const upstream = await http2Backend((stream) => {
      stream.respond({ ':status': 200 });
      stream.write('half');
      setImmediate(() => stream.destroy(new Error('broken')));
    });
    const { port } = await start(toReviews(upstream.port, 'http2'));
    await assert.rejects(call(http2Client(port)), { code: 'ERR_HTTP2_STREAM_ERROR' });
    await assert.rejects(callHttp1(port), { code: 'ECONNRESET' });
  });

  test('who end the connection within a request: 503 with flag UC', async () => {
    const upstream = await http2Backend((stream) => stream.session?.destroy());
    const { port, lines } = await start(toReviews(upstream.port, 'http2'));
    const answer = await call(http2Client(port), {}, 'body');
    assert.equal(answer.status, 503);
    assert.match(answer.body.toString(), /connection termination$/);
    assert.match(lines.join(''), / UC/);
  });

  test('a slow reader stops the application, and nobody else', async () => {
    let written = 0;
    const upstream = await http2Backend((stream, headers) => {
      stream.respond({ ':status': 200 });
      if (headers[':path'] !== '/large') {
        stream.end('hello');
        return;
      }
      const more = () => {
        while (!stream.destroyed && written < 100_000_000) {
          written += 100_000;
          if (!stream.write(Buffer.alloc(100_000))) break;
        }
      };
      stream.on('drain', more);
      more();
    });
    const { port } = await start(toReviews(upstream.port, 'http2'));
    const client = http2Client(port);
    const slow = client.request({ ':path': '/large' });
    slow.on('error', () => {});
    await new Promise((resolve) => slow.on('response', resolve));
    slow.pause();
    for (let round = 0; round < 20; round++) assert.equal((await call(client)).status, 200);
    const stopped = written;
    for (let round = 0; round < 20; round++) assert.equal((await call(client)).status, 200);
    assert.equal(written, stopped);
    assert.ok(written < 5_000_000);
    slow.close(constants.NGHTTP2_CANCEL);
  });

  test('both sides may speak at once for long', async () => {
    const upstream = await http2Backend((stream) => {
      stream.respond({ ':status': 200 });
      stream.pipe(stream);
    });
    const { port } = await start(toReviews(upstream.port, 'downstream'));
    const stream = http2Client(port).request({ ':method': 'POST', ':path': '/' });
    for (const word of ['one', 'two', 'three']) {
      const echo = new Promise((resolve) =>
        stream.once('data', (chunk: Buffer) => resolve(chunk.toString())),
      );
      stream.write(word);
      assert.equal(await echo, word);
    }
    const end = new Promise((resolve) => stream.on('end', resolve));
    stream.end();
    await end;
  });
});

describe('a cluster that speaks what its callers speak', () => {
  test('is HTTP/2 for HTTP/2 callers and HTTP/1.1 for others', async () => {
    const versions: string[] = [];
    const server = createHttp2Server((request, response) => {
      versions.push(request.httpVersion);
      response.end('hello');
    });
    server.on('session', (session) => sessions.add(session));
    const http2Port = await listen(server as unknown as Server);
    const http1Port = await http1Backend((request, response) => {
      versions.push(request.httpVersion);
      response.end('hello');
    });
    const second = await start(toReviews(http2Port, 'downstream'));
    assert.equal((await call(http2Client(second.port))).status, 200);
    const first = await start(toReviews(http1Port, 'downstream'));
    assert.equal((await callHttp1(first.port)).status, 200);
    assert.deepEqual(versions, ['2.0', '1.1']);
  });
});
