import type { ResponseFlag } from '../../model/response-flag.ts';
import { BODY_NOT_TOLD, type Headers, type RequestHead, type ResponseHead } from '../codec/head.ts';
import type { JwtClaims } from '../policy/authentication/claims.ts';
import type { DryRunResults } from '../policy/authorization/authorizer.ts';
import type { FormatContext } from '../policy/format.ts';
import { isGrpcRequest } from '../policy/grpc.ts';
import { GrpcMessages } from '../policy/grpc-messages.ts';
import { applyHeaderOps } from '../policy/header-ops.ts';
import { getHeader } from '../policy/headers.ts';
import { redirectLocation } from '../policy/redirect.ts';
import { matchRoute } from '../policy/route-table.ts';
import { pickWeighted } from '../policy/weighted.ts';
import {
  BAD_BASE64,
  CLUSTER_NOT_FOUND,
  directResponse,
  type LocalReply,
  ROUTE_NOT_FOUND,
  SHORT_BASE64,
  UPGRADE_REFUSED,
} from './failure.ts';
import type { FilteredExchange } from './filter.ts';
import { Forwarder } from './forwarder.ts';
import { asGrpcReply } from './grpc-reply.ts';
import { type GrpcWebStream, openGrpcWeb } from './grpc-web.ts';
import { namedHost } from './named-host.ts';
import { formatOperator } from './operators.ts';
import type { HttpPipeline } from './pipeline.ts';
import type { ExchangeRecord, RecordSource } from './record.ts';
import { buildRecord, countExchange } from './report.ts';
import { prepareRequest } from './request-headers.ts';
import { finishResponse } from './response-headers.ts';
import type { ResponseTap, WholeResponse } from './response-tap.ts';
import type { Destination, RouteEntry } from './route-entry.ts';
import { sanitise } from './sanitise.ts';
import { Shadow } from './shadow.ts';
import type { DownstreamEvents, DownstreamPeer, DownstreamStream } from './streams.ts';
import type { ActiveSpan } from './tracing.ts';
import { answerExpectation, editForHost } from './upstream-request.ts';

/** A filter waits for so much of the body. */
interface Gathering {
  readonly maxBytes: number;
  readonly onGathered: (body: Buffer, isWhole: boolean) => void;
}

const NO_CHUNKS: readonly Buffer[] = [];

/**
 * One request and its answer: matched, filtered, forwarded or answered here, reported. Knows no protocol: the caller's
 * side is a {@link DownstreamStream}, the hosts' side is the {@link Forwarder}'s.
 */
export class Exchange implements DownstreamEvents, FilteredExchange, FormatContext, RecordSource {
  readonly pipeline: HttpPipeline;
  readonly downstream: DownstreamStream;
  readonly request: RequestHead;
  readonly hasBody: boolean;
  readonly startedAtMs: number;
  /** `http` or `https` as the caller used it; matched as `:scheme`. */
  scheme = 'http';
  requestId = '';
  /** How the caller's own proxy calls the operation; null = it said nothing. */
  operation: string | null = null;
  corsOrigin = '';
  claims: JwtClaims | null = null;
  dryRuns: DryRunResults | null = null;
  tap: ResponseTap | null = null;
  status = 0;
  flags = '';
  isTraceForced = false;
  #span: ActiveSpan | null = null;
  details = '';
  /** null = no gRPC call. */
  readonly grpcMessages: GrpcMessages | null;
  requestMs: number | null = null;
  requestBytes = 0;
  responseBytes = 0;
  responseHead: ResponseHead | null = null;
  responseTrailers: Headers | null = null;
  forwarder: Forwarder | null = null;
  destination: Destination | null = null;
  isOver = false;
  #route: RouteEntry | null = null;
  #nextFilter = 0;
  /** What came of the body while a filter waited; the caller is paused meanwhile, unless the filter wants it. */
  #early: Buffer[] | null = null;
  #earlyBytes = 0;
  #gathering: Gathering | null = null;
  #isRequestEnded = false;
  #trailers: Headers | null = null;
  #isResponseComplete = false;
  #cancelTimers: (() => void)[] | null = null;
  /** null = no gRPC-Web call, as nearly always. */
  readonly #web: GrpcWebStream | null;
  readonly #onOver: () => void;

  /** `onOver` is told when both sides are done with it, in whatever way. */
  constructor(
    pipeline: HttpPipeline,
    downstream: DownstreamStream,
    request: RequestHead,
    hasBody: boolean,
    onOver: () => void,
  ) {
    this.pipeline = pipeline;
    this.#web = pipeline.routes.isGrpcWeb ? openGrpcWeb(request, downstream) : null;
    this.downstream = this.#web ?? downstream;
    this.request = request;
    this.hasBody = hasBody;
    this.grpcMessages = isGrpcRequest(request.headers) ? new GrpcMessages() : null;
    this.startedAtMs = pipeline.services.clock.now();
    this.#onOver = onOver;
  }

  get peer(): DownstreamPeer {
    return this.downstream.peer;
  }

  /** The matched route; only guards run where there is none. */
  get route(): RouteEntry {
    return this.#route as RouteEntry;
  }

  get decorator(): string {
    return this.#route?.spec.decorator ?? '';
  }

  get destinationName(): string {
    return this.destination?.clusterName ?? '';
  }

  get routeName(): string {
    return this.#route?.spec.name ?? '';
  }

  get traceId(): string {
    return this.#span?.traceId ?? '';
  }

  get rule(): string {
    return this.#route?.spec.rule ?? '';
  }

  /** Handles the request's head; the body follows through the {@link DownstreamEvents}. */
  start(): void {
    const refusal = sanitise(this.request, this.pipeline.node);
    prepareRequest(this);
    const { tracer } = this.pipeline;
    if (tracer !== null) this.#span = tracer.start(this);
    if (refusal !== null) {
      this.sendLocalReply(refusal);
      return;
    }
    const { upgrade } = this.request;
    if (upgrade !== '' && upgrade.toLowerCase() !== 'websocket') {
      this.sendLocalReply(UPGRADE_REFUSED);
      return;
    }
    this.chooseRoute();
    this.resumeFilters();
  }

  /** Before the filters run, as in Envoy: what they answer has the destination's header operations too. */
  chooseRoute(): void {
    const { request, scheme, claims } = this;
    // CONNECT, which no route of Istio's takes (Envoy's `connect_matcher` alone does).
    if (request.path === '') return;
    const view = { head: request, path: request.path, scheme, claims };
    const { entry } = matchRoute(this.pipeline.routes, view);
    // Chosen again, and the same: its destination was drawn already.
    if (entry !== null && entry === this.#route) return;
    this.#route = entry;
    const choice = entry?.destinations ?? null;
    if (entry === null || choice === null) this.destination = null;
    else if (choice.items.length === 1) this.destination = pickWeighted(choice, 0);
    else if (entry.exact === null) this.destination = pickWeighted(choice, this.pipeline.services.random());
    else this.destination = choice.items[entry.exact.next()] ?? null;
  }

  resumeFilters(): void {
    const { filters, guardCount } = this.pipeline;
    for (;;) {
      if (this.#nextFilter === guardCount && this.#route === null) {
        this.sendLocalReply(ROUTE_NOT_FOUND);
        return;
      }
      const filter = filters[this.#nextFilter++];
      if (filter === undefined) break;
      if (filter.onRequest(this) !== 'continue') return;
    }
    this.#act();
  }

  #act(): void {
    const { action } = this.route.spec;
    switch (action.kind) {
      case 'redirect': {
        const location = redirectLocation(action, {
          scheme: this.scheme,
          authority: this.request.authority,
          path: this.request.path,
          prefixLength: this.route.spec.match.path?.value.length ?? 0,
        });
        this.sendLocalReply(directResponse(action.status, '', ['location', location]));
        return;
      }
      case 'direct': {
        const body = Buffer.from(action.bodyBase64, 'base64').toString('latin1');
        this.sendLocalReply(directResponse(action.status, body));
        return;
      }
      case 'route':
        this.#forward();
    }
  }

  #forward(): void {
    const { destination } = this;
    if (destination === null) return;
    if (destination.cluster === null) {
      this.sendLocalReply(CLUSTER_NOT_FOUND);
      return;
    }
    this.forwarder = new Forwarder(this, destination.cluster);
    this.forwarder.start();
    this.#forwardEarly(this.forwarder);
  }

  #forwardEarly(forwarder: Forwarder): void {
    const early = this.#early;
    if (early !== null) {
      this.#early = null;
      for (const chunk of early) forwarder.onRequestData(chunk);
      this.downstream.resumeRequest();
    }
    if (this.#isRequestEnded) forwarder.onRequestEnd(this.#trailers);
  }

  onRequestData(given: Buffer): boolean {
    this.requestBytes += given.length;
    const chunk = this.#web === null ? given : this.#web.readRequest(given);
    if (chunk === null) {
      this.sendLocalReply(BAD_BASE64);
      return false;
    }
    this.grpcMessages?.requests.push(chunk);
    if (this.forwarder !== null) return this.forwarder.onRequestData(chunk) && this.grpcMessages === null;
    if (!this.isOver) {
      if (this.#early === null) {
        this.#early = [];
        if (this.#gathering === null) this.downstream.pauseRequest();
      }
      this.#early.push(chunk);
      this.#earlyBytes += chunk.length;
      this.#lookAtGathered();
    }
    return false;
  }

  onRequestEnd(trailers: Headers | null): void {
    const { clock, telemetry } = this.pipeline.services;
    if (telemetry.wantsRecords) this.requestMs = clock.now() - this.startedAtMs;
    if (this.#web !== null && !this.#web.isRequestWhole) this.sendLocalReply(SHORT_BASE64);
    if (this.forwarder !== null) this.forwarder.onRequestEnd(trailers);
    else {
      this.#isRequestEnded = true;
      this.#trailers = trailers;
      this.#lookAtGathered();
    }
  }

  gatherBody(maxBytes: number, onGathered: Gathering['onGathered']): void {
    if (this.request.expectContinue) answerExpectation(this);
    this.#gathering = { maxBytes, onGathered };
    if (this.#early !== null) this.downstream.resumeRequest();
    this.#lookAtGathered();
  }

  #lookAtGathered(): void {
    const gathering = this.#gathering;
    if (gathering === null || this.isOver) return;
    const isWhole = this.#isRequestEnded || !this.hasBody;
    if (!isWhole && this.#earlyBytes < gathering.maxBytes) return;
    this.#gathering = null;
    if (!isWhole) this.downstream.pauseRequest();
    gathering.onGathered(Buffer.concat(this.#early ?? NO_CHUNKS), isWhole);
  }

  onTunnelData(chunk: Buffer): void {
    this.requestBytes += chunk.length;
    this.forwarder?.onTunnelData(chunk);
  }

  onTunnelEnd(): void {
    this.forwarder?.onTunnelEnd();
  }

  onDownstreamDrain(): void {
    this.forwarder?.onDownstreamDrain();
  }

  onDownstreamClosed(broke = '', answered = 0): void {
    if (this.isOver) return;
    if (!this.#isResponseComplete) {
      this.addFlag(broke === '' ? 'DC' : 'DPE');
      this.details =
        broke === '' ? 'downstream_remote_disconnect' : `codec_error:${broke.replaceAll(' ', '_')}`;
      if (this.status === 0) this.status = answered;
    }
    this.#end();
  }

  /** Sends an answer's head on, local replies' too: with Istio's headers and the operations of route and destination. */
  sendResponseHead(head: ResponseHead, hasBody: boolean): void {
    const other = this.tap === null ? null : this.tap.onHead(head, hasBody);
    if (other === null) this.#sendHead(head, hasBody, false);
    else {
      this.#sendHeadAndBody(other);
      if (hasBody) this.sendResponseEnd(null);
    }
  }

  /** All but its end. The flag is Envoy's, of answers that a cache gave. */
  #sendHeadAndBody({ head, body }: WholeResponse): void {
    this.addFlag('RFCF');
    const hasBody = body.length > 0 && this.request.method !== 'HEAD';
    this.tap = null;
    this.#sendHead(head, hasBody, false);
    if (hasBody) this.sendResponseData(body);
  }

  sendWhole(response: WholeResponse, details: string): void {
    if (this.isOver || this.responseHead !== null) return;
    this.details = details;
    this.#sendHeadAndBody(response);
    this.sendResponseEnd(null);
  }

  #sendHead(head: ResponseHead, hasBody: boolean, isUntouched: boolean): void {
    this.status = head.status;
    this.responseHead = head;
    const ops = this.destination === null ? (this.#route?.responseOps ?? null) : this.destination.responseOps;
    if (ops !== null && !isUntouched) applyHeaderOps(ops, head.headers, this);
    for (const filter of this.pipeline.responders) filter.onResponse(this, head);
    finishResponse(this, head);
    this.downstream.sendHead(head, hasBody);
  }

  sendResponseData(chunk: Buffer): boolean {
    this.responseBytes += chunk.length;
    this.tap?.onData(chunk);
    this.grpcMessages?.responses.push(chunk);
    return this.downstream.sendData(chunk);
  }

  /** What came of the answer is with the kernel, and nobody here has kept any of it. */
  get isResponseWritten(): boolean {
    return this.downstream.isWritten === true && this.tap === null && this.grpcMessages === null;
  }

  /** The answer is whole: the exchange is over, read or not read to its end by the host (as with Envoy). */
  sendResponseEnd(trailers: Headers | null): void {
    this.#isResponseComplete = true;
    this.responseTrailers = trailers;
    this.tap?.onEnd(trailers !== null);
    this.downstream.sendEnd(trailers);
    this.#end();
  }

  startTunnel(): void {
    this.downstream.startTunnel();
  }

  /** Both directions of a tunnel are done. */
  endTunnel(): void {
    this.#isResponseComplete = true;
    this.#end();
  }

  sendLocalReply(given: LocalReply): void {
    if (this.isOver || this.responseHead !== null) return;
    if (given.flag !== '') this.addFlag(given.flag);
    this.details = given.details;
    const other = this.tap === null ? null : this.tap.onLocalReply(given);
    if (other !== null) {
      this.sendWhole(other, given.details);
      return;
    }
    const isGrpc = !given.isUntouched && this.grpcMessages !== null;
    const reply = isGrpc ? asGrpcReply(given) : given;
    const headers: Headers = [...reply.headers];
    if (reply.body !== '' && getHeader(headers, 'content-type') === undefined)
      headers.push('content-type', 'text/plain');
    const isBodyless = reply.status === 204 || reply.status === 304 || reply.status < 200;
    const isHead = this.request.method === 'HEAD';
    const hasBody = reply.body !== '' && !isBodyless && !isHead;
    const head: ResponseHead = {
      status: reply.status,
      reason: '',
      version: 'HTTP/1.1',
      headers,
      contentLength: isBodyless || (isHead && reply.body === '') ? BODY_NOT_TOLD : reply.body.length,
      upgrade: '',
    };
    this.#sendHead(head, hasBody, reply.isUntouched);
    if (hasBody) this.sendResponseData(Buffer.from(reply.body, 'latin1'));
    this.sendResponseEnd(null);
  }

  /** The answer broke off after it had begun. */
  abortResponse(flag: ResponseFlag, details: string): void {
    if (this.isOver) return;
    this.addFlag(flag);
    this.details = details;
    this.downstream.abort();
    this.#end();
  }

  sendInBackground(tap: ResponseTap): void {
    const cluster = this.destination?.cluster ?? null;
    if (cluster === null) {
      tap.onOver();
      return;
    }
    editForHost(this);
    const { request, pipeline, route } = this;
    const copy = { head: request, hasBody: false, chunks: [], bytes: 0, trailers: null };
    const { action } = route.spec;
    const timeoutMs = action.kind === 'route' ? action.timeoutMs : 0;
    const host = namedHost(cluster, this);
    new Shadow(copy, cluster, pipeline.services.clock, timeoutMs, tap).start(host);
  }

  addFlag(flag: ResponseFlag): void {
    this.flags = this.flags === '' ? flag : `${this.flags},${flag}`;
  }

  after(delayMs: number, task: () => void): void {
    const cancel = this.pipeline.services.clock.after(delayMs, () => {
      if (!this.isOver) task();
    });
    this.#cancelTimers ??= [];
    this.#cancelTimers.push(cancel);
  }

  operator(name: string, argument: string): string {
    return formatOperator(this, name, argument);
  }

  header(name: string): string {
    return getHeader(this.request.headers, name) ?? '';
  }

  toRecord(): ExchangeRecord {
    return buildRecord(this);
  }

  #end(): void {
    if (this.isOver) return;
    this.isOver = true;
    if (this.#cancelTimers !== null) for (const cancel of this.#cancelTimers) cancel();
    this.forwarder?.release();
    this.tap?.onOver();
    const { telemetry } = this.pipeline.services;
    for (const filter of this.pipeline.enders) filter.onEnd(this);
    this.pipeline.tracer?.end(this.#span, this);
    countExchange(this, telemetry);
    if (telemetry.wantsRecords) telemetry.record(this.toRecord(), this.pipeline);
    this.#onOver();
  }
}
