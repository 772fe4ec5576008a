import type { Clock } from '../../base/clock.ts';
import type { Headers, RequestHead, ResponseHead } from '../codec/head.ts';
import type { Cluster } from '../upstream/cluster.ts';
import type { Host } from '../upstream/host.ts';
import { endCopy, startCopy } from '../upstream/usage.ts';
import type { ResponseTap } from './response-tap.ts';
import type { UpstreamEvents, UpstreamFailure, UpstreamStream } from './streams.ts';

/** A whole request, shared by all copies of it. */
export interface CopiedRequest {
  readonly head: RequestHead;
  readonly chunks: readonly Buffer[];
  readonly bytes: number;
  readonly hasBody: boolean;
  readonly trailers: Headers | null;
}

/** Nobody waits for a copy, so one that is never answered must end by itself. */
const LONGEST_MS = 60_000;

/**
 * A request that nobody waits for, as the copy for a mirror: sent once, never again. Its answer is read and forgotten,
 * but for a tap.
 */
export class Shadow implements UpstreamEvents {
  readonly #request: CopiedRequest;
  readonly #cluster: Cluster;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #tap: ResponseTap | null;
  #host: Host | null = null;
  #stream: UpstreamStream | null = null;
  #next = 0;
  #isFull = false;
  #isEndSent = false;
  #isOver = false;
  #cancelTimer: () => void = () => {};

  /** `timeoutMs` 0 = the route has none. */
  constructor(
    request: CopiedRequest,
    cluster: Cluster,
    clock: Clock,
    timeoutMs: number,
    tap: ResponseTap | null = null,
  ) {
    this.#request = request;
    this.#cluster = cluster;
    this.#clock = clock;
    this.#tap = tap;
    this.#timeoutMs = timeoutMs > 0 ? Math.min(timeoutMs, LONGEST_MS) : LONGEST_MS;
  }

  /** @param named undefined = one is picked, null = there is none */
  start(named?: Host | null): void {
    const cluster = this.#cluster;
    const host = named === undefined ? cluster.pick(null) : named;
    if (host === null || !startCopy(cluster.usage, this.#request.bytes)) {
      this.#tap?.onOver();
      return;
    }
    this.#host = host;
    host.active += 1;
    cluster.counters.upstream_rq_total += 1;
    this.#cancelTimer = this.#clock.after(this.#timeoutMs, () => {
      cluster.reportFailure(host, true);
      this.#giveUp();
    });
    host.pool.request(this.#request.head, this.#request.hasBody, this);
  }

  onUpstreamReady(stream: UpstreamStream): void {
    this.#stream = stream;
    if (this.#host !== null) this.#cluster.reportConnected(this.#host, false);
    if (this.#request.hasBody) this.#send();
    else this.#isEndSent = true;
  }

  #send(): void {
    const { chunks, trailers } = this.#request;
    while (this.#stream !== null && !this.#isFull && this.#next < chunks.length) {
      const chunk = chunks[this.#next++] as Buffer;
      if (!this.#stream.sendData(chunk)) this.#isFull = true;
    }
    if (this.#stream === null || this.#next < chunks.length || this.#isEndSent) return;
    this.#isEndSent = true;
    this.#stream.sendEnd(trailers);
  }

  onUpstreamDrain(): void {
    this.#isFull = false;
    if (this.#request.hasBody) this.#send();
  }

  onInterim(): void {}

  onResponse(head: ResponseHead, hasBody: boolean): void {
    if (this.#host !== null) this.#cluster.reportStatus(this.#host, head.status);
    this.#tap?.onHead(head, hasBody);
    if (head.status === 101) this.#giveUp();
  }

  onResponseData(chunk: Buffer): boolean {
    this.#tap?.onData(chunk);
    return false;
  }

  onResponseEnd(trailers: Headers | null): void {
    this.#tap?.onEnd(trailers !== null);
    if (this.#isEndSent) this.#end();
    else this.#giveUp();
  }

  onUpstreamTunnelData(): void {}

  onUpstreamTunnelEnd(): void {}

  onUpstreamFailure({ kind }: UpstreamFailure): void {
    if (this.#host !== null && kind !== 'overflow') this.#cluster.reportFailure(this.#host, false);
    this.#end();
  }

  #giveUp(): void {
    if (this.#stream === null) this.#host?.pool.forget(this);
    else this.#stream.cancel();
    this.#end();
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stream = null;
    this.#cancelTimer();
    if (this.#host !== null) this.#host.active -= 1;
    endCopy(this.#cluster.usage, this.#request.bytes);
    this.#tap?.onOver();
  }
}
