/**
 * A server of long-lived and heavy exchanges, with real libraries: WebSocket, events, long polls, large bodies, trailers,
 * gRPC; and a plain TCP server. Mounted into a container beside the project's node_modules.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createHttp2Server } from 'node:http2';
import { createServer as createTcpServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { WebSocketServer } from 'ws';
import { createGrpcServer } from './grpc-service.ts';

const version = process.env['VERSION'] ?? '';
const CHUNK = Buffer.alloc(64 * 1024, 'lateen');
/** How the last sessions ended, newest last: what a caller cannot see from its side. */
const endings: string[] = [];
let isHealthy = true;
let waiting: ServerResponse[] = [];

type Handler = (request: IncomingMessage, response: ServerResponse, query: URLSearchParams) => unknown;

const HANDLERS: Readonly<Record<string, Handler>> = {
  '/endings': (_, response) => response.end(JSON.stringify(endings)),
  '/healthz': (_, response) => response.writeHead(isHealthy ? 200 : 500).end(),
  '/sick': (_, response) => {
    isHealthy = false;
    response.end();
  },
  '/well': (_, response) => {
    isHealthy = true;
    response.end();
  },
  /** Events of a server: the next one only once somebody asks for it by `/tell`. */
  '/events': (_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: hello\n\n');
    waiting.push(response);
    response.on('close', () => {
      waiting = waiting.filter((each) => each !== response);
      endings.push('events');
    });
  },
  '/poll': (_, response) => {
    waiting.push(response);
  },
  '/waiting': (_, response) => response.end(String(waiting.length)),
  '/tell': (_, response, query) => {
    for (const each of waiting) {
      if (each.headersSent) each.write(`data: ${query.get('word')}\n\n`);
      else each.end(query.get('word'));
    }
    waiting = waiting.filter((each) => !each.writableEnded);
    response.end();
  },
  '/upload': async (request, response, query) => {
    let bytes = 0;
    for await (const chunk of request) {
      bytes += (chunk as Buffer).length;
      if (query.has('slow')) await sleep(Number(query.get('slow')));
    }
    response.end(String(bytes));
  },
  '/download': async (_, response, query) => {
    let left = Number(query.get('bytes'));
    response.writeHead(200, { 'content-length': left });
    for (; left > 0 && !response.destroyed; left -= CHUNK.length) {
      const isFlowing = response.write(left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK);
      if (!isFlowing) await new Promise<void>((resolve) => onceEither(response, resolve));
    }
    endings.push(`download ${response.destroyed ? 'cut off' : 'whole'}`);
    response.end();
  },
  '/trailers': async (request, response) => {
    for await (const _ of request);
    response.writeHead(200, { trailer: 'x-sum' });
    response.write('body');
    response.addTrailers({ 'x-sum': `was ${request.trailers['x-sum'] ?? 'not sent'}` });
    response.end();
  },
};

function onceEither(response: ServerResponse, resolve: () => void): void {
  const done = () => {
    response.off('drain', done).off('close', done);
    resolve();
  };
  response.on('drain', done).on('close', done);
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://server');
  const handler = HANDLERS[url.pathname] ?? describeRequest;
  try {
    await handler(request, response, url.searchParams);
  } catch (error) {
    // A body that its caller cut off.
    endings.push(String(error));
  }
}

function describeRequest({ method, httpVersion }: IncomingMessage, response: ServerResponse): void {
  response.end(JSON.stringify({ version, method, httpVersion }));
}

const http = createServer((request, response) => void answer(request, response)).listen(8080);
/** `Expect: 100-continue`: by the path it is either waited for or refused before the body. */
http.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
  if (request.url === '/too-large') {
    response.writeHead(413, { connection: 'close' }).end('too large');
    return;
  }
  response.writeContinue();
  void answer(request, response);
});

const sockets = new WebSocketServer({ server: http, path: '/chat' });
sockets.on('connection', (socket) => {
  socket.on('message', (data, isBinary) => {
    if (String(data) === 'bye') socket.close(4001, 'as you wish');
    else socket.send(data, { binary: isBinary });
  });
  socket.on('close', (code, reason) => endings.push(`chat ${code} ${String(reason)}`));
});

createGrpcServer(version, 9090);

/** The same over HTTP/2 alone. */
createHttp2Server(
  (request, response) =>
    void answer(request as unknown as IncomingMessage, response as unknown as ServerResponse),
).listen(8082);

/** Speaks only when its caller has ended its side: `N bytes`, as programs that are fed by a pipe do. */
createTcpServer({ allowHalfOpen: true }, (socket) => {
  let bytes = 0;
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    bytes += chunk.length;
  });
  socket.on('end', () => socket.end(`${bytes} bytes`));
}).listen(7000);
