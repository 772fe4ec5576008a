import type { Socket } from 'node:net';
import { errorCode } from '../../base/errors.ts';
import { ResponseParser, type ResponseSink } from '../codec/h1/response-parser.ts';
import { CHUNK_END, chunkStart, lastChunk } from '../codec/h1/write-chunk.ts';
import { encodeRequestHead } from '../codec/h1/write-head.ts';
import { BODY_UNKNOWN_LENGTH, type Headers, type RequestHead, type ResponseHead } from '../codec/head.ts';
import { ProtocolError } from '../codec/protocol-error.ts';
import type { UpstreamEvents, UpstreamFailure, UpstreamStream } from '../exchange/streams.ts';
import { type DirectReader, readDirectly } from './direct-read.ts';
import type { FlushQueue } from './flush-queue.ts';
import { addressOf } from './socket-address.ts';
import { SocketWriter } from './socket-writer.ts';

/** Methods that may be sent twice (RFC 9110 §9.2.2). */
export const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE', 'PUT', 'DELETE']);

/** How keepalives, or packets that nobody acknowledges, end a connection. */
const VANISHED: ReadonlySet<string> = new Set(['ETIMEDOUT', 'EHOSTUNREACH']);

export interface UpstreamConnectionOwner {
  /** The answer is over and another request may follow. */
  onFree(connection: UpstreamConnection): void;
  onClosed(connection: UpstreamConnection): void;
}

/** One kept HTTP/1.1 connection to a host; carries one exchange at a time. */
export class UpstreamConnection implements ResponseSink, UpstreamStream, DirectReader {
  readonly #socket: Socket;
  readonly #writer: SocketWriter;
  readonly #queue: FlushQueue;
  readonly #owner: UpstreamConnectionOwner;
  readonly #parser = new ResponseParser(this);
  #events: UpstreamEvents | null = null;
  #method = '';
  #isChunked = false;
  #isRequestEnded = true;
  #isResponseEnded = true;
  #canReuse = true;
  #isTunnel = false;
  #tunnelEnds = 0;
  /** The kernel had the peer's end before it had our bytes: known only until the next look at the socket. */
  #isFirstLook = false;
  #responseBytes = 0;
  #isHostGone = false;
  /** Somebody keeps bytes of what is being read. */
  #isKept = false;
  requests = 0;
  idleSinceMs = 0;
  isDraining = false;
  /** Its exchange is counted among the cluster's requests. */
  isCounted = false;
  /** Stops the timer that ends a connection for its age, if there is one. */
  cancelAge: () => void = () => {};

  constructor(socket: Socket, queue: FlushQueue, owner: UpstreamConnectionOwner) {
    this.#socket = socket;
    this.#queue = queue;
    this.#owner = owner;
    this.#writer = new SocketWriter(socket, queue);
    if (!readDirectly(socket, this)) socket.on('data', (chunk: Buffer) => this.read(chunk));
    socket.resume();
    socket.on('end', () => this.#onEnd());
    socket.on('error', (error) => {
      // Nobody is there any more who could say anything.
      if (VANISHED.has(errorCode(error))) this.#isHostGone = true;
      this.#fail(errorCode(error) || error.message);
    });
    socket.on('close', () => this.#onClose());
    socket.on('drain', () => this.#events?.onUpstreamDrain());
  }

  get localAddress(): string {
    return addressOf(this.#socket);
  }

  get isIdle(): boolean {
    return this.#events === null;
  }

  start(head: RequestHead, hasBody: boolean, events: UpstreamEvents): void {
    this.#events = events;
    this.#method = head.method;
    this.#isChunked = head.contentLength === BODY_UNKNOWN_LENGTH;
    this.#isRequestEnded = !hasBody;
    this.#isResponseEnded = false;
    this.#responseBytes = 0;
    this.requests += 1;
    this.#parser.expect(head.method, head.upgrade !== '');
    this.#writer.text(encodeRequestHead(head));
    if (this.requests > 1 && !IDEMPOTENT.has(head.method)) this.#watchFirstLook();
    events.onUpstreamReady(this);
  }

  /**
   * Whether a kept connection was dead already can be told for certain only if its end shows at the first look at the
   * socket behind our write: then the host had closed it before the request came.
   */
  #watchFirstLook(): void {
    this.#isFirstLook = true;
    setImmediate(() => setImmediate(() => setImmediate(() => (this.#isFirstLook = false))));
  }

  sendData(chunk: Buffer): boolean {
    if (this.#isTunnel || !this.#isChunked) this.#writer.chunk(chunk);
    else {
      this.#writer.text(chunkStart(chunk.length));
      this.#writer.chunk(chunk);
      this.#writer.text(CHUNK_END);
    }
    return this.#writer.isWritable;
  }

  get isWritten(): boolean {
    return this.#writer.isWritten;
  }

  sendEnd(trailers: Headers | null): void {
    this.#isRequestEnded = true;
    if (this.#isChunked) this.#writer.text(lastChunk(trailers));
    this.#freeIfDone();
  }

  sendTunnelEnd(): void {
    this.#tunnelEnds += 1;
    this.#writer.end();
  }

  pauseResponse(): void {
    this.#socket.pause();
  }

  resumeResponse(): void {
    this.#socket.resume();
  }

  cancel(): void {
    this.#events = null;
    // A tunnel that both sides ended goes away by itself, behind the last bytes.
    if (this.#tunnelEnds < 2) this.close();
  }

  close(): void {
    this.#canReuse = false;
    this.#socket.destroy();
  }

  /** The host ended: nothing of it will ever answer, and nothing is there that a repetition could harm. */
  giveUp(): void {
    this.#isHostGone = true;
    this.close();
  }

  /** No further request; ends now if it is idle, else with its exchange. */
  drain(): void {
    this.isDraining = true;
    if (this.isIdle) this.close();
  }

  onInterim(head: ResponseHead): void {
    this.#events?.onInterim(head);
  }

  onResponse(head: ResponseHead, hasBody: boolean, canReuse: boolean): void {
    this.#canReuse = canReuse && !this.isDraining;
    this.#isTunnel = head.status === 101 || (this.#method === 'CONNECT' && head.status < 300);
    this.#events?.onResponse(head, hasBody);
  }

  onData(chunk: Buffer): void {
    if (this.#events?.onResponseData(chunk) !== true) this.#isKept = true;
  }

  onEnd(trailers: Headers | null): void {
    const events = this.#events;
    this.#isResponseEnded = true;
    this.#freeIfDone();
    events?.onResponseEnd(trailers);
  }

  onTunnel(chunk: Buffer): void {
    this.#isKept = true;
    this.#events?.onUpstreamTunnelData(chunk);
  }

  #freeIfDone(): void {
    if (!this.#isResponseEnded || this.#events === null) return;
    // An answer before the request's end: the rest would be read as the next request.
    if (!this.#isRequestEnded) return;
    this.#events = null;
    // A caller that read too slowly had it paused; the next one must hear its answer.
    if (this.#socket.isPaused()) this.#socket.resume();
    if (this.#canReuse && !this.isDraining && !this.#parser.hasSurplus) this.#owner.onFree(this);
    else this.close();
  }

  read(chunk: Buffer): boolean {
    this.#isKept = false;
    this.#read(chunk, chunk.length, false);
    return !this.#isKept;
  }

  readLent(bytes: Buffer, length: number): boolean {
    this.#isKept = false;
    this.#read(bytes, length, true);
    return !this.#isKept;
  }

  #read(bytes: Buffer, length: number, isLent: boolean): void {
    this.#responseBytes += length;
    this.#queue.enter();
    try {
      if (isLent) this.#parser.pushLent(bytes, length);
      else this.#parser.push(bytes);
    } catch (error) {
      this.#failWith({ kind: 'protocol-error', reason: readReason(error) });
    } finally {
      this.#queue.leave();
    }
  }

  #onEnd(): void {
    if (this.#isTunnel) {
      this.#tunnelEnds += 1;
      this.#events?.onUpstreamTunnelEnd();
      return;
    }
    this.#queue.enter();
    try {
      this.#parser.finish();
    } catch {
      // Cut off within an answer: the peer's end, not a mistake of its syntax.
      this.#fail('connection termination');
    } finally {
      this.#queue.leave();
    }
    this.close();
  }

  #fail(reason: string): void {
    const isUnbegun = this.#responseBytes === 0 && (this.requests > 1 || this.#isHostGone);
    const isUnprocessed = isUnbegun && (IDEMPOTENT.has(this.#method) || this.#isFirstLook);
    this.#failWith({ kind: 'reset', reason, isUnprocessed });
  }

  #failWith(failure: UpstreamFailure): void {
    const events = this.#events;
    this.#events = null;
    this.close();
    events?.onUpstreamFailure(failure);
  }

  #onClose(): void {
    this.#fail('connection termination');
    this.#owner.onClosed(this);
  }
}

/** Anything but a breach of the protocol is a fault of ours, and must not be hidden as one of the peer's. */
function readReason(error: unknown): string {
  if (error instanceof ProtocolError) return error.code;
  throw error;
}
