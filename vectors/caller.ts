import type { Headers, ResponseHead } from '../agent/codec/head.ts';
import type { UpstreamEvents, UpstreamFailure, UpstreamStream } from '../agent/exchange/streams.ts';
import { NO_TLS_THERE } from '../agent/http/upstream-socket.ts';

/** A client program on the end of a connection: sends its body, and keeps what it gets. */
export class Caller implements UpstreamEvents {
  readonly #body: Buffer;
  head: ResponseHead | null = null;
  #chunks: Buffer[] = [];
  /** `closed`, `refused` …, '' = none. */
  failure = '';
  isOver = false;

  constructor(body: string) {
    this.#body = Buffer.from(body);
  }

  get hasBody(): boolean {
    return this.#body.length > 0;
  }

  get body(): string {
    return Buffer.concat(this.#chunks).toString();
  }

  onUpstreamReady(stream: UpstreamStream): void {
    if (!this.hasBody) return;
    stream.sendData(this.#body);
    stream.sendEnd(null);
  }

  onInterim(): void {}

  onResponse(head: ResponseHead): void {
    this.head = head;
  }

  onResponseData(chunk: Buffer): boolean {
    this.#chunks.push(chunk);
    return false;
  }

  onResponseEnd(_trailers: Headers | null): void {
    this.isOver = true;
  }

  onUpstreamTunnelData(): void {}

  onUpstreamTunnelEnd(): void {}

  onUpstreamDrain(): void {}

  onUpstreamFailure(failure: UpstreamFailure): void {
    this.isOver = true;
    this.failure = failure.kind === 'connect-failure' ? describeFailure(failure.reason) : 'closed';
  }
}

function describeFailure(reason: string): string {
  if (reason === NO_TLS_THERE) return 'not TLS';
  if (reason.startsWith('tls: ')) return reason;
  return reason.endsWith('refused') ? 'refused' : 'unreachable';
}
