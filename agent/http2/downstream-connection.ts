import type { Socket } from 'node:net';
import { ServerSession, type ServerSink } from '../codec/h2/server-session.ts';
import type { H2Stream } from '../codec/h2/stream.ts';
import { BODY_NOT_TOLD, type RequestHead, type ResponseHead } from '../codec/head.ts';
import { ProtocolError } from '../codec/protocol-error.ts';
import { HEAD_TOO_LARGE } from '../exchange/failure.ts';
import type { HttpPipeline } from '../exchange/pipeline.ts';
import type { DownstreamPeer } from '../exchange/streams.ts';
import { DownstreamH2Stream } from './downstream-stream.ts';
import { SessionSocket, type SessionSocketDeps } from './session-socket.ts';
import { SlowHeads } from './slow-heads.ts';

export interface DownstreamH2Options extends SessionSocketDeps {
  /** The pipeline in force now: read once per request. */
  readonly pipeline: () => HttpPipeline | null;
  readonly isDraining: () => boolean;
  onClosed(): void;
}

/** One HTTP/2 connection of a caller. */
export class DownstreamH2Connection implements ServerSink {
  readonly #peer: DownstreamPeer;
  readonly #options: DownstreamH2Options;
  readonly #session: ServerSession;
  readonly #socket: SessionSocket;

  constructor(socket: Socket, peer: DownstreamPeer, options: DownstreamH2Options) {
    this.#peer = peer;
    this.#options = options;
    const session = new ServerSession(this);
    this.#session = session;
    const { queue, clock } = options;
    const limitMs = () => options.pipeline()?.node.requestHeadersTimeoutMs ?? 0;
    const slow = new SlowHeads(session, clock, limitMs, () => queue.run(() => this.#socket.fail(TOO_SLOW)));
    this.#socket = new SessionSocket(socket, session, { ...options, onRead: () => slow.onRead() });
    socket.on('close', () => {
      slow.stop();
      options.onClosed();
    });
  }

  get isIdle(): boolean {
    return this.#session.streamCount === 0;
  }

  /** Takes bytes that detection had read. */
  read(chunk: Buffer): void {
    this.#socket.read(chunk);
  }

  onRequest(stream: H2Stream, head: RequestHead, hasBody: boolean): void {
    this.#begin(stream, head, hasBody)?.start();
  }

  onTooLarge(stream: H2Stream, head: RequestHead): void {
    this.#begin(stream, head, false)?.refuse(HEAD_TOO_LARGE);
  }

  #begin(stream: H2Stream, head: RequestHead, hasBody: boolean): DownstreamH2Stream | null {
    const pipeline = this.#options.pipeline();
    if (this.#options.isDraining()) this.#session.drain();
    if (pipeline === null) {
      this.#session.sendHead(stream, NOT_SERVED, false);
      return null;
    }
    const request = new DownstreamH2Stream(this.#session, stream, this.#peer, pipeline, head, hasBody);
    stream.events = request;
    return request;
  }

  /** No further request on this connection; it ends with the last one. */
  drain(): void {
    this.#session.drain();
  }

  onDrained(): void {
    this.#socket.end();
  }
}

const TOO_SLOW = new ProtocolError('head_too_slow', 'a head is not whole in time', 408);
const NOT_SERVED: ResponseHead = {
  ...{ status: 404, reason: '', version: 'HTTP/2', headers: [], contentLength: BODY_NOT_TOLD, upgrade: '' },
};
