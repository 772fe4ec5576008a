import { createServer, type Socket } from 'node:net';
import { ServerSession } from '../agent/codec/h2/server-session.ts';
import type { StreamEvents } from '../agent/codec/h2/stream.ts';
import { BODY_UNKNOWN_LENGTH, type ResponseHead } from '../agent/codec/head.ts';
import { FlushQueue } from '../agent/http/flush-queue.ts';
import { SessionSocket } from '../agent/http2/session-socket.ts';
import { createSystemClock } from '../base/clock.ts';

/** The application behind every proxy: a gRPC service on 9108 that says back what it hears, unary or streamed. */
const deps = { queue: new FlushQueue(), clock: createSystemClock() };
const nothing = () => {};

function serve(socket: Socket): void {
  const session: ServerSession = new ServerSession({
    onRequest(stream) {
      const head: ResponseHead = {
        ...{ status: 200, reason: '', version: 'HTTP/2', contentLength: BODY_UNKNOWN_LENGTH, upgrade: '' },
        headers: ['content-type', 'application/grpc'],
      };
      session.sendHead(stream, head, true);
      const events: StreamEvents = {
        ...{ onInterim: nothing, onResponse: nothing, onWritable: nothing, onReset: nothing },
        onData: (chunk) => session.sendData(stream, chunk),
        onEnd: () => session.sendEnd(stream, ['grpc-status', '0']),
      };
      stream.events = events;
    },
    onTooLarge: (stream) => session.reset(stream, 0),
    onDrained: nothing,
  });
  new SessionSocket(socket, session, deps);
}

createServer({ noDelay: true }, serve).listen(9108, '127.0.0.1');
