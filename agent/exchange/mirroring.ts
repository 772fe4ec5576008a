import type { Headers, RequestHead } from '../codec/head.ts';
import { getHeader, setHeader } from '../policy/headers.ts';
import { MAX_KEPT_BYTES } from './body-buffer.ts';
import type { Mirror } from './mirror.ts';
import type { HttpPipeline } from './pipeline.ts';
import { type CopiedRequest, Shadow } from './shadow.ts';

/**
 * VirtualService's mirrors. A copy is made of the request as it goes to its host, and sent once it is whole. It never
 * holds the request back: what would cost too much, a body over 1 MiB or too many copies under way, is left out.
 */

const MILLION = 1_000_000;

/** What mirroring needs of an exchange. */
export interface MirroredExchange {
  readonly pipeline: HttpPipeline;
  readonly request: RequestHead;
  readonly hasBody: boolean;
  readonly route: { readonly mirrors: readonly Mirror[] };
}

/** Collects one request for its mirrors. */
export class Mirroring {
  readonly #pipeline: HttpPipeline;
  readonly #mirrors: readonly Mirror[];
  readonly #head: RequestHead;
  readonly #timeoutMs: number;
  readonly #hasBody: boolean;
  readonly #chunks: Buffer[] = [];
  #bytes = 0;

  /** Copies the head as it is now. `timeoutMs` is the route's; 0 = none. */
  constructor(exchange: MirroredExchange, mirrors: readonly Mirror[], timeoutMs: number) {
    this.#pipeline = exchange.pipeline;
    this.#mirrors = mirrors;
    this.#timeoutMs = timeoutMs;
    this.#hasBody = exchange.hasBody;
    this.#head = copyHead(exchange, timeoutMs);
    if (!exchange.hasBody) this.end(null);
  }

  push(chunk: Buffer): void {
    this.#bytes += chunk.length;
    if (this.#bytes > MAX_KEPT_BYTES) this.#chunks.length = 0;
    else this.#chunks.push(chunk);
  }

  /** The request is whole: off it goes. */
  end(trailers: Headers | null): void {
    if (this.#bytes > MAX_KEPT_BYTES) return;
    const copy: CopiedRequest = {
      ...{ head: this.#head, hasBody: this.#hasBody, chunks: this.#chunks, bytes: this.#bytes, trailers },
    };
    for (const { cluster } of this.#mirrors)
      new Shadow(copy, cluster, this.#pipeline.services.clock, this.#timeoutMs).start();
  }
}

/** null = no copy of this request is made. One draw decides for all mirrors, as in Envoy. */
export function startMirroring(exchange: MirroredExchange, timeoutMs: number): Mirroring | null {
  const { request, route, pipeline } = exchange;
  // A tunnel has no end.
  if (request.upgrade !== '' || request.method === 'CONNECT') return null;
  const isSure = route.mirrors.every(({ perMillion }) => perMillion >= MILLION);
  const draw = isSure ? 0 : pipeline.services.random() * MILLION;
  const mirrors = isSure ? route.mirrors : route.mirrors.filter(({ perMillion }) => draw < perMillion);
  return mirrors.length === 0 ? null : new Mirroring(exchange, mirrors, timeoutMs);
}

/** The copy says that a proxy sent it, and which, as copies of Envoy's asynchronous client do; Host is unchanged. */
function copyHead({ request, pipeline }: MirroredExchange, timeoutMs: number): RequestHead {
  const headers = [...request.headers];
  const own = pipeline.node.addresses[0];
  setHeader(headers, 'x-envoy-internal', 'true');
  if (own !== undefined) {
    const before = getHeader(headers, 'x-forwarded-for');
    setHeader(headers, 'x-forwarded-for', before === undefined ? own : `${before},${own}`);
  }
  if (timeoutMs > 0) setHeader(headers, 'x-envoy-expected-rq-timeout-ms', String(timeoutMs));
  return { ...request, headers };
}
