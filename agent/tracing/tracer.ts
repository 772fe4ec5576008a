import type { NodeSpec } from '../../model/node.ts';
import type { Span } from '../../model/span.ts';
import type { TracingSpec, TrafficSide } from '../../model/telemetry.ts';
import type { RecordSource } from '../exchange/record.ts';
import type { ActiveSpan, ExchangeTracer, TracedRequest } from '../exchange/tracing.ts';
import { setHeader } from '../policy/headers.ts';
import { isInSample, type TraceReason, traceReasonOf, withTraceReason } from '../policy/request-id.ts';
import { readTraceContext, type TraceContext, writeTraceContext } from '../policy/trace-context.ts';
import type { InFlight } from './in-flight.ts';
import { createTagger, type Tagger } from './span-tags.ts';

export interface TracerDeps {
  readonly random: () => number;
  /** So many random bytes, as hex digits. */
  readonly randomHex: (bytes: number) => string;
  readonly inFlight: InFlight;
  report(span: Span): void;
}

/** Envoy's decision whether to trace, its tracers' headers, and the span of one side of the traffic. */
export class Tracer implements ExchangeTracer {
  readonly #spec: TracingSpec;
  readonly #side: TrafficSide;
  readonly #isGateway: boolean;
  readonly #deps: TracerDeps;
  readonly #tagger: Tagger;

  constructor(spec: TracingSpec, side: TrafficSide, node: NodeSpec, deps: TracerDeps) {
    this.#spec = spec;
    this.#side = side;
    this.#isGateway = node.kind === 'gateway';
    this.#deps = deps;
    this.#tagger = createTagger(spec, node);
  }

  start(exchange: TracedRequest): ActiveSpan | null {
    const span = this.#open(exchange, readTraceContext(exchange.request.headers));
    if (this.#side === 'server') this.#deps.inFlight.enter(exchange.requestId, span);
    return span;
  }

  end(
    span: ActiveSpan | null,
    exchange: RecordSource & TracedRequest & { readonly decorator: string },
  ): void {
    if (this.#side === 'server') this.#deps.inFlight.leave(span);
    if (span === null) return;
    const record = exchange.toRecord();
    const { traceId, spanId, parentId } = span;
    this.#deps.report({
      ...{ traceId, spanId, parentId },
      kind: this.#side === 'server' || this.#isGateway ? 'SERVER' : 'CLIENT',
      // Both sides of a call have one name, the caller's (ConnectionManagerImpl, "decorated operation").
      name: exchange.operation || exchange.decorator || record.authority,
      service: this.#spec.service,
      startUs: Math.round(record.startedAtMs * 1000),
      durationUs: Math.max(1, Math.round(record.durationMs * 1000)),
      ...this.#tagger(record, span),
    });
  }

  #open(exchange: TracedRequest, context: TraceContext | null): ActiveSpan | null {
    if (!this.#spec.isReporting) return null;
    const isContinued = context !== null && context.traceId !== '';
    const inferred = isContinued || context?.isSampled != null ? undefined : this.#inferParent(exchange);
    if (inferred === null) return null;
    if (inferred === undefined && !this.#decide(exchange, context)) return null;
    const parent = isContinued ? context : inferred;
    const span: ActiveSpan = {
      traceId: parent?.traceId ?? this.#deps.randomHex(16),
      spanId: this.#deps.randomHex(8),
      parentId: parent?.spanId ?? '',
      isInferred: !isContinued && inferred !== undefined,
    };
    if (this.#spec.isPropagating) writeTraceContext(exchange.request.headers, span, this.#spec.headers);
    return span;
  }

  /** Only an application's own calls can belong to what it was asked. */
  #inferParent({ requestId }: TracedRequest): ActiveSpan | null | undefined {
    return this.#side === 'server' || this.#isGateway ? undefined : this.#deps.inFlight.parentOf(requestId);
  }

  /** ConnectionManagerUtility::mutateTracingRequestHeader: who decided before is believed. */
  #decide(exchange: TracedRequest, context: TraceContext | null): boolean {
    if (context !== null && context.isSampled !== null) return context.isSampled;
    const { usesRequestId, samplingPercentage } = this.#spec;
    if (usesRequestId && traceReasonOf(exchange.requestId) !== null) return true;
    const reason = this.#reasonFor(exchange, context, samplingPercentage);
    if (reason === null) return false;
    if (usesRequestId) {
      exchange.requestId = withTraceReason(exchange.requestId, reason);
      setHeader(exchange.request.headers, 'x-request-id', exchange.requestId);
    }
    return true;
  }

  #reasonFor(exchange: TracedRequest, context: TraceContext | null, percentage: number): TraceReason | null {
    if (context?.isForced === true) return 'client';
    if (exchange.isTraceForced) return 'forced';
    return isInSample(exchange.requestId, percentage, this.#deps.random) ? 'sampled' : null;
  }
}
