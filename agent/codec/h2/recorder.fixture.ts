import type { Headers, RequestHead, ResponseHead } from '../head.ts';
import { ProtocolError } from '../protocol-error.ts';
import { ClientSession } from './client-session.ts';
import { describeFrames } from './frames.fixture.ts';
import { PREFACE } from './protocol.ts';
import { ServerSession } from './server-session.ts';
import type { H2Stream, ResetOrigin, StreamEvents } from './stream.ts';

/** Sessions that write down what they are told, for tests; pieces of one body are one line. */

export class StreamRecorder implements StreamEvents {
  readonly #log: string[];
  readonly #name: string;
  head: ResponseHead | null = null;
  body = '';
  trailers: Headers | null = null;
  isEnded = false;
  writable = 0;

  constructor(log: string[], name: string) {
    this.#log = log;
    this.#name = name;
  }

  onInterim(head: ResponseHead): void {
    this.#log.push(`${this.#name} interim ${head.status}`);
  }

  onResponse(head: ResponseHead, hasBody: boolean): void {
    this.head = head;
    this.#log.push(
      `${this.#name} response ${head.status}${hasBody ? ' with body' : ''} ${head.contentLength}`,
    );
  }

  onData(chunk: Buffer): boolean {
    this.body += chunk.toString('latin1');
    const line = `${this.#name} data `;
    const last = this.#log.length - 1;
    if (this.#log[last]?.startsWith(line)) this.#log[last] += chunk.toString('latin1');
    else this.#log.push(line + chunk.toString('latin1'));
    return false;
  }

  onEnd(trailers: Headers | null): void {
    this.isEnded = true;
    this.trailers = trailers;
    this.#log.push(`${this.#name} end${trailers === null ? '' : ` ${trailers.join(' ')}`}`);
  }

  onWritable(): void {
    this.writable += 1;
  }

  onReset(code: number, origin: ResetOrigin): void {
    this.#log.push(`${this.#name} reset ${code} ${origin}`);
  }
}

export interface RecordedServer {
  readonly session: ServerSession;
  readonly log: string[];
  readonly streams: Map<number, { stream: H2Stream; head: RequestHead; events: StreamRecorder }>;
  /** Gives bytes in; what a breach of the protocol leads to is in the log, and the goodbye in the output. */
  push(bytes: Buffer, nowMs?: number): void;
  /** What came out, less the greeting, in words. */
  sent(): string[];
  takeBytes(): Buffer;
}

const GREETING_FRAMES = 2;

export function recordServer(onRequest?: (stream: H2Stream, head: RequestHead) => void): RecordedServer {
  const log: string[] = [];
  const streams: RecordedServer['streams'] = new Map();
  const session: ServerSession = new ServerSession({
    onRequest(stream, head, hasBody) {
      const events = new StreamRecorder(log, String(stream.id));
      stream.events = events;
      streams.set(stream.id, { stream, head, events });
      const { method, path, authority, contentLength, headers } = head;
      log.push(
        `${stream.id} request ${method} ${authority} ${path} ${contentLength} ${headers.join(' ')}${hasBody ? ' with body' : ''}`,
      );
      onRequest?.(stream, head);
    },
    onTooLarge(stream, { method, path }) {
      log.push(`${stream.id} too large ${method} ${path}`);
      const headers: string[] = [];
      const shape = { status: 431, reason: '', version: 'HTTP/2', upgrade: '', contentLength: 0 } as const;
      session.sendHead(stream, { ...shape, headers }, false);
    },
    onDrained: () => log.push('drained'),
  });
  return { session, log, streams, ...outputOf(session, log, GREETING_FRAMES, 0) };
}

export interface RecordedClient {
  readonly session: ClientSession;
  readonly log: string[];
  push(bytes: Buffer, nowMs?: number): void;
  sent(): string[];
  takeBytes(): Buffer;
}

export function recordClient(): RecordedClient {
  const log: string[] = [];
  const session = new ClientSession('http', {
    onCapacity() {},
    onAlive: () => log.push('alive'),
    onGoAway: (code) => log.push(`goaway ${code}`),
  });
  return { session, log, ...outputOf(session, log, GREETING_FRAMES, PREFACE.length) };
}

function outputOf(session: ServerSession | ClientSession, log: string[], greeting: number, skip: number) {
  const all: Buffer[] = [];
  const take = () => {
    const taken = Buffer.from(session.output.take());
    all.push(taken);
    session.output.giveBack();
    session.onFlushed(false);
    return taken;
  };
  return {
    push(bytes: Buffer, nowMs = 0) {
      // Lent, as a proxy reads: what lies behind is not of this read, and all of it is overwritten then.
      const lent = Buffer.concat([bytes, PREFACE]);
      try {
        session.pushLent(lent, bytes.length, nowMs);
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        log.push(`error ${error.code}`);
        session.fail(error);
      } finally {
        lent.fill(0xff);
      }
    },
    sent() {
      while (session.output.length > 0) take();
      return describeFrames(Buffer.concat(all).subarray(skip)).slice(greeting);
    },
    takeBytes: take,
  };
}
