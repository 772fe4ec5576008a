import assert from 'node:assert/strict';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  request,
  type ServerResponse,
} from 'node:http';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import { createSystemClock } from '../base/clock.ts';
import { silentLogger } from '../base/log.ts';
import { createSeededRandom } from '../base/random.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { createDataplane } from './create-dataplane.ts';
import type { CapturedConnection } from './dataplane.ts';
import {
  clusterSpec,
  endpointSpec,
  listenerSpec,
  nodeSpec,
  routeSpec,
  snapshotOf,
  textLog,
} from './snapshot.fixture.ts';
import { endWithTests, listen } from './testing/ended-with-tests.ts';

const backend = (handle: (request: IncomingMessage, response: ServerResponse) => void) =>
  listen(createHttpServer(handle) as unknown as Server);

/** A data plane behind a socket that stands in for the capture. */
async function start(snapshot: Snapshot, capture: Partial<CapturedConnection> = {}) {
  const lines: string[] = [];
  const dataplane = createDataplane({
    ...{ clock: createSystemClock(), random: createSeededRandom(1), log: silentLogger },
    writeAccessLog: (line) => lines.push(line),
  });
  endWithTests(dataplane);
  await dataplane.apply(snapshot);
  const captured: CapturedConnection = {
    direction: 'outbound',
    originalDestination: { address: '240.240.0.5', port: 9080 },
    ...capture,
  };
  const port = await listen(
    createServer({ pauseOnConnect: true }, (socket) => dataplane.accept(socket, captured)),
  );
  return { dataplane, port, lines };
}

interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
}

function call(
  port: number,
  path = '/',
  method = 'GET',
  body: string | Buffer = '',
  headers = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, host: '127.0.0.1', path, method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Sends bytes as they are, and gives all that comes until the connection ends. */
function raw(port: number, bytes: string, end = true): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
    let text = '';
    socket.on('data', (chunk: Buffer) => {
      text += chunk.latin1Slice();
    });
    socket.on('end', () => {
      socket.end();
      resolve(text);
    });
    socket.on('error', reject);
    socket.write(bytes, 'latin1');
    if (end) socket.end();
  });
}

const one = (port: number) => [[clusterSpec('reviews'), [endpointSpec(port)]]] as const;
const toReviews = (port: number) => snapshotOf({ routes: [routeSpec(['reviews'])], clusters: one(port) });

describe('HTTP through the data plane', () => {
  test('a request is routed, gets Istio headers, and its answer comes back', async () => {
    let seen: IncomingMessage['headers'] = {};
    const upstream = await backend((request, response) => {
      seen = request.headers;
      response.end('hello');
    });
    const { port } = await start(toReviews(upstream));
    const answer = await call(port, '/a?b=1', 'GET', '', { host: 'reviews:9080' });
    assert.equal(answer.status, 200);
    assert.equal(answer.body, 'hello');
    assert.equal(answer.headers.server, 'envoy');
    assert.match(String(answer.headers['x-envoy-upstream-service-time']), /^\d+$/);
    assert.equal(seen.host, 'reviews:9080');
    assert.equal(seen['x-forwarded-proto'], 'http');
    assert.equal(seen['x-envoy-attempt-count'], '1');
    assert.match(String(seen['x-request-id']), /^[0-9a-f-]{36}$/);
  });

  test('a posted body arrives whole, by length and in chunks', async () => {
    const upstream = await backend((request, response) => {
      let bytes = 0;
      request.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      request.on('end', () => response.end(String(bytes)));
    });
    const { port } = await start(toReviews(upstream));
    const body = Buffer.alloc(3_000_000, 'x');
    assert.equal((await call(port, '/', 'POST', body, { 'content-length': body.length })).body, '3000000');
    assert.equal((await call(port, '/', 'POST', body, { 'transfer-encoding': 'chunked' })).body, '3000000');
  });

  test('pipelined requests are answered in their order', async () => {
    const upstream = await backend((request, response) => response.end(`[${request.url}]`));
    const { port } = await start(toReviews(upstream));
    const last = 'GET /3 HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n';
    const text = await raw(
      port,
      `GET /1 HTTP/1.1\r\nhost: a\r\n\r\nGET /2 HTTP/1.1\r\nhost: a\r\n\r\n${last}`,
      false,
    );
    assert.deepEqual(text.match(/\[\/\d\]/g), ['[/1]', '[/2]', '[/3]']);
  });

  test('a caller that half-closes behind pipelined requests gets every answer', async () => {
    const upstream = await backend((request, response) => response.end(`[${request.url}]`));
    const { port } = await start(toReviews(upstream));
    const text = await raw(port, [1, 2, 3].map((n) => `GET /${n} HTTP/1.1\r\nhost: a\r\n\r\n`).join(''));
    assert.deepEqual(text.match(/\[\/\d\]/g), ['[/1]', '[/2]', '[/3]']);
  });

  test('HEAD, 204 and 304 have no body, and the connection goes on behind them', async () => {
    const upstream = await backend((request, response) => {
      response.statusCode = Number(request.url?.slice(1)) || 200;
      response.end(response.statusCode === 200 && request.method !== 'HEAD' ? 'body' : undefined);
    });
    const { port } = await start(toReviews(upstream));
    const lines = ['HEAD /200', 'GET /204', 'GET /304', 'GET /200'];
    const requests = lines.map((line) => `${line} HTTP/1.1\r\nhost: a\r\n\r\n`).join('');
    const text = await raw(port, requests.replace(/\r\n$/, 'connection: close\r\n\r\n'), false);
    assert.deepEqual(
      text.match(/HTTP\/1.1 (\d+)/g),
      ['200', '204', '304', '200'].map((n) => `HTTP/1.1 ${n}`),
    );
    assert.ok(text.includes('body'));
  });

  test('HTTP/1.0 is served, and its connection ends', async () => {
    const upstream = await backend((_request, response) => response.end('old'));
    const { port } = await start(toReviews(upstream));
    const text = await raw(port, 'GET / HTTP/1.0\r\n\r\n', false);
    assert.match(text, /^HTTP\/1\.1 200 OK\r\n/);
    assert.match(text, /old$/);
  });

  test('bytes that are no HTTP get 400 and the end of the connection', async () => {
    const { port } = await start(toReviews(1));
    const text = await raw(port, 'post / HTTP/1.1\r\nhost: a\r\n\r\n', false);
    assert.match(text, /^HTTP\/1\.1 400 Bad Request\r\n/);
    assert.match(text, /connection: close/);
    assert.match(text, /Bad Request$/);
    assert.match(text, /server: envoy\r\n/);
  });

  test('an upgraded connection passes bytes both ways', async () => {
    const server = createHttpServer();
    server.on('upgrade', (_request, socket: Socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
      socket.on('data', (chunk: Buffer) => socket.write(chunk.toString().toUpperCase()));
      socket.on('end', () => socket.end());
    });
    const upstream = await listen(server as unknown as Server);
    const { port } = await start(toReviews(upstream));
    const head = 'GET / HTTP/1.1\r\nhost: a\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n';
    const socket = connect(port, '127.0.0.1');
    let text = '';
    await new Promise<void>((resolve) => {
      socket.on('data', (chunk: Buffer) => {
        text += chunk.toString();
        if (text.endsWith('\r\n\r\n')) socket.write('ping');
        if (text.endsWith('PING')) socket.end();
      });
      socket.on('close', () => resolve());
      socket.write(head);
    });
    assert.match(text, /^HTTP\/1\.1 101 .*PING$/s);
  });
});

describe('failures', () => {
  test('a refused connection is tried three times in all: 503 with URX,UF', async () => {
    const parts = { routes: [routeSpec(['reviews'])], clusters: one(1) };
    const node = nodeSpec({ accessLogs: textLog('%RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%') });
    const { port, lines } = await start(snapshotOf({ ...parts, node }));
    const answer = await call(port);
    assert.equal(answer.status, 503);
    assert.match(answer.body, /retried and the latest reset reason: remote connection failure$/);
    assert.deepEqual(lines, [
      'URX,UF upstream_reset_before_response_started{remote_connection_failure|delayed_connect_error:_Connection_refused}\n',
    ]);
  });

  test('no endpoints: 503 no healthy upstream; no cluster: 503; no route: 404', async () => {
    const { port } = await start(
      snapshotOf({
        routes: [
          routeSpec(['empty'], {
            match: {
              path: { kind: 'exact', value: '/empty', ignoreCase: false },
              headers: [],
              queryParams: [],
            },
          }),
          routeSpec(['absent'], {
            match: {
              path: { kind: 'exact', value: '/absent', ignoreCase: false },
              headers: [],
              queryParams: [],
            },
          }),
        ],
        clusters: [[clusterSpec('empty'), []]],
      }),
    );
    assert.deepEqual(
      [(await call(port, '/empty')).status, (await call(port, '/empty')).body],
      [503, 'no healthy upstream'],
    );
    assert.equal((await call(port, '/absent')).status, 503);
    assert.equal((await call(port, '/other')).status, 404);
  });

  test('a POST over a kept connection that the host had closed is sent again', async () => {
    let connections = 0;
    const upstream = await listen(
      createServer((socket) => {
        connections += 1;
        const mine = connections;
        let requests = 0;
        socket.on('error', () => {});
        socket.on('data', () => {
          requests += 1;
          // The first connection answers once and is dead for the next request.
          if (mine === 1 && requests > 1) return;
          socket.write('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok');
          if (mine === 1) setTimeout(() => socket.resetAndDestroy(), 20);
        });
      }),
    );
    const { port } = await start(toReviews(upstream));
    assert.equal((await call(port, '/', 'POST', 'a')).status, 200);
    await new Promise((resolve) => setTimeout(resolve, 60));
    assert.equal((await call(port, '/', 'POST', 'b')).status, 200);
    assert.equal(connections, 2);
  });

  test('a route timeout answers 504', async () => {
    const upstream = await backend(() => {});
    const { port } = await start(
      snapshotOf({ routes: [routeSpec(['reviews'], {}, { timeoutMs: 50 })], clusters: one(upstream) }),
    );
    const answer = await call(port);
    assert.deepEqual([answer.status, answer.body], [504, 'upstream request timeout']);
  });
});

describe('TCP', () => {
  const tcp = [
    {
      match: { sniHosts: [], destinationSubnets: [] },
      ...{ clusters: [{ name: 'db', weight: 1 }], idleTimeoutMs: 0, statPrefix: 'db' },
    },
  ];
  const toDb = (port: number, protocol: 'tcp' | 'auto') =>
    snapshotOf({
      listeners: [listenerSpec({ protocol, route: protocol === 'tcp' ? null : '9080', tcp })],
      routes: [routeSpec(['db'])],
      clusters: [[clusterSpec('db', { protocol: 'tcp' }), [endpointSpec(port)]]],
    });

  test('a server that greets first is heard at once on a declared port', async () => {
    const upstream = await listen(createServer((socket) => socket.end('greeting')));
    const { port } = await start(toDb(upstream, 'tcp'));
    assert.equal(await raw(port, '', false), 'greeting');
  });

  test('a connection above maxConnections is closed, and there is room again when one ends', async () => {
    let held: Socket | null = null;
    const upstream = await listen(
      createServer((socket) => {
        if (held !== null) socket.end('hello');
        else {
          held = socket;
          socket.write('hello');
        }
      }),
    );
    const limited = clusterSpec('db', { protocol: 'tcp' });
    const { port, dataplane } = await start(
      snapshotOf({
        listeners: [listenerSpec({ protocol: 'tcp', route: null, tcp })],
        clusters: [
          [
            { ...limited, circuitBreaker: { ...limited.circuitBreaker, maxConnections: 1 } },
            [endpointSpec(upstream)],
          ],
        ],
      }),
    );
    const first = raw(port, '', false);
    while (held === null) await new Promise((resolve) => setImmediate(resolve));
    assert.equal(await raw(port, '', false), '');
    assert.match(dataplane.renderMetrics(), /envoy_cluster_upstream_cx_overflow\{cluster_name="db"\} 1\n/);
    (held as Socket).end();
    assert.equal(await first, 'hello');
    // The end that the caller sees comes a moment before the connection behind it is gone.
    let text = '';
    for (let attempt = 0; attempt < 100 && text === ''; attempt++) text = await raw(port, '', false);
    assert.equal(text, 'hello');
  });

  test('half-close passes, and everything sent before it', async () => {
    const upstream = await listen(
      createServer({ allowHalfOpen: true }, (socket) => {
        let text = '';
        socket.on('data', (chunk: Buffer) => {
          text += chunk;
        });
        socket.on('end', () => socket.end(`got ${text.length}`));
      }),
    );
    const { port } = await start(toDb(upstream, 'tcp'));
    assert.equal(await raw(port, 'x'.repeat(1_000_000)), 'got 1000000');
  });

  test('on an undeclared port a silent caller hears the greeting, and HTTP is still HTTP', async () => {
    const greeter = await listen(createServer((socket) => socket.end('greeting')));
    const silent = await start(toDb(greeter, 'auto'));
    assert.equal(await raw(silent.port, '', false), 'greeting');
    const upstream = await backend((_request, response) => response.end('web'));
    const http = await start(toDb(upstream, 'auto'));
    const answer = await call(http.port);
    assert.deepEqual([answer.headers.server, answer.body], ['envoy', 'web']);
  });

  test('a caller that is slow to begin is not taken for TCP', async () => {
    const upstream = await backend((_request, response) => response.end('web'));
    const { port } = await start(toDb(upstream, 'auto'));
    const text = await new Promise<string>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      setTimeout(() => socket.write('GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n'), 450);
      let seen = '';
      socket.on('data', (chunk: Buffer) => {
        seen += chunk;
      });
      socket.on('close', () => resolve(seen));
    });
    assert.match(text, /server: envoy/);
  });

  test('TLS bytes pass untouched, and those of HTTP/2 where no HTTP is served', async () => {
    const upstream = await listen(createServer((socket) => socket.pipe(socket)));
    const { port } = await start(toDb(upstream, 'tcp'));
    const preface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
    assert.equal(await raw(port, preface), preface);
    const { port: again } = await start(toDb(upstream, 'auto'));
    assert.equal(await raw(again, '\x16\x03\x01\x00\x05hello'), '\x16\x03\x01\x00\x05hello');
  });
});

describe('snapshots', () => {
  test('every new request meets the new snapshot, on a kept connection too', async () => {
    const first = await backend((_request, response) => response.end('first'));
    const second = await backend((_request, response) => response.end('second'));
    const { dataplane, port } = await start(toReviews(first));
    const socket = connect(port, '127.0.0.1');
    const ask = () =>
      new Promise<string>((resolve) => {
        socket.once('data', (chunk: Buffer) => resolve(chunk.toString()));
        socket.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n');
      });
    assert.match(await ask(), /first$/);
    await dataplane.apply(toReviews(second));
    assert.match(await ask(), /second$/);
    socket.destroy();
  });

  test('a reference that leads nowhere is refused, and the old snapshot stays', async () => {
    const upstream = await backend((_request, response) => response.end('ok'));
    const { dataplane, port } = await start(toReviews(upstream));
    const broken = snapshotOf({ listeners: [listenerSpec({ route: 'absent' })], clusters: one(upstream) });
    await assert.rejects(dataplane.apply(broken), /listener 0\.0\.0\.0_9080 refers to route config absent/);
    assert.equal((await call(port)).body, 'ok');
  });

  test('a gateway opens its ports, closes those that vanish, and names one that is taken', async () => {
    const upstream = await backend((_request, response) => response.end('edge'));
    const holder = createServer();
    const free = await listen(holder);
    await new Promise((resolve) => holder.close(resolve));
    const gateway = (port: number) =>
      snapshotOf({
        listeners: [listenerSpec({ name: `0.0.0.0_${port}`, direction: 'gateway', port })],
        ...{ routes: [routeSpec(['reviews'])], clusters: one(upstream) },
      });
    const { dataplane } = await start(gateway(free));
    const answer = await call(free);
    assert.deepEqual([answer.body, answer.headers.server], ['edge', 'istio-envoy']);
    const taken = await listen(createServer());
    await assert.rejects(
      dataplane.apply(gateway(taken)),
      new RegExp(`port ${taken} of the gateway is already in use`),
    );
    assert.equal((await call(free)).status, 200);
    await dataplane.apply(toReviews(upstream));
    await assert.rejects(call(free), /ECONNREFUSED/);
  });

  test('draining ends idle connections and lets a request finish', async () => {
    const upstream = await backend((_request, response) => setTimeout(() => response.end('late'), 100));
    const { dataplane, port } = await start(toReviews(upstream));
    const pending = call(port);
    await new Promise((resolve) => setTimeout(resolve, 40));
    const drained = dataplane.drain(2000);
    const answer = await pending;
    assert.deepEqual([answer.body, answer.headers.connection], ['late', 'close']);
    await drained;
  });

  test('what was counted can be read', async () => {
    const upstream = await backend((_request, response) => response.end('ok'));
    const { dataplane, port } = await start(toReviews(upstream));
    await call(port);
    const text = dataplane.renderMetrics();
    assert.match(
      text,
      /istio_requests_total\{reporter="source".*destination_service_name="reviews".*response_code="200".*\} 1\n/,
    );
    assert.match(text, /envoy_cluster_upstream_rq_total\{cluster_name="reviews"\} 1\n/);
  });
});
