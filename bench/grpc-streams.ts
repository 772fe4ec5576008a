import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ClientSession } from '../agent/codec/h2/client-session.ts';
import type { StreamEvents } from '../agent/codec/h2/stream.ts';
import { BODY_UNKNOWN_LENGTH, type RequestHead } from '../agent/codec/head.ts';
import { FlushQueue } from '../agent/http/flush-queue.ts';
import { SessionSocket } from '../agent/http2/session-socket.ts';
import { createSystemClock } from '../base/clock.ts';
import type { Shape } from './h2load.ts';

/** A gRPC message of 100 bytes behind its prefix: not compressed, its length. */
export const MESSAGE = Buffer.concat([Buffer.from([0, 0, 0, 0, 100]), Buffer.alloc(100, 'x')]);
/** Messages that are under way on one stream; each echo sends the next. */
const IN_FLIGHT = 4;

const deps = { queue: new FlushQueue(), clock: createSystemClock() };
const nothing = () => {};

export interface StreamLoad {
  messages: number;
  /** Streams that ended, or had another answer than 200. */
  failed: number;
}

/** Two-way streams of messages that are said back, for as long as `seconds`. */
export async function streamMessages(
  port: number,
  path: string,
  { connections, streams }: Shape,
  seconds: number,
): Promise<StreamLoad> {
  const load: StreamLoad = { messages: 0, failed: 0 };
  const sockets = Array.from({ length: connections }, () => open(port, path, streams, load));
  await sleep(seconds * 1000);
  const { messages, failed } = load;
  for (const socket of sockets) socket.destroy();
  return { messages, failed };
}

function open(port: number, path: string, streams: number, load: StreamLoad): Socket {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  socket.once('connect', () => {
    const session = new ClientSession('http', { onCapacity: nothing, onGoAway: nothing, onAlive: nothing });
    new SessionSocket(socket, session, deps);
    deps.queue.run(() => {
      for (let i = 0; i < streams; i++) talk(session, path, load);
    });
  });
  return socket;
}

function talk(session: ClientSession, path: string, load: StreamLoad): void {
  const head: RequestHead = {
    ...{ method: 'POST', path, authority: 'bench', version: 'HTTP/2', contentLength: BODY_UNKNOWN_LENGTH },
    ...{
      headers: ['content-type', 'application/grpc', 'te', 'trailers'],
      upgrade: '',
      expectContinue: false,
    },
  };
  let bytes = 0;
  const fail = () => {
    load.failed += 1;
  };
  const events: StreamEvents = {
    ...{ onInterim: nothing, onWritable: nothing, onEnd: fail, onReset: fail },
    onResponse: ({ status }) => {
      if (status !== 200) load.failed += 1;
    },
    onData: (chunk) => {
      // All messages are of one length: so many are whole now as its length goes into the bytes.
      for (bytes += chunk.length; bytes >= MESSAGE.length; bytes -= MESSAGE.length) {
        load.messages += 1;
        session.sendData(stream, MESSAGE);
      }
      return true;
    },
  };
  const stream = session.open(head, true, events);
  for (let i = 0; i < IN_FLIGHT; i++) session.sendData(stream, MESSAGE);
}
