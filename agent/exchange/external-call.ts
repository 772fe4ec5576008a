import type { Headers, RequestHead, ResponseHead } from '../codec/head.ts';
import type { Cluster } from '../upstream/cluster.ts';
import type { Host } from '../upstream/host.ts';
import type { UpstreamEvents, UpstreamFailure, UpstreamStream } from './streams.ts';

export interface ExternalAnswer {
  readonly head: ResponseHead;
  readonly body: Buffer;
  /** null = none. */
  readonly trailers: Headers | null;
}

/** What such a service says is a page, no download. */
const MAX_BODY_BYTES = 64 * 1024;
/** A kept connection that was closed meanwhile says nothing about the service. */
const MAX_REPEATS = 3;

/** One question to a service of the proxy's own (an authorizer, a rate limiter), whose whole answer is waited for. */
export class ExternalCall implements UpstreamEvents {
  readonly #cluster: Cluster;
  readonly #head: RequestHead;
  /** null = none. */
  readonly #body: Buffer | null;
  /** null = no answer was to be had. Told once, unless the call was cancelled. */
  readonly #onDone: (answer: ExternalAnswer | null) => void;
  #host: Host | null = null;
  #stream: UpstreamStream | null = null;
  #response: ResponseHead | null = null;
  #chunks: Buffer[] = [];
  #bytes = 0;
  #repeats = 0;
  #isOver = false;

  constructor(
    cluster: Cluster,
    head: RequestHead,
    onDone: (answer: ExternalAnswer | null) => void,
    body: Buffer | null = null,
  ) {
    this.#cluster = cluster;
    this.#head = head;
    this.#body = body;
    this.#onDone = onDone;
  }

  start(): void {
    const host = this.#cluster.pick(null);
    if (host === null) {
      this.#finish(null);
      return;
    }
    this.#host = host;
    host.active += 1;
    this.#cluster.counters.upstream_rq_total += 1;
    host.pool.request({ ...this.#head, headers: [...this.#head.headers] }, this.#body !== null, this);
  }

  /** Nobody waits any more. */
  cancel(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#leave();
  }

  /** It took too long. */
  timeOut(): void {
    if (this.#isOver) return;
    if (this.#host !== null) this.#cluster.reportFailure(this.#host, true);
    this.#leave();
    this.#finish(null);
  }

  #leave(): void {
    if (this.#stream === null) this.#host?.pool.forget(this);
    else this.#stream.cancel();
    this.#release();
  }

  #release(): void {
    this.#stream = null;
    if (this.#host !== null) this.#host.active -= 1;
    this.#host = null;
  }

  #finish(answer: ExternalAnswer | null): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#onDone(answer);
  }

  onUpstreamReady(stream: UpstreamStream): void {
    this.#stream = stream;
    if (this.#host !== null) this.#cluster.reportConnected(this.#host, false);
    if (this.#body === null) return;
    stream.sendData(this.#body);
    // A host that cannot be written to may have failed it at once.
    if (this.#stream === stream) stream.sendEnd(null);
  }

  onInterim(): void {}

  onResponse(head: ResponseHead): void {
    if (this.#host !== null) this.#cluster.reportStatus(this.#host, head.status);
    this.#response = head;
    if (head.status !== 101) return;
    this.#leave();
    this.#finish(null);
  }

  onResponseData(chunk: Buffer): boolean {
    this.#bytes += chunk.length;
    if (this.#bytes <= MAX_BODY_BYTES) this.#chunks.push(chunk);
    else {
      this.#leave();
      this.#finish(null);
    }
    return false;
  }

  onResponseEnd(trailers: Headers | null): void {
    const head = this.#response;
    this.#release();
    this.#finish(head === null ? null : { head, body: Buffer.concat(this.#chunks), trailers });
  }

  onUpstreamTunnelData(): void {}

  onUpstreamTunnelEnd(): void {}

  onUpstreamDrain(): void {}

  onUpstreamFailure(failure: UpstreamFailure): void {
    if (this.#isOver) return;
    const host = this.#host;
    this.#release();
    if (failure.kind === 'reset' && failure.isUnprocessed && this.#repeats++ < MAX_REPEATS) {
      this.start();
      return;
    }
    if (host !== null && failure.kind !== 'overflow') this.#cluster.reportFailure(host, false);
    this.#finish(null);
  }
}
