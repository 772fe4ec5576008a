import type { Socket } from 'node:net';
import { reasonPhrase } from '../codec/h1/reason-phrases.ts';
import { RequestParser, type RequestSink } from '../codec/h1/request-parser.ts';
import { CHUNK_END, chunkStart, lastChunk } from '../codec/h1/write-chunk.ts';
import { encodeResponseHead, endsWithConnection, isChunkedResponse } from '../codec/h1/write-head.ts';
import type { Headers, RequestHead, ResponseHead } from '../codec/head.ts';
import { ProtocolError } from '../codec/protocol-error.ts';
import { Exchange } from '../exchange/exchange.ts';
import type { HttpPipeline } from '../exchange/pipeline.ts';
import { SERVER_NAME } from '../exchange/request-headers.ts';
import type { DownstreamPeer, DownstreamStream } from '../exchange/streams.ts';
import type { FlushQueue } from './flush-queue.ts';
import { SocketWriter } from './socket-writer.ts';

/** How long the rest of a request that nobody reads is thrown away before the connection is cut. */
const LINGER_MS = 1000;

export interface DownstreamOptions {
  readonly queue: FlushQueue;
  /** The pipeline in force now: read once per request. */
  readonly pipeline: () => HttpPipeline | null;
  readonly isDraining: () => boolean;
  onClosed(connection: DownstreamConnection): void;
}

/** One HTTP/1 connection of a caller. Requests are answered one after the other, pipelined ones too. */
export class DownstreamConnection implements RequestSink, DownstreamStream {
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

  constructor(socket: Socket, peer: DownstreamPeer, options: DownstreamOptions) {
    this.#socket = socket;
    this.peer = peer;
    this.#options = options;
    this.#writer = new SocketWriter(socket, options.queue);
    socket.on('data', (chunk: Buffer) => this.read(chunk));
    socket.on('end', () => this.#onEnd());
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#onClose());
    socket.on('drain', () => this.#exchange?.onDownstreamDrain());
  }

  get isIdle(): boolean {
    return this.#exchange === null;
  }

  /** Takes bytes: those of the socket, and first those that detection had read. */
  read(chunk: Buffer): void {
    const { queue } = this.#options;
    queue.enter();
    this.#isReading = true;
    try {
      this.#parser.push(chunk);
      this.#readWaiting();
    } catch (error) {
      this.#refuse(error);
    } finally {
      this.#isReading = false;
      queue.leave();
    }
    // Pipelined requests wait in the parser; more of them than that are left in the kernel.
    if (this.#parser.hasRest && !this.#isTunnel) this.#socket.pause();
  }

  /** Pipelined requests, one after the other and never nested: a thousand of them must not exhaust the stack. */
  #readWaiting(): void {
    while (this.#hasNext) {
      this.#hasNext = false;
      this.#parser.next();
    }
  }

  onRequest(head: RequestHead, hasBody: boolean, isLast: boolean): void {
    const pipeline = this.#options.pipeline();
    this.#isHttp10 = head.version === 'HTTP/1.0';
    this.#isLast = isLast;
    this.#isResponding = false;
    this.#isRequestOpen = true;
    if (pipeline === null) throw new ProtocolError('bad_request_line', 'no HTTP is served here', 404);
    const exchange = new Exchange(pipeline, this, head, hasBody, this.#onOver);
    this.#exchange = exchange;
    exchange.start();
  }

  onData(chunk: Buffer): void {
    this.#exchange?.onRequestData(chunk);
  }

  onEnd(trailers: Headers | null): void {
    this.#isRequestOpen = false;
    if (this.#exchange !== null) this.#exchange.onRequestEnd(trailers);
    else this.#hasNext = true;
  }

  onTunnel(chunk: Buffer): void {
    this.#exchange?.onTunnelData(chunk);
  }

  sendInterim(head: ResponseHead): void {
    if (!this.#isHttp10)
      this.#writer.text(`HTTP/1.1 ${head.status} ${reasonPhrase(head.status)}\r\n${lines(head.headers)}\r\n`);
  }

  sendHead(head: ResponseHead, hasBody: boolean): void {
    this.#isResponding = true;
    this.#isLast ||= this.#options.isDraining() || (hasBody && endsWithConnection(head, this.#isHttp10));
    this.#isChunked = hasBody && isChunkedResponse(head, this.#isHttp10);
    this.#writer.text(encodeResponseHead(head, { isLast: this.#isLast, isHttp10: this.#isHttp10 }));
  }

  sendData(chunk: Buffer): boolean {
    if (this.#isChunked) {
      this.#writer.text(chunkStart(chunk.length));
      this.#writer.chunk(chunk);
      this.#writer.text(CHUNK_END);
    } else this.#writer.chunk(chunk);
    return this.#writer.isWritable;
  }

  sendEnd(trailers: Headers | null): void {
    if (this.#isTunnel) this.#writer.end();
    else if (this.#isChunked) this.#writer.text(lastChunk(trailers));
  }

  abort(): void {
    // Without a length or an end the caller can tell that the answer is cut off only by a reset.
    this.#writer.flush();
    this.#socket.resetAndDestroy();
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
    this.#parser.startTunnel();
  }

  /** No further request on this connection; an idle one ends now. */
  drain(): void {
    this.#isLast = true;
    if (this.isIdle) this.#writer.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  readonly #onOver = (): void => {
    this.#exchange = null;
    if (this.#isTunnel) this.#writer.end();
    else if (this.#isRequestOpen) this.#linger();
    else if (this.#isLast || (this.#isEnded && !this.#parser.hasRest)) this.#writer.end();
    else {
      this.#hasNext = true;
      if (!this.#isReading) this.#continue();
    }
  };

  /** The exchange ended outside of a read: goes on with what is waiting here, then with what is in the kernel. */
  #continue(): void {
    this.read(EMPTY);
    if (!this.#parser.hasRest) this.#socket.resume();
  }

  /**
   * The answer is whole and the request is not. Closing at once would make the kernel reset the connection, and the
   * caller could lose the answer (RFC 9112 §9.6): so the rest is read into nothing for a while.
   */
  #linger(): void {
    this.#writer.end();
    this.#socket.resume();
    const timer = setTimeout(() => this.#socket.destroy(), LINGER_MS);
    timer.unref();
    this.#socket.once('close', () => clearTimeout(timer));
  }

  /** The caller will send no more; a request that is whole is still answered. */
  #onEnd(): void {
    this.#isEnded = true;
    if (this.#isTunnel) this.#exchange?.onTunnelEnd();
    else if (this.#exchange === null) this.#writer.end();
    else if (this.#isRequestOpen) this.#socket.destroy();
  }

  #onClose(): void {
    this.#options.queue.run(() => this.#exchange?.onDownstreamClosed());
    this.#exchange = null;
    this.#options.onClosed(this);
  }

  #serverName(): string {
    const pipeline = this.#options.pipeline();
    return pipeline === null ? 'istio-envoy' : SERVER_NAME[pipeline.direction];
  }

  /** Bytes that are no HTTP: one plain answer, then the end (RFC 9112 §2.2 and §9.6). */
  #refuse(error: unknown): void {
    if (!(error instanceof ProtocolError)) throw error;
    const exchange = this.#exchange;
    this.#exchange = null;
    exchange?.onDownstreamClosed();
    if (!this.#isResponding || this.isIdle) {
      const body = reasonPhrase(error.status);
      this.#writer.text(
        encodeResponseHead(
          {
            status: error.status,
            reason: '',
            version: 'HTTP/1.1',
            headers: ['content-type', 'text/plain', 'server', this.#serverName()],
            contentLength: body.length,
            upgrade: '',
          },
          { isLast: true, isHttp10: false },
        ) + body,
      );
    }
    this.#isLast = true;
    this.#linger();
  }
}

const EMPTY = Buffer.alloc(0);

function lines(headers: Headers): string {
  let text = '';
  for (let i = 0; i < headers.length; i += 2) text += `${headers[i]}: ${headers[i + 1]}\r\n`;
  return text;
}
