import type { Clock } from '../../base/clock.ts';
import type { NodeSpec } from '../../model/node.ts';
import type { Span } from '../../model/span.ts';
import type { TraceExporterSpec, TrafficSide } from '../../model/telemetry.ts';
import type { ExchangeTracer } from '../exchange/tracing.ts';
import { ExportQueue } from '../telemetry/export-queue.ts';
import { InFlight } from './in-flight.ts';
import { createSendSpans, type SendSpansDeps } from './send-spans.ts';
import { Tracer } from './tracer.ts';

export interface TracingDeps extends SendSpansDeps {
  readonly clock: Clock;
  readonly random: () => number;
  readonly randomHex: (bytes: number) => string;
}

/** All tracing of one proxy: queues outlive the snapshots, tracers do not. */
export class Tracing {
  readonly #deps: TracingDeps;
  readonly #inFlight = new InFlight();
  readonly #queues = new Map<string, ExportQueue<Span>>();

  constructor(deps: TracingDeps) {
    this.#deps = deps;
  }

  /** null = the snapshot has no tracing for that side. */
  tracerFor(side: TrafficSide, node: NodeSpec): ExchangeTracer | null {
    const spec = node.tracing?.[side] ?? null;
    if (spec === null) return null;
    const queue = this.#queueFor(spec.exporter);
    return new Tracer(spec, side, node, {
      ...{ random: this.#deps.random, randomHex: this.#deps.randomHex, inFlight: this.#inFlight },
      report: (span) => queue.push(span),
    });
  }

  #queueFor(exporter: TraceExporterSpec): ExportQueue<Span> {
    const key = JSON.stringify(exporter);
    const known = this.#queues.get(key);
    if (known !== undefined) return known;
    const queue = new ExportQueue(this.#deps.clock, createSendSpans(exporter, this.#deps));
    this.#queues.set(key, queue);
    return queue;
  }

  /** Sends what waits, before the process ends. */
  async flush(): Promise<void> {
    await Promise.all([...this.#queues.values()].map((queue) => queue.flush()));
  }

  /** Spans by what became of them. */
  counts(): { readonly sent: number; readonly dropped: number } {
    const queues = [...this.#queues.values()];
    return {
      sent: queues.reduce((sum, { sent }) => sum + sent, 0),
      dropped: queues.reduce((sum, { dropped }) => sum + dropped, 0),
    };
  }
}
