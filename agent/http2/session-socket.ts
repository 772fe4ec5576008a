import type { Socket } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import type { H2Session } from '../codec/h2/session.ts';
import { ProtocolError } from '../codec/protocol-error.ts';
import { type DirectReader, readDirectly } from '../http/direct-read.ts';
import type { Flushable, FlushQueue } from '../http/flush-queue.ts';

/** Unwritten bytes above which the peer is not read either: acknowledgements must not pile up for who reads nothing. */
const MAX_BACKLOG_BYTES = 1024 * 1024;
/** How long the rest of a broken connection is read into nothing, so that the goodbye is not lost in a reset. */
const LINGER_MS = 1000;

export interface SessionSocketDeps {
  readonly queue: FlushQueue;
  readonly clock: Clock;
  /** The peer's bytes ended the connection; absent = nobody asks. */
  readonly onBroken?: (error: ProtocolError) => void;
  /** Behind each read. */
  readonly onRead?: () => void;
  /** Requests of many callers meet on it. */
  readonly isShared?: boolean;
}

/** A session on a socket: reads into it, and writes in one piece what one read caused. */
export class SessionSocket implements Flushable, DirectReader {
  readonly #socket: Socket;
  readonly #session: H2Session;
  readonly #deps: SessionSocketDeps;
  #isEnding = false;
  /** How often something came from the peer. */
  reads = 0;

  constructor(socket: Socket, session: H2Session, deps: SessionSocketDeps) {
    this.#socket = socket;
    this.#session = session;
    this.#deps = deps;
    session.output.listen(() => this.#flushLater());
    // What TLS had read before it was handed on waits in the stream.
    if (!readDirectly(socket, this)) socket.on('data', (chunk: Buffer) => this.#readFromStream(chunk));
    socket.on('end', () => this.end());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => deps.queue.run(() => this.#session.close()));
    socket.on('drain', () => this.#onDrain());
  }

  #readFromStream(chunk: Buffer): void {
    this.read(chunk);
    readDirectly(this.#socket, this);
  }

  read(chunk: Buffer): boolean {
    return this.#read(chunk, chunk.length, false);
  }

  readLent(bytes: Buffer, length: number): boolean {
    return this.#read(bytes, length, true);
  }

  /** True = nothing of the bytes is kept. */
  #read(bytes: Buffer, length: number, isLent: boolean): boolean {
    const { queue, clock } = this.#deps;
    let isFree = false;
    this.reads += 1;
    queue.enter();
    try {
      if (isLent) isFree = this.#session.pushLent(bytes, length, clock.now());
      else isFree = this.#session.push(bytes, clock.now());
    } catch (error) {
      // Anything else is a fault of ours, and must not be hidden as one of the peer's.
      if (!(error instanceof ProtocolError)) throw error;
      this.fail(error);
    } finally {
      queue.leave();
    }
    this.#deps.onRead?.();
    return isFree;
  }

  /** Says goodbye, and why, and ends the connection. */
  fail(error: ProtocolError): void {
    this.#session.fail(error);
    this.#deps.onBroken?.(error);
    this.#linger();
  }

  flush(): void {
    const { output } = this.#session;
    if (output.length > 0) {
      const bytes = output.take();
      if (!this.#socket.destroyed) this.#write(bytes);
    }
    if (this.#isEnding && output.length === 0) this.#socket.end();
  }

  #write(bytes: Buffer): void {
    const socket = this.#socket;
    socket.write(bytes);
    // The kernel took it all at once: the memory is free again.
    if (socket.writableLength === 0) this.#session.output.giveBack();
    else if (socket.writableLength > MAX_BACKLOG_BYTES) socket.pause();
    this.#session.onFlushed(socket.writableNeedDrain);
  }

  #onDrain(): void {
    if (this.#socket.writableLength === 0) this.#session.output.giveBack();
    this.#socket.resume();
    this.#deps.queue.run(() => this.#session.onFlushed(false));
  }

  /** Ends the connection behind what was written; streams that are still open are lost. */
  end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#deps.queue.run(() => this.#session.close());
    this.#flushLater();
  }

  #flushLater(): void {
    if (this.#deps.isShared === true) this.#deps.queue.addShared(this);
    else this.#deps.queue.add(this);
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #linger(): void {
    this.end();
    this.#socket.resume();
    const timer = setTimeout(() => this.#socket.destroy(), LINGER_MS);
    timer.unref();
    this.#socket.once('close', () => clearTimeout(timer));
  }
}
