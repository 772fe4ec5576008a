import type { Socket } from 'node:net';
import type { Flushable, FlushQueue } from './flush-queue.ts';

/** Body chunks up to this size are copied behind their head; larger ones are passed by reference. */
const COPY_LIMIT_BYTES = 4096;

/** Gathers the heads and small bodies of one turn into one latin1 string, and writes large chunks as they are. */
export class SocketWriter implements Flushable {
  readonly #socket: Socket;
  readonly #queue: FlushQueue;
  #text = '';
  #isEnding = false;
  /** Bytes given so far, for the log. */
  bytes = 0;

  constructor(socket: Socket, queue: FlushQueue) {
    this.#socket = socket;
    this.#queue = queue;
  }

  /** False = the peer is slow: wait for the socket's `drain`. */
  get isWritable(): boolean {
    return !this.#socket.writableNeedDrain;
  }

  /** Nothing that was given is kept by the socket any more. */
  get isWritten(): boolean {
    return this.#socket.writableLength === 0;
  }

  text(piece: string): void {
    if (this.#text === '') this.#queue.add(this);
    this.#text += piece;
  }

  chunk(bytes: Buffer): void {
    if (bytes.length <= COPY_LIMIT_BYTES) {
      this.text(bytes.latin1Slice());
      return;
    }
    const pending = this.#text;
    this.#text = '';
    if (pending === '') this.#socket.write(bytes);
    else {
      this.#socket.cork();
      this.#socket.write(pending, 'latin1');
      this.#socket.write(bytes);
      this.#socket.uncork();
    }
  }

  flush(): void {
    const text = this.#text;
    this.#text = '';
    if (text !== '' && !this.#socket.destroyed) this.#socket.write(text, 'latin1');
    if (this.#isEnding) this.#socket.end();
  }

  /** Half-closes behind what was written. */
  end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    if (this.#text === '') this.#queue.add(this);
  }
}
