import { ERROR, errorName } from '../codec/h2/protocol.ts';
import type { ServerSession } from '../codec/h2/server-session.ts';
import type { H2Stream, ResetOrigin, StreamEvents } from '../codec/h2/stream.ts';
import type { Headers, RequestHead, ResponseHead } from '../codec/head.ts';
import { Exchange } from '../exchange/exchange.ts';
import type { LocalReply } from '../exchange/failure.ts';
import type { HttpPipeline } from '../exchange/pipeline.ts';
import type { DownstreamPeer, DownstreamStream } from '../exchange/streams.ts';
import { addKey, asHttp2 } from './websocket-key.ts';

/** One request of a caller's HTTP/2 connection: the codec's stream on one side, the exchange on the other. */
export class DownstreamH2Stream implements DownstreamStream, StreamEvents {
  readonly peer: DownstreamPeer;
  readonly #session: ServerSession;
  readonly #stream: H2Stream;
  readonly #exchange: Exchange;
  readonly #isUpgrade: boolean;
  #isTunnel = false;
  /** What came for a tunnel that is not there yet; the stream is paused meanwhile. */
  #early: Buffer[] | null = null;
  #isRequestEnded = false;
  #isResponseEnded = false;

  constructor(
    session: ServerSession,
    stream: H2Stream,
    peer: DownstreamPeer,
    pipeline: HttpPipeline,
    head: RequestHead,
    hasBody: boolean,
  ) {
    this.peer = peer;
    this.#session = session;
    this.#stream = stream;
    this.#isUpgrade = head.upgrade !== '';
    if (this.#isUpgrade) addKey(head);
    this.#exchange = new Exchange(
      pipeline,
      this,
      head,
      hasBody,
      this.#isUpgrade ? this.#onOver : nobodyWaits,
    );
  }

  start(): void {
    this.#exchange.start();
  }

  /** Instead of {@link start}. */
  refuse(reply: LocalReply): void {
    this.#exchange.sendLocalReply(reply);
  }

  onData(chunk: Buffer): boolean {
    if (this.#exchange.isOver) return true;
    if (!this.#isUpgrade) return this.#exchange.onRequestData(chunk);
    if (this.#isTunnel) this.#exchange.onTunnelData(chunk);
    else {
      this.#early ??= [];
      this.#early.push(chunk);
      this.pauseRequest();
    }
    return false;
  }

  onEnd(trailers: Headers | null): void {
    this.#isRequestEnded = true;
    if (this.#exchange.isOver) return;
    if (!this.#isUpgrade) this.#exchange.onRequestEnd(trailers);
    else if (this.#isTunnel) this.#exchange.onTunnelEnd();
  }

  onWritable(): void {
    if (!this.#exchange.isOver) this.#exchange.onDownstreamDrain();
  }

  onReset(code: number, origin: ResetOrigin): void {
    const isBroken = origin === 'protocol';
    this.#exchange.onDownstreamClosed(isBroken ? this.#session.failure || errorName(code) : '');
  }

  /** Answers are a client's matter. */
  onInterim(): void {}

  onResponse(): void {}

  sendInterim(head: ResponseHead): void {
    this.#session.sendInterim(this.#stream, head);
  }

  sendHead(head: ResponseHead, hasBody: boolean): void {
    if (head.status === 101) this.#session.sendHead(this.#stream, asHttp2(head), true);
    else this.#session.sendHead(this.#stream, head, hasBody);
  }

  sendData(chunk: Buffer): boolean {
    return this.#session.sendData(this.#stream, chunk);
  }

  /** What need not wait was copied behind the others' frames. */
  get isWritten(): boolean {
    return this.#stream.queue === null;
  }

  sendEnd(trailers: Headers | null): void {
    this.#isResponseEnded = true;
    this.#session.sendEnd(this.#stream, trailers);
  }

  abort(): void {
    this.#session.reset(this.#stream, ERROR.internal);
  }

  pauseRequest(): void {
    this.#session.pause(this.#stream);
  }

  resumeRequest(): void {
    this.#session.resume(this.#stream);
  }

  startTunnel(): void {
    this.#isTunnel = true;
    this.#stream.isTunnel = true;
    const early = this.#early ?? [];
    this.#early = null;
    for (const chunk of early) this.#exchange.onTunnelData(chunk);
    if (early.length > 0) this.resumeRequest();
    if (this.#isRequestEnded) this.#exchange.onTunnelEnd();
  }

  /** A host that went away ends the tunnel; one that ended it may have bytes under way. */
  readonly #onOver = (): void => {
    if (this.#isTunnel && !this.#isResponseEnded) this.#session.reset(this.#stream, ERROR.cancel);
  };
}

const nobodyWaits = () => {};
