import type { Socket } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import { reasonPhrase } from '../codec/h1/reason-phrases.ts';
import { RequestParser, type RequestSink } from '../codec/h1/request-parser.ts';
import { CHUNK_END, chunkStart, lastChunk } from '../codec/h1/write-chunk.ts';
import {
  addLines,
  encodeResponseHead,
  endsWithConnection,
  isChunkedResponse,
} from '../codec/h1/write-head.ts';
import { BODY_NOT_TOLD, type Headers, type RequestHead, type ResponseHead } from '../codec/head.ts';
import { ProtocolError } from '../codec/protocol-error.ts';
import { Exchange } from '../exchange/exchange.ts';
import type { HttpPipeline } from '../exchange/pipeline.ts';
import { SERVER_NAME } from '../exchange/request-headers.ts';
import type { DownstreamPeer, DownstreamStream } from '../exchange/streams.ts';
import { type BrokenRequest, describeBroken, reportBroken } from './broken-request.ts';
import { type DirectReader, readDirectly } from './direct-read.ts';
import type { FlushQueue } from './flush-queue.ts';
import { SocketWriter } from './socket-writer.ts';

/** How long the caller may take to close behind the last answer (Envoy's `delayed_close_timeout`). */
const LINGER_MS = 1000;
/**
 * How long a caller that ended its side may hear nothing and is still taken to wait for its answer. It looks just as one that went away, which
 * the host must hear of (Envoy takes either for gone at once).
 */
const HALF_CLOSED_MS = 1000;

/** How long a connection without a request may still bring one, when no more are wanted. */
const LEAVE_IDLE_MS = 500;

export interface DownstreamOptions {
  readonly queue: FlushQueue;
  readonly clock: Clock;
  /** The pipeline in force now: read once per request. */
  readonly pipeline: () => HttpPipeline | null;
  readonly isDraining: () => boolean;
  onClosed(): void;
}

/** One HTTP/1 connection of a caller. Requests are answered one after the other, pipelined ones too. */
export class DownstreamConnection implements RequestSink, DownstreamStream, DirectReader {
  readonly peer: DownstreamPeer;
  readonly #socket: Socket;
  readonly #options: DownstreamOptions;
  readonly #writer: SocketWriter;
  readonly #parser = new RequestParser(this);
  #exchange: Exchange | null = null;
  #isLast = false;
  #isHttp10 = false;
  #isChunked = false;
  #isResponding = false;
  #isEnded = false;
  #isRequestOpen = false;
  #isReading = false;
  #hasNext = false;
  #isTunnel = false;
  /** Nothing that comes is read any more. */
  #isClosing = false;
  /** Somebody keeps bytes of what is being read. */
  #isKept = false;
  /** Set while a head has begun and is not whole, where a limit for that is set. */
  #cancelHeadTimer: (() => void) | null = null;

  constructor(socket: Socket, peer: DownstreamPeer, options: DownstreamOptions) {
    this.#socket = socket;
    this.peer = peer;
    this.#options = options;
    this.#writer = new SocketWriter(socket, options.queue);
    // What TLS had read before it was handed on waits in the stream.
    const isDirect = readDirectly(socket, this);
    if (!isDirect) socket.on('data', (chunk: Buffer) => this.#readFromStream(chunk));
    socket.on('end', () => this.#onEnd());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#onClose());
    socket.on('drain', () => this.#exchange?.onDownstreamDrain());
  }

  get isIdle(): boolean {
    return this.#exchange === null;
  }

  #readFromStream(chunk: Buffer): void {
    this.read(chunk);
    readDirectly(this.#socket, this);
  }

  /** Takes bytes: first those that detection had read. */
  read(chunk: Buffer): boolean {
    this.#isKept = false;
    this.#read(chunk, chunk.length, false);
    return !this.#isKept && !this.#parser.hasRest;
  }

  readLent(bytes: Buffer, length: number): boolean {
    this.#isKept = false;
    this.#read(bytes, length, true);
    return !this.#isKept;
  }

  #read(bytes: Buffer, length: number, isLent: boolean): void {
    if (this.#isClosing) return;
    const { queue } = this.#options;
    queue.enter();
    this.#isReading = true;
    try {
      if (isLent) this.#parser.pushLent(bytes, length);
      else this.#parser.push(bytes);
      this.#readWaiting();
    } catch (error) {
      this.#refuse(error);
    } finally {
      this.#isReading = false;
      queue.leave();
    }
    // Pipelined requests wait in the parser; more of them than that are left in the kernel.
    if (this.#isTunnel || this.#isClosing) return;
    if (this.#parser.hasPartialHead) this.#limitHead();
    if (this.#parser.hasRest) this.#socket.pause();
    else if (this.#isEnded) this.#endUnfinished();
  }

  /** Envoy's `request_headers_timeout`: from the first byte of a head to its last, however they trickle in. */
  #limitHead(): void {
    if (this.#cancelHeadTimer !== null) return;
    const limitMs = this.#options.pipeline()?.node.requestHeadersTimeoutMs ?? 0;
    if (limitMs === 0) return;
    this.#cancelHeadTimer = this.#options.clock.after(limitMs, () =>
      this.#options.queue.run(() => this.#refuse(new ProtocolError('head_too_slow', 'slow head', 408))),
    );
  }

  #endHeadLimit(): void {
    this.#cancelHeadTimer?.();
    this.#cancelHeadTimer = null;
  }

  /** Pipelined requests, one after the other and never nested: a thousand of them must not exhaust the stack. */
  #readWaiting(): void {
    while (this.#hasNext) {
      this.#hasNext = false;
      this.#parser.next();
    }
  }

  onRequest(head: RequestHead, hasBody: boolean, isLast: boolean): void {
    if (this.#cancelHeadTimer !== null) this.#endHeadLimit();
    const pipeline = this.#options.pipeline();
    this.#isHttp10 = head.version === 'HTTP/1.0';
    this.#isLast = isLast;
    this.#isResponding = false;
    this.#isRequestOpen = hasBody;
    if (pipeline === null) throw new ProtocolError('bad_request_line', 'no HTTP is served here', 404);
    const exchange = new Exchange(pipeline, this, head, hasBody, this.#onOver);
    this.#exchange = exchange;
    if (this.#isEnded) this.#awaitAnswer(exchange);
    exchange.start();
  }

  onData(chunk: Buffer): void {
    if (this.#exchange?.onRequestData(chunk) !== true) this.#isKept = true;
  }

  onEnd(trailers: Headers | null): void {
    this.#isRequestOpen = false;
    if (this.#exchange !== null) this.#exchange.onRequestEnd(trailers);
    else this.#hasNext = !this.#isClosing;
  }

  onTunnel(chunk: Buffer): void {
    this.#isKept = true;
    this.#exchange?.onTunnelData(chunk);
  }

  sendInterim(head: ResponseHead): void {
    if (!this.#isHttp10)
      this.#writer.text(
        `${addLines(`HTTP/1.1 ${head.status} ${reasonPhrase(head.status)}\r\n`, head.headers)}\r\n`,
      );
  }

  sendHead(head: ResponseHead, hasBody: boolean): void {
    this.#isResponding = true;
    // An answer that comes before the request's end is the connection's last one, and says so (as with Envoy).
    this.#isLast ||= this.#isRequestOpen && head.upgrade === '';
    if (!hasBody && head.contentLength === BODY_NOT_TOLD && this.#needsLength(head.status))
      head.contentLength = 0;
    this.#isLast ||= this.#options.isDraining() || (hasBody && endsWithConnection(head, this.#isHttp10));
    this.#isChunked = hasBody && isChunkedResponse(head, this.#isHttp10);
    this.#writer.text(encodeResponseHead(head, { isLast: this.#isLast, isHttp10: this.#isHttp10 }));
  }

  /** HTTP/2 ends an empty answer without a length; here its reader would wait for the connection's end. */
  #needsLength(status: number): boolean {
    const isBodyless = status < 200 || status === 204 || status === 304;
    return (
      !isBodyless && this.#exchange?.request.method !== 'HEAD' && this.#exchange?.request.method !== 'CONNECT'
    );
  }

  sendData(chunk: Buffer): boolean {
    if (this.#isChunked) {
      this.#writer.text(chunkStart(chunk.length));
      this.#writer.chunk(chunk);
      this.#writer.text(CHUNK_END);
    } else this.#writer.chunk(chunk);
    return this.#writer.isWritable;
  }

  get isWritten(): boolean {
    return this.#writer.isWritten;
  }

  sendEnd(trailers: Headers | null): void {
    if (this.#isTunnel) this.#writer.end();
    else if (this.#isChunked) this.#writer.text(lastChunk(trailers));
  }

  abort(): void {
    // Without a length or an end the caller can tell that the answer is cut off only by a reset.
    this.#writer.flush();
    // TLS has no reset: an end without `close_notify` says the same.
    if ('encrypted' in this.#socket) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }

  pauseRequest(): void {
    this.#socket.pause();
  }

  resumeRequest(): void {
    if (!this.#parser.hasRest || this.#isTunnel) this.#socket.resume();
  }

  startTunnel(): void {
    this.#isTunnel = true;
    this.#isChunked = false;
    // Bytes that came early had stopped the reading.
    this.#socket.resume();
    this.#parser.startTunnel();
    if (this.#isEnded) this.#exchange?.onTunnelEnd();
  }

  /** The next answer is the last one; an idle connection ends soon, in case a request is on its way already. */
  drain(): void {
    this.#isLast = true;
    if (!this.isIdle) return;
    this.#options.clock.after(LEAVE_IDLE_MS, () => {
      if (this.isIdle && !this.#socket.destroyed) this.#close();
    });
  }

  destroy(): void {
    this.#socket.destroy();
  }

  readonly #onOver = (): void => {
    this.#exchange = null;
    if (this.#isClosing) return;
    const isOver = this.#isTunnel || this.#isRequestOpen || this.#isLast;
    if (isOver || (this.#isEnded && !this.#parser.hasRest)) this.#close();
    else {
      this.#hasNext = true;
      if (!this.#isReading) this.#continue();
    }
  };

  /** The exchange ended outside of a read: goes on with what is waiting here, then with what is in the kernel. */
  #continue(): void {
    this.#read(EMPTY, 0, false);
    if (!this.#parser.hasRest) this.#socket.resume();
  }

  /**
   * Ends the connection behind what was written. Closing it at once would make the kernel reset it if anything is
   * unread, and the caller could lose the answer (RFC 9112 §9.6): so what comes is read into nothing for a while.
   */
  #close(): void {
    if (this.#isClosing) return;
    this.#isClosing = true;
    this.#writer.end();
    if (this.#isEnded || this.#socket.destroyed) return;
    this.#socket.resume();
    this.#socket.once('finish', () => {
      const timer = setTimeout(() => this.#socket.destroy(), LINGER_MS);
      timer.unref();
      this.#socket.once('close', () => clearTimeout(timer));
    });
  }

  /** The caller will send no more; a request that is whole is still answered. */
  #onEnd(): void {
    this.#isEnded = true;
    if (this.#exchange !== null && !this.#isTunnel) this.#awaitAnswer(this.#exchange);
    if (this.#isTunnel) this.#exchange?.onTunnelEnd();
    else if (!this.#parser.hasRest) this.#endUnfinished();
  }

  /** Nothing more comes: a head that is cut off gets no answer, a body that is cut off ends its exchange. */
  #endUnfinished(): void {
    if (this.#exchange === null) this.#close();
    else if (this.#isRequestOpen) this.#socket.destroy();
  }

  /** While bytes are on their way to it they find out whether anybody is there. */
  #awaitAnswer(exchange: Exchange): void {
    const { bytesWritten } = this.#socket;
    const timer = setTimeout(() => {
      if (this.#exchange !== exchange || this.#isTunnel) return;
      const isMoving = this.#socket.bytesWritten !== bytesWritten || this.#socket.writableNeedDrain;
      if (isMoving) this.#awaitAnswer(exchange);
      else this.#socket.destroy();
    }, HALF_CLOSED_MS);
    timer.unref();
  }

  #onClose(): void {
    // The end of this exchange must not begin the next one: nobody is there to hear of it.
    this.#isClosing = true;
    this.#endHeadLimit();
    const exchange = this.#exchange;
    this.#exchange = null;
    this.#options.queue.run(() => exchange?.onDownstreamClosed());
    this.#options.onClosed();
  }

  /** Bytes that are no HTTP: one plain answer, then the end (RFC 9112 §2.2 and §9.6). */
  #refuse(error: unknown): void {
    if (!(error instanceof ProtocolError)) throw error;
    const exchange = this.#exchange;
    const isCutOff = exchange !== null && this.#isResponding;
    // The end of the exchange must not end the connection before its last word.
    this.#exchange = null;
    this.#isRequestOpen = false;
    this.#isLast = false;
    exchange?.onDownstreamClosed(error.message, isCutOff ? 0 : error.status);
    this.#hasNext = false;
    if (isCutOff) this.abort();
    else this.#answerBroken(describeBroken(error), exchange === null);
    this.#close();
  }

  #answerBroken(broken: BrokenRequest, isUntold: boolean): void {
    const pipeline = this.#options.pipeline();
    // Envoy has no words for a head that is too slow.
    const body = broken.status === 408 ? '' : reasonPhrase(broken.status);
    this.#writer.text(this.#refusal(pipeline, broken.status, body.length) + body);
    if (isUntold && pipeline !== null) reportBroken(pipeline, this.peer, broken, body.length);
  }

  #refusal(pipeline: HttpPipeline | null, status: number, contentLength: number): string {
    const headers = ['content-type', 'text/plain'];
    headers.push('server', pipeline === null ? 'istio-envoy' : SERVER_NAME[pipeline.direction]);
    if (pipeline !== null) headers.push('date', pipeline.services.httpDate());
    const head = { status, reason: '', version: 'HTTP/1.1', headers, upgrade: '' } as const;
    const isLast = true;
    return encodeResponseHead({ ...head, contentLength }, { isLast, isHttp10: false });
  }
}

const EMPTY = Buffer.alloc(0);
