import assert from 'node:assert/strict';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { connect, constants } from 'node:http2';
import { connect as connectTcp } from 'node:net';
import { describe, test } from 'node:test';
import { data, describeFrames, frame, GET, HELLO, headers, POST } from '../codec/h2/frames.fixture.ts';
import { FLAG, FRAME } from '../codec/h2/protocol.ts';
import { clusterSpec, endpointSpec, listenerSpec, routeSpec, snapshotOf } from '../snapshot.fixture.ts';
import {
  call,
  http1Backend,
  http2Backend,
  http2Client,
  sessions,
  start,
  toReviews,
  until,
} from './http2.fixture.ts';

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

  test('who ask for a tunnel by CONNECT get 404, as no route of Istio matches that', async () => {
    const { port: to } = await http2Backend((stream) => stream.respond({ ':status': 200 }));
    const { port, lines } = await start(toReviews(to, 'http2'));
    const stream = http2Client(port).request({ ':method': 'CONNECT', ':authority': 'reviews:9080' });
    const status = await new Promise((resolve) => stream.on('response', (got) => resolve(got[':status'])));
    assert.equal(status, 404);
    assert.match(lines.join(''), / NR/);
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

  test('whose head is too large get 431, and their other requests go on', async () => {
    const upstream = await http1Backend((_, response) => response.end('hello'));
    const { port, lines } = await start(
      toReviews(upstream, 'http1', {}, '%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%'),
    );
    const client = connect(`http://127.0.0.1:${port}`, { maxSendHeaderBlockLength: 200_000 });
    sessions.add(client);
    const refused = await Promise.all([
      call(client, { large: 'x'.repeat(70_000) }),
      call(client, { large: 'x'.repeat(120_000) }, 'with a body'),
      call(client, Object.fromEntries(Array.from({ length: 101 }, (_, i) => [`x-${i}`, 'y']))),
    ]);
    for (const { status, body } of refused) {
      assert.equal(status, 431);
      assert.equal(body.toString(), 'Request Header Fields Too Large');
    }
    assert.equal((await call(client)).status, 200);
    assert.equal(lines[0], '431 DPE http2.header_list_size_too_large\n');
  });

  test('who break the protocol get GOAWAY and the end of the connection, and the log says why', async () => {
    const upstream = await http1Backend(() => {});
    const { port, lines } = await start(
      toReviews(upstream, 'http1', {}, '%RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%'),
    );
    const socket = connectTcp(port, '127.0.0.1');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    const open = [headers(1, GET, FLAG.endStream), headers(3, POST), headers(5, GET, FLAG.endStream)];
    const wrong = data(3, 'x', FLAG.padded);
    socket.write(Buffer.concat([HELLO, ...open, wrong, frame(FRAME.ping, 0, 1, Buffer.alloc(8))]));
    await new Promise((resolve) => socket.on('close', resolve));
    const said = describeFrames(Buffer.concat(chunks));
    assert.equal(said.at(-1), `GOAWAY last=5 code=${constants.NGHTTP2_PROTOCOL_ERROR}`);
    assert.deepEqual(lines, Array(3).fill('DPE codec_error:padding_is_too_long\n'));
  });
});
