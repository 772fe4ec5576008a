import type { Headers, RequestHead, ResponseHead } from '../codec/head.ts';
import { Exchange } from './exchange.ts';
import { poolOf } from './memory-codec.ts';
import type { HttpPipeline } from './pipeline.ts';
import type { DownstreamPeer, DownstreamStream, Pool, UpstreamEvents, UpstreamStream } from './streams.ts';

/**
 * Two proxies back to back without sockets: what a pool of the one sends, a pipeline of the other serves. `peer` is
 * the caller as the serving proxy sees it.
 */
export function createMemoryLink(pipeline: HttpPipeline, peer: DownstreamPeer): Pool {
  return poolOf((head, hasBody, events) => {
    const link = new MemoryLink(peer, events);
    const exchange = new Exchange(pipeline, link, copyOf(head), hasBody, () => {});
    link.serve(exchange);
    events.onUpstreamReady(new LinkUpstream(link, exchange));
    exchange.start();
    if (!hasBody) exchange.onRequestEnd(null);
  });
}

/** Either side edits its own head. */
function copyOf<Head extends RequestHead | ResponseHead>(head: Head): Head {
  return { ...head, headers: [...head.headers] };
}

/** The serving proxy's view: its answers become events of the calling proxy. */
class MemoryLink implements DownstreamStream {
  readonly peer: DownstreamPeer;
  readonly #events: UpstreamEvents;
  #exchange: Exchange | null = null;
  #isCancelled = false;
  #isResponding = false;
  isResponsePaused = false;

  constructor(peer: DownstreamPeer, events: UpstreamEvents) {
    this.peer = peer;
    this.#events = events;
  }

  serve(exchange: Exchange): void {
    this.#exchange = exchange;
  }

  sendInterim(head: ResponseHead): void {
    if (!this.#isCancelled) this.#events.onInterim(copyOf(head));
  }

  sendHead(head: ResponseHead, hasBody: boolean): void {
    if (this.#isCancelled) return;
    this.#isResponding = true;
    this.#events.onResponse(copyOf(head), hasBody);
  }

  sendData(chunk: Buffer): boolean {
    if (!this.#isCancelled) this.#events.onResponseData(chunk);
    return !this.isResponsePaused;
  }

  sendEnd(trailers: Headers | null): void {
    if (!this.#isCancelled) this.#events.onResponseEnd(trailers);
  }

  abort(): void {
    const reason = 'the answer broke off';
    if (!this.#isCancelled) this.#events.onUpstreamFailure({ kind: 'reset', reason, isUnprocessed: false });
  }

  pauseRequest(): void {}

  resumeRequest(): void {
    if (!this.#isCancelled) this.#events.onUpstreamDrain();
  }

  startTunnel(): void {}

  /**
   * The calling proxy gives up. If it does so on seeing the head (to try elsewhere), the rest of the answer is on its
   * way already and is lost on the calling side only, as it is with a socket between the two.
   */
  cancel(): void {
    this.#isCancelled = true;
    if (!this.#isResponding) this.#exchange?.onDownstreamClosed();
    else queueMicrotask(() => this.#exchange?.onDownstreamClosed());
  }
}

/** The calling proxy's view: its request becomes events of the serving proxy's exchange. */
class LinkUpstream implements UpstreamStream {
  readonly localAddress = '';
  readonly #link: MemoryLink;
  readonly #exchange: Exchange;

  constructor(link: MemoryLink, exchange: Exchange) {
    this.#link = link;
    this.#exchange = exchange;
  }

  sendData(chunk: Buffer): boolean {
    this.#exchange.onRequestData(chunk);
    return true;
  }

  sendEnd(trailers: Headers | null): void {
    this.#exchange.onRequestEnd(trailers);
  }

  sendTunnelEnd(): void {
    this.#exchange.onTunnelEnd();
  }

  pauseResponse(): void {
    this.#link.isResponsePaused = true;
  }

  resumeResponse(): void {
    this.#link.isResponsePaused = false;
    this.#exchange.onDownstreamDrain();
  }

  cancel(): void {
    this.#link.cancel();
  }
}
