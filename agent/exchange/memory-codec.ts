import { BODY_NOT_TOLD, type Headers, type RequestHead, type ResponseHead } from '../codec/head.ts';
import { Exchange } from './exchange.ts';
import type { HttpPipeline } from './pipeline.ts';
import type {
  DownstreamPeer,
  DownstreamStream,
  Pool,
  UpstreamEvents,
  UpstreamFailure,
  UpstreamStream,
} from './streams.ts';

/** A codec without bytes: requests and answers as objects, for tests of everything between two codecs. */

export interface MemoryRequest {
  readonly method?: string;
  readonly path?: string;
  readonly authority?: string;
  readonly headers?: Headers;
  readonly body?: string;
  readonly upgrade?: string;
  /** More of the body may follow by hand, and its end. */
  readonly isOpen?: boolean;
  /** It waits for `100 Continue`. */
  readonly expects?: boolean;
  readonly version?: RequestHead['version'];
}

export interface MemoryResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
  readonly trailers: Headers | null;
}

const DEFAULT_PEER: DownstreamPeer = {
  ...{ remoteAddress: '10.1.0.1', remotePort: 40000, localAddress: '10.1.0.2', localPort: 8080 },
  originalDestination: { address: '10.1.0.2', port: 8080 },
  ...{ identity: '', isTls: false },
};

/** The caller's side of one exchange, and what it got. */
export class MemoryDownstream implements DownstreamStream {
  readonly peer: DownstreamPeer;
  readonly interim: ResponseHead[] = [];
  head: ResponseHead | null = null;
  chunks: Buffer[] = [];
  trailers: Headers | null = null;
  isEnded = false;
  isAborted = false;
  isTunnel = false;
  isPaused = false;
  /** Set false to play a caller that reads too slowly. */
  isWritable = true;

  constructor(peer: DownstreamPeer = DEFAULT_PEER) {
    this.peer = peer;
  }

  /** null while the answer is not whole. */
  get response(): MemoryResponse | null {
    if (this.head === null || !this.isEnded) return null;
    const { status, headers } = this.head;
    return { status, headers, body: Buffer.concat(this.chunks).toString(), trailers: this.trailers };
  }

  sendInterim(head: ResponseHead): void {
    this.interim.push(head);
  }

  sendHead(head: ResponseHead): void {
    this.head = head;
  }

  sendData(chunk: Buffer): boolean {
    this.chunks.push(chunk);
    return this.isWritable;
  }

  sendEnd(trailers: Headers | null): void {
    this.isEnded = true;
    this.trailers = trailers;
  }

  abort(): void {
    this.isAborted = true;
  }

  pauseRequest(): void {
    this.isPaused = true;
  }

  resumeRequest(): void {
    this.isPaused = false;
  }

  startTunnel(): void {
    this.isTunnel = true;
  }
}

export interface MemoryExchange {
  readonly exchange: Exchange;
  readonly downstream: MemoryDownstream;
}

/** Sends a request, its body in one chunk, through a pipeline; the answer is in `downstream`, at once or later. */
export function sendRequest(
  pipeline: HttpPipeline,
  request: MemoryRequest,
  peer?: DownstreamPeer,
): MemoryExchange {
  const body = request.body ?? '';
  const head: RequestHead = {
    method: request.method ?? 'GET',
    path: request.path ?? '/',
    authority: request.authority ?? 'service',
    version: request.version ?? 'HTTP/1.1',
    headers: [...(request.headers ?? [])],
    contentLength: body === '' ? BODY_NOT_TOLD : Buffer.byteLength(body),
    upgrade: request.upgrade ?? '',
    expectContinue: request.expects ?? false,
  };
  const downstream = new MemoryDownstream(peer);
  const exchange = new Exchange(pipeline, downstream, head, body !== '', () => {});
  exchange.start();
  if (body !== '') exchange.onRequestData(Buffer.from(body));
  if (request.isOpen !== true) exchange.onRequestEnd(null);
  return { exchange, downstream };
}

/** A request as it reached a host, with the ways to answer it. */
export class MemoryUpstream implements UpstreamStream {
  readonly localAddress = '';
  /** Copied: the exchange edits its own head for the next attempt. */
  readonly head: RequestHead;
  readonly #events: UpstreamEvents;
  readonly #onRequestEnd: (upstream: MemoryUpstream) => void;
  chunks: Buffer[] = [];
  trailers: Headers | null = null;
  isCancelled = false;
  isPaused = false;
  isTunnelEnded = false;

  constructor(head: RequestHead, events: UpstreamEvents, onRequestEnd: (upstream: MemoryUpstream) => void) {
    this.head = { ...head, headers: [...head.headers] };
    this.#events = events;
    this.#onRequestEnd = onRequestEnd;
  }

  get body(): string {
    return Buffer.concat(this.chunks).toString();
  }

  sendData(chunk: Buffer): boolean {
    this.chunks.push(chunk);
    return true;
  }

  sendEnd(trailers: Headers | null): void {
    this.trailers = trailers;
    this.#onRequestEnd(this);
  }

  sendTunnelEnd(): void {
    this.isTunnelEnded = true;
  }

  pauseResponse(): void {
    this.isPaused = true;
  }

  resumeResponse(): void {
    this.isPaused = false;
  }

  cancel(): void {
    this.isCancelled = true;
  }

  /** Answers, unless the proxy has given the request up. */
  respond(
    status: number,
    headers: Headers = [],
    body: string | Buffer = '',
    trailers: Headers | null = null,
  ): void {
    if (this.isCancelled) return;
    const bytes = typeof body === 'string' ? Buffer.from(body) : body;
    const head = { ...RESPONSE, status, headers: [...headers], contentLength: bytes.length };
    this.#events.onResponse(head, bytes.length > 0);
    // The head alone may have made the proxy try again elsewhere.
    if (bytes.length > 0 && !this.isCancelled) this.#events.onResponseData(bytes);
    if (!this.isCancelled) this.#events.onResponseEnd(trailers);
  }

  fail(failure: UpstreamFailure): void {
    if (!this.isCancelled) this.#events.onUpstreamFailure(failure);
  }
}

const RESPONSE: ResponseHead = {
  ...{ status: 200, reason: '', version: 'HTTP/1.1', headers: [], contentLength: 0, upgrade: '' },
};

/** Plays a host: told of each request that is whole. */
export type MemoryHandler = (upstream: MemoryUpstream) => void;

/** The seam of `ClusterDeps.createPool` without sockets; `null` as a handler refuses every connection. */
export function createMemoryPool(handler: MemoryHandler | null): Pool {
  if (handler === null) return createFailingPool(CONNECTION_REFUSED);
  return poolOf((head, hasBody, events) => {
    const upstream = new MemoryUpstream(head, events, handler);
    events.onUpstreamReady(upstream);
    if (!hasBody) handler(upstream);
  });
}

export const CONNECTION_REFUSED: UpstreamFailure = {
  kind: 'connect-failure',
  reason: 'delayed connect error: Connection refused',
};

/** Every request fails in that way. */
export function createFailingPool(failure: UpstreamFailure): Pool {
  return poolOf((_head, _hasBody, events) => events.onUpstreamFailure(failure));
}

/** A pool without connections: `request` decides each time where the request goes. */
export function poolOf(request: Pool['request']): Pool {
  return {
    request,
    forget() {},
    drain() {},
    abandon() {},
    sweep() {},
    idleCount: 0,
    connectionCount: 0,
  };
}
