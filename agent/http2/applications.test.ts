import assert from 'node:assert/strict';
import {
  constants,
  createServer as createHttp2Server,
  type IncomingHttpHeaders,
  type ServerHttp2Stream,
} from 'node:http2';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { describeFrames, headers, settings } from '../codec/h2/frames.fixture.ts';
import { FLAG } from '../codec/h2/protocol.ts';
import { clusterSpec } from '../snapshot.fixture.ts';
import {
  call,
  callHttp1,
  http1Backend,
  http2Backend,
  http2Client,
  listen,
  sessions,
  start,
  toReviews,
} from './http2.fixture.ts';

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

  test('get another connection where a rule allows fewer streams on one', async () => {
    const waiting: ServerHttp2Stream[] = [];
    const upstream = await http2Backend((stream) => {
      waiting.push(stream);
      if (waiting.length < 6) return;
      for (const each of waiting) each.respond({ ':status': 200 }, { endStream: true });
    });
    const { connections } = clusterSpec('reviews');
    const rule = { connections: { ...connections, maxConcurrentStreams: 2 } };
    const { port } = await start(toReviews(upstream.port, 'http2', rule));
    const client = http2Client(port);
    await Promise.all(Array.from({ length: 6 }, () => call(client)));
    assert.equal(upstream.connections.length, 3);
  });

  test('that do not answer a PING in time lose their connection', async () => {
    const sockets: Socket[] = [];
    const mute = createServer((socket) => sockets.push(socket.on('error', () => {})));
    const { connections } = clusterSpec('reviews');
    const rule = { connections: { ...connections, http2KeepAlive: { intervalMs: 20, timeoutMs: 20 } } };
    const { port, lines } = await start(toReviews(await listen(mute), 'http2', rule));
    assert.equal((await call(http2Client(port), {}, 'body')).status, 503);
    assert.match(lines.join(''), / UC/);
    for (const socket of sockets) socket.destroy();
  });

  test('that answer PINGs keep it', async () => {
    let pings = 0;
    const upstream = await http2Backend((stream) => {
      stream.session?.on('ping', () => {
        pings += 1;
        if (pings === 3) stream.respond({ ':status': 200 }, { endStream: true });
      });
    });
    const { connections } = clusterSpec('reviews');
    const rule = { connections: { ...connections, http2KeepAlive: { intervalMs: 10, timeoutMs: 5000 } } };
    const { port } = await start(toReviews(upstream.port, 'http2', rule));
    assert.equal((await call(http2Client(port), {}, 'body')).status, 200);
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

  test('who speak HTTP/1.1 on a port that is declared HTTP/2: 502 with flag UPE, and the log says so', async () => {
    const to = await http1Backend((_, response) => response.end('hello'));
    const { port, lines } = await start(
      toReviews(to, 'http2', {}, '%RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%'),
    );
    assert.equal((await call(http2Client(port), {}, 'body')).status, 502);
    assert.match(lines[0] ?? '', /^UPE \S+\{protocol_error\|the_host_speaks_HTTP\/1\.1\}/);
  });

  test('who end the connection within a request: 503 with flag UC', async () => {
    const upstream = await http2Backend((stream) => stream.session?.destroy());
    const { port, lines } = await start(toReviews(upstream.port, 'http2'));
    const answer = await call(http2Client(port), {}, 'body');
    assert.equal(answer.status, 503);
    assert.match(answer.body.toString(), /connection termination$/);
    assert.match(lines.join(''), / UC/);
  });

  test('who had ended a kept connection are asked again on a new one, where that does no harm', async () => {
    let connections = 0;
    const server = createServer((socket) => {
      connections += 1;
      // One answer, and the end at the next request; the preface stands before the first frames.
      socket.once('data', () => {
        socket.write(Buffer.concat([settings(), headers(1, [':status', '200'], FLAG.endStream)]));
        socket.on('data', (chunk: Buffer) => {
          if (describeFrames(chunk).some((line) => line.startsWith('HEADERS'))) socket.destroy();
        });
      });
    });
    const { port } = await start(toReviews(await listen(server), 'http2'));
    const client = http2Client(port);
    assert.equal((await call(client)).status, 200);
    assert.equal((await call(client)).status, 200);
    assert.equal(connections, 2);
    assert.equal((await call(client, {}, 'body')).status, 503);
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

describe('two proxies, as between two workloads', () => {
  test('carry HTTP/1.1 over one HTTP/2 connection, where a rule upgrades it', async () => {
    const application = await http1Backend((request, response) => {
      request.pipe(response.setHeader('x-version', request.httpVersion));
    });
    const inner = await start(toReviews(application, 'http1'));
    let connections = 0;
    const between = createServer((socket) => {
      connections += 1;
      socket.pipe(connect(inner.port, '127.0.0.1')).pipe(socket);
    });
    const outer = await start(toReviews(await listen(between), 'http2'));
    const bodies = Array.from({ length: 40 }, (_, i) => String(i).repeat(1 + 1000 * i));
    const answers = await Promise.all(bodies.map((body) => callHttp1(outer.port, { method: 'POST' }, body)));
    assert.deepEqual(
      answers.map(({ body }) => body),
      bodies,
    );
    assert.equal(answers[0]?.headers['x-version'], '1.1');
    assert.equal(connections, 1);
  });
});
