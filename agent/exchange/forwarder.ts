import type { RetrySpec, RouteActionSpec } from '../../model/route.ts';
import type { Headers, ResponseHead } from '../codec/head.ts';
import { capTimeoutMs, expectedTimeoutMs } from '../policy/expected-timeout.ts';
import { grpcTimeoutMs, httpStatusOf, isGrpcRequest } from '../policy/grpc.ts';
import type { HashPolicies } from '../policy/hash-policy.ts';
import { getHeader, setHeader } from '../policy/headers.ts';
import { type AttemptOutcome, isRetriable, retryDelayMs } from '../policy/retry.ts';
import type { Cluster } from '../upstream/cluster.ts';
import type { Host } from '../upstream/host.ts';
import { BodyBuffer } from './body-buffer.ts';
import { clientAddressOf } from './client-address.ts';
import {
  DNS_FAILURE,
  NO_HEALTHY_UPSTREAM,
  PER_TRY_TIMEOUT,
  REQUEST_TIMEOUT,
  upstreamFailureReply,
} from './failure.ts';
import type { ForwardedExchange } from './forwarded-exchange.ts';
import { type Mirroring, startMirroring } from './mirroring.ts';
import { namedHost } from './named-host.ts';
import type { DownstreamPeer, UpstreamEvents, UpstreamFailure, UpstreamStream } from './streams.ts';
import { takeUnreached, tellUnreached } from './unreached.ts';
import { lateFailure, outcomeOf } from './upstream-failure.ts';
import { editForHost, tellTimeout } from './upstream-request.ts';

/** Free repetitions of a request that its host surely never saw, beside those that the policy allows. */
const MAX_UNPROCESSED_REPEATS = 3;
const NO_COOKIES: readonly string[] = [];
const NO_HOSTS: readonly Host[] = [];
/** Unsent body above which the caller is asked to wait; it goes on at half of it. */
const HIGH_WATER_BYTES = 64 * 1024;

/** Envoy's router: chooses hosts, sends the request, tries again as the policy says, and passes the answer on. */
export class Forwarder implements UpstreamEvents {
  readonly #exchange: ForwardedExchange;
  readonly #cluster: Cluster;
  readonly #action: RouteActionSpec;
  readonly #retry: RetrySpec | null;
  readonly #isGrpc: boolean;
  /** For all attempts together; 0 = none. */
  readonly #timeoutMs: number;
  readonly #body: BodyBuffer | null;
  host: Host | null = null;
  attempts = 0;
  upstreamServiceMs: number | null = null;
  responseMs: number | null = null;
  /** Kept only where a record will be made of the exchange. */
  upstreamLocalAddress = '';
  #stream: UpstreamStream | null = null;
  #mirroring: Mirroring | null = null;
  #isWaitingForPool = false;
  #tried: Host[] = [];
  /** Only where the policy leaves tried priorities. */
  #attempted = NO_HOSTS;
  #isAgain = false;
  #retriesLeft: number;
  #repeatsLeft = MAX_UNPROCESSED_REPEATS;
  #hasResponse = false;
  #isRequestPaused = false;
  #isUpstreamFull = false;
  #sentAtMs = 0;
  /** When the caller's request was whole, from where the route's timeout runs; -1 = not yet. */
  #completeAtMs = -1;
  /** Counts attempts and free repetitions, so that a timer knows its own. */
  #round = 0;
  #hash: number | null = null;
  #hashCookies: readonly string[] = NO_COOKIES;
  /** The retry under way is counted in the cluster's usage. */
  #isCountedRetry = false;
  #attemptOpen = false;
  #tunnelEnds = 0;

  constructor(exchange: ForwardedExchange, cluster: Cluster) {
    this.#exchange = exchange;
    this.#cluster = cluster;
    this.#action = exchange.route.spec.action as RouteActionSpec;
    this.#retry = this.#action.retry;
    this.#retriesLeft = this.#retry?.attempts ?? 0;
    const { request } = exchange;
    this.#isGrpc = isGrpcRequest(request.headers);
    this.#timeoutMs = this.#isGrpc
      ? capTimeoutMs(grpcTimeoutMs(request.headers), this.#action.timeoutMs)
      : this.#action.timeoutMs;
    this.#body = exchange.hasBody ? new BodyBuffer(true) : null;
  }

  get caller(): DownstreamPeer {
    return this.#exchange.downstream.peer;
  }

  start(): void {
    if (this.#exchange.route.hash !== null && this.#cluster.isHashing)
      this.#hashRequest(this.#exchange.route.hash);
    editForHost(this.#exchange);
    this.#tellTimeout(0);
    if (this.#body === null) this.#onComplete();
    this.#attempt();
    // Behind the first attempt, which chose a host; without one there is nothing to copy.
    if (this.#exchange.route.mirrors.length > 0 && this.host !== null)
      this.#mirroring = startMirroring(this.#exchange, this.#timeoutMs);
  }

  /** By what the caller sent, before anything is edited. */
  #hashRequest(policies: HashPolicies): void {
    const { request, downstream, pipeline } = this.#exchange;
    const client = clientAddressOf(request, downstream.peer, pipeline.direction === 'gateway');
    const { hash, cookies } = policies(request, downstream.peer, client);
    this.#hash = hash;
    this.#hashCookies = cookies;
  }

  /** Not between a proxy and its own application. */
  #tellTimeout(elapsedMs: number): void {
    const { direction, node } = this.#exchange.pipeline;
    if (direction === 'inbound') return;
    const limitMs = expectedTimeoutMs(this.#timeoutMs, this.#retry?.perTryTimeoutMs ?? 0, elapsedMs);
    if (limitMs > 0) tellTimeout(this.#exchange.request, limitMs, this.#isGrpc, node);
  }

  #onComplete(): void {
    if (this.#timeoutMs === 0) return;
    this.#completeAtMs = this.#exchange.pipeline.services.clock.now();
    this.#armTimeout();
  }

  /** The whole request with all its attempts, from its end on (RouteAction.timeout). */
  #armTimeout(): void {
    this.#exchange.after(this.#timeoutMs, () => {
      // A WebSocket lives on (ISTIO.md, correction 35).
      if (this.#hasTunnel) return;
      this.#cluster.counters.upstream_rq_timeout += 1;
      if (this.host !== null && this.#attemptOpen && !this.#hasResponse) {
        this.#cluster.reportFailure(this.host, true);
      }
      if (this.#hasResponse) this.#exchange.abortResponse('UT', 'response_timeout');
      else {
        this.#closeAttempt(true);
        this.#exchange.sendLocalReply(REQUEST_TIMEOUT);
      }
    });
  }

  #attempt(): void {
    const { request, pipeline } = this.#exchange;
    const host = this.#chooseHost();
    this.attempts += 1;
    this.#round += 1;
    if (host === null) {
      if (!this.#cluster.isByName) this.#cluster.counters.upstream_cx_none_healthy += 1;
      this.#exchange.sendLocalReply(this.#cluster.isByName ? DNS_FAILURE : NO_HEALTHY_UPSTREAM);
      return;
    }
    this.host = host;
    host.active += 1;
    this.#attemptOpen = true;
    this.#cluster.counters.upstream_rq_total += 1;
    if (pipeline.direction !== 'inbound' && pipeline.node.headers?.omitsAttemptCount !== true) {
      setHeader(request.headers, 'x-envoy-attempt-count', this.attempts === 1 ? '1' : String(this.attempts));
    }
    this.#sentAtMs = pipeline.services.clock.now();
    this.#isWaitingForPool = true;
    host.pool.request(request, this.#body !== null, this);
  }

  #chooseHost(): Host | null {
    const cluster = this.#cluster;
    const named = namedHost(cluster, this.#exchange);
    if (named !== undefined) return named;
    return this.#isAgain
      ? cluster.pickAgain(this.#tried, this.#retry?.hostSelectionAttempts ?? 0, this.#hash, this.#attempted)
      : cluster.pick(this.#hash);
  }

  /** Runs while a host has the whole request: the wait for a connection or for the caller's body does not count. */
  #armPerTryTimeout(): void {
    const delayMs = this.#retry?.perTryTimeoutMs ?? 0;
    if (delayMs === 0 || this.#stream === null) return;
    if (this.#body !== null && !this.#body.isEnded) return;
    const round = this.#round;
    this.#exchange.after(delayMs, () => {
      if (this.#hasResponse || this.#round !== round || !this.#attemptOpen) return;
      this.#cluster.counters.upstream_rq_per_try_timeout += 1;
      if (this.host !== null) this.#cluster.reportFailure(this.host, true);
      this.#closeAttempt(false);
      if (!this.#tryAgain({ kind: 'per-try-timeout' })) this.#exchange.sendLocalReply(PER_TRY_TIMEOUT);
    });
  }

  onUpstreamReady(stream: UpstreamStream): void {
    this.#isWaitingForPool = false;
    this.#stream = stream;
    this.#isUpstreamFull = false;
    this.#armPerTryTimeout();
    if (this.#exchange.pipeline.services.telemetry.wantsRecords)
      this.upstreamLocalAddress = stream.localAddress;
    if (this.host !== null) this.#cluster.reportConnected(this.host, false);
    if (this.#body !== null) this.#pump();
  }

  onRequestData(chunk: Buffer): boolean {
    this.#body?.push(chunk);
    this.#mirroring?.push(chunk);
    this.#pump();
    const isSent = this.#body === null || !(this.#body.isReplayable || this.#body.hasUnsent);
    return isSent && this.#mirroring === null && this.#stream?.isWritten === true;
  }

  onRequestEnd(trailers: Headers | null): void {
    if (this.#body === null) return;
    this.#body.isEnded = true;
    this.#body.trailers = trailers;
    this.#mirroring?.end(trailers);
    if (!this.#hasResponse) {
      this.#onComplete();
      this.#armPerTryTimeout();
    }
    this.#pump();
  }

  /** Sends what can be sent, and asks the caller to wait while too much is held back. */
  #pump(): void {
    const body = this.#body;
    if (body === null) return;
    while (this.#stream !== null && !this.#isUpstreamFull) {
      const chunk = body.shift();
      if (chunk === undefined) break;
      if (!this.#stream.sendData(chunk)) this.#isUpstreamFull = true;
    }
    if (body.isEnded && !body.hasUnsent && this.#stream !== null && !this.#isEndSent) {
      this.#isEndSent = true;
      this.#stream.sendEnd(body.trailers);
    }
    const isHeldBack = body.hasUnsent && (this.#isUpstreamFull || body.bytes > HIGH_WATER_BYTES);
    if (isHeldBack !== this.#isRequestPaused) {
      this.#isRequestPaused = isHeldBack;
      if (isHeldBack) this.#exchange.downstream.pauseRequest();
      else this.#exchange.downstream.resumeRequest();
    }
  }

  #isEndSent = false;

  onUpstreamDrain(): void {
    this.#isUpstreamFull = false;
    if (this.#tunnelEnds > 0 || this.#hasTunnel) this.#exchange.downstream.resumeRequest();
    this.#pump();
  }

  onDownstreamDrain(): void {
    this.#stream?.resumeResponse();
  }

  onInterim(head: ResponseHead): void {
    // 100 was answered here already; others (103) are passed on.
    if (head.status !== 100) this.#exchange.downstream.sendInterim(head);
  }

  #reportStatus(host: Host, { status, headers }: ResponseHead): void {
    if (host.monitor === null) return;
    this.#cluster.reportStatus(host, this.#isGrpc ? httpStatusOf(status, headers) : status);
  }

  onResponse(head: ResponseHead, hasBody: boolean): void {
    const { pipeline } = this.#exchange;
    if (this.host !== null) this.#reportStatus(this.host, head);
    const isUnreached = pipeline.direction !== 'inbound' && takeUnreached(head);
    if (isUnreached ? this.#tryAgain({ kind: 'connect-failure' }) : this.#retriesResponse(head)) return;
    if (this.#isCountedRetry) this.#cluster.counters.upstream_rq_retry_success += 1;
    this.#endRetry();
    this.#hasResponse = true;
    this.#body?.stopKeeping();
    const now = pipeline.services.clock.now();
    this.upstreamServiceMs = Math.max(0, Math.floor(now - this.#sentAtMs));
    this.responseMs = now - this.#exchange.startedAtMs;
    if (pipeline.node.headers?.omitsDebugHeaders !== true)
      setHeader(head.headers, 'x-envoy-upstream-service-time', String(this.upstreamServiceMs));
    for (const cookie of this.#hashCookies) head.headers.push('set-cookie', cookie);
    this.#exchange.details = 'via_upstream';
    const isTunnel =
      head.status === 101 || (this.#exchange.request.method === 'CONNECT' && head.status < 300);
    this.#exchange.sendResponseHead(head, hasBody);
    if (isTunnel) this.#startTunnel();
  }

  #retriesResponse(head: ResponseHead): boolean {
    const retry = this.#retry;
    if (retry === null) return false;
    // Successful answers, the common case, are not looked at any further; a gRPC status may hide behind 200.
    const grpcStatus = getHeader(head.headers, 'grpc-status');
    if (head.status < 400 && grpcStatus === undefined && retry.statusCodes.length === 0) return false;
    return this.#tryAgain({
      kind: 'response',
      status: head.status,
      grpcStatus: grpcStatus === undefined ? null : Number(grpcStatus),
      isRateLimited: getHeader(head.headers, 'x-envoy-ratelimited') !== undefined,
    });
  }

  onResponseData(chunk: Buffer): boolean {
    if (!this.#exchange.sendResponseData(chunk)) this.#stream?.pauseResponse();
    return this.#exchange.isResponseWritten;
  }

  onResponseEnd(trailers: Headers | null): void {
    // The connection is free again before the caller is told, whose next request may need it.
    if (this.#body === null || this.#isEndSent) this.#stream = null;
    this.#settleAttempt();
    this.#exchange.sendResponseEnd(trailers);
  }

  onUpstreamFailure(failure: UpstreamFailure): void {
    this.#isWaitingForPool = false;
    this.#stream = null;
    this.#settleAttempt();
    if (this.#hasTunnel) {
      this.#exchange.endTunnel();
      return;
    }
    if (this.#hasResponse) {
      if (this.host !== null) this.#cluster.reportFailure(this.host, false);
      const [flag, why] = lateFailure(failure);
      this.#exchange.abortResponse(flag, `upstream_reset_after_response_started{${why}}`);
      return;
    }
    if (failure.kind === 'connect-failure') this.#cluster.counters.upstream_cx_connect_fail += 1;
    if (failure.kind === 'overflow') this.#cluster.counters.upstream_rq_pending_overflow += 1;
    if (this.#repeatsUnprocessed(failure)) return;
    // A limit of our own says nothing of the host.
    if (failure.kind !== 'overflow' && this.host !== null) this.#cluster.reportFailure(this.host, false);
    if (this.#tryAgain(outcomeOf(failure))) return;
    const { pipeline, request } = this.#exchange;
    const made = upstreamFailureReply(failure, this.attempts > 1);
    const reply = pipeline.node.headers?.omitsDebugHeaders === true ? { ...made, headers: [] } : made;
    this.#exchange.sendLocalReply(
      pipeline.direction === 'inbound' ? tellUnreached(reply, failure, request) : reply,
    );
  }

  /**
   * A kept connection that the host had closed: the request never began there, so even a POST may be sent again, and
   * no caller would have met this failure without a proxy in between. Not a retry of the policy.
   */
  #repeatsUnprocessed(failure: UpstreamFailure): boolean {
    if (failure.kind !== 'reset' || !failure.isUnprocessed || this.#repeatsLeft === 0) return false;
    if (this.#body !== null && !this.#body.isReplayable) return false;
    this.#repeatsLeft -= 1;
    this.attempts -= 1;
    this.#rewind();
    this.#attempt();
    return true;
  }

  /** Whether another attempt was arranged. Flags the exchange when the policy would retry but is used up. */
  #tryAgain(outcome: AttemptOutcome): boolean {
    const retry = this.#retry;
    if (retry === null || retry.attempts === 0 || this.#exchange.isOver || !isRetriable(retry, outcome))
      return false;
    if (this.#body !== null && !this.#body.isReplayable) return false;
    this.#endRetry();
    if (this.#retriesLeft === 0) {
      this.#cluster.counters.upstream_rq_retry_limit_exceeded += 1;
      this.#exchange.addFlag('URX');
      return false;
    }
    this.#retriesLeft -= 1;
    if (!this.#cluster.startRetry()) {
      this.#exchange.addFlag('UO');
      return false;
    }
    this.#isCountedRetry = true;
    if (retry.hostSelectionAttempts > 0 && this.host !== null) this.#tried.push(this.host);
    if (retry.leavesTriedPriorities && this.host !== null) this.#attempted = [...this.#attempted, this.host];
    this.#closeAttempt(false);
    this.#rewind();
    const number = retry.attempts - this.#retriesLeft;
    const delayMs = retryDelayMs(retry.backoffMs, number, this.#exchange.pipeline.services.random());
    this.#exchange.after(delayMs, () => this.#retryNow());
    return true;
  }

  #retryNow(): void {
    if (this.#completeAtMs >= 0)
      this.#tellTimeout(this.#exchange.pipeline.services.clock.now() - this.#completeAtMs);
    this.#attempt();
  }

  #endRetry(): void {
    if (this.#isCountedRetry) this.#cluster.endRetry();
    this.#isCountedRetry = false;
  }

  #rewind(): void {
    this.#isAgain = true;
    this.#body?.rewind();
    this.#isEndSent = false;
    this.#isUpstreamFull = false;
  }

  #hasTunnel = false;

  #startTunnel(): void {
    this.#hasTunnel = true;
    this.#exchange.startTunnel();
  }

  onTunnelData(chunk: Buffer): void {
    if (this.#stream?.sendData(chunk) === false) this.#exchange.downstream.pauseRequest();
  }

  onTunnelEnd(): void {
    this.#stream?.sendTunnelEnd();
    this.#countTunnelEnd();
  }

  onUpstreamTunnelData(chunk: Buffer): void {
    this.onResponseData(chunk);
  }

  onUpstreamTunnelEnd(): void {
    this.#exchange.downstream.sendEnd(null);
    this.#countTunnelEnd();
  }

  #countTunnelEnd(): void {
    this.#tunnelEnds += 1;
    if (this.#tunnelEnds === 2) this.#exchange.endTunnel();
  }

  /** The exchange is over: whatever is still under way for it ends. */
  release(): void {
    this.#countOutcome();
    this.#endRetry();
    this.#closeAttempt(true);
  }

  /** Answers that were made here for want of a host's count too, as with Envoy. */
  #countOutcome(): void {
    const { counters } = this.#cluster;
    const digit = Math.floor(this.#exchange.status / 100);
    if (digit < 1 || digit > 5) return;
    counters.upstream_rq_completed += 1;
    counters.byClass[digit] = (counters.byClass[digit] as number) + 1;
  }

  #closeAttempt(isFinal: boolean): void {
    if (this.#isWaitingForPool) this.host?.pool.forget(this);
    this.#isWaitingForPool = false;
    const stream = this.#stream;
    this.#stream = null;
    if (stream !== null) stream.cancel();
    this.#settleAttempt();
    if (isFinal) this.#retriesLeft = 0;
  }

  /** The host has one request less, exactly once per attempt. */
  #settleAttempt(): void {
    if (!this.#attemptOpen) return;
    this.#attemptOpen = false;
    if (this.host !== null) this.host.active -= 1;
  }
}
