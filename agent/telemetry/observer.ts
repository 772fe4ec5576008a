import type { Clock } from '../../base/clock.ts';
import {
  MAX_OBSERVATIONS_PER_REPORT,
  MAX_WAITING_OBSERVATIONS,
  type ObservedParty,
  type ObservedRequest,
} from '../../model/observation.ts';
import type { WorkloadSpec } from '../../model/workload.ts';
import type { ExchangeSample } from '../exchange/pipeline.ts';
import type { Tables } from '../listener/tables.ts';
import { describeTraffic } from './describe-traffic.ts';

/** Takes requests to the controller; false = they did not arrive. */
export type SendObservations = (requests: readonly ObservedRequest[]) => Promise<boolean>;

const GATHER_MS = 20;
const AGAIN_MS = 250;
/** The wall clock was set, or the machine slept. */
const CLOCK_STEP_MS = 1000;
const NOBODY: ObservedParty = { app: '', workload: '', version: '', namespace: '' };

/** In a mesh of tests: tells the controller of every request, and knows when it has told of all. */
export class Observer {
  readonly #clock: Clock;
  readonly #tables: () => Tables | null;
  readonly #send: SendObservations;
  #waiting: ObservedRequest[] = [];
  #sending: Promise<boolean> | null = null;
  #isScheduled = false;
  /** The wall clock where the monotonic one is 0. */
  #epochMs: number;
  /** There was no more room for them. */
  lost = 0;

  constructor(clock: Clock, tables: () => Tables | null, send: SendObservations) {
    this.#clock = clock;
    this.#tables = tables;
    this.#send = send;
    this.#epochMs = clock.wall() - clock.now();
  }

  observe(sample: ExchangeSample): void {
    if (this.#waiting.length >= MAX_WAITING_OBSERVATIONS) {
      this.lost += 1;
      return;
    }
    const startMs = this.#startOf(sample.exchange.startedAtMs);
    this.#waiting.push(observedRequest(sample, this.#tables(), startMs));
    this.#schedule(GATHER_MS);
  }

  /** Requests are told in the order of their starts: so their times must grow as the monotonic clock does. */
  #startOf(startedAtMs: number): number {
    const epochMs = this.#clock.wall() - this.#clock.now();
    if (Math.abs(epochMs - this.#epochMs) > CLOCK_STEP_MS) this.#epochMs = epochMs;
    return this.#epochMs + startedAtMs;
  }

  /** Whether the controller has everything that was seen until now. */
  async flush(): Promise<boolean> {
    while (this.#waiting.length > 0 || this.#sending !== null) {
      this.#sending ??= this.#sendSome();
      if (!(await this.#sending)) return false;
    }
    return true;
  }

  async #sendSome(): Promise<boolean> {
    const batch = this.#waiting.slice(0, MAX_OBSERVATIONS_PER_REPORT);
    const hasArrived = await this.#send(batch);
    // Only what has arrived goes; more has come behind it in the meantime.
    if (hasArrived) this.#waiting = this.#waiting.slice(batch.length);
    this.#sending = null;
    return hasArrived;
  }

  #schedule(delayMs: number): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#clock.after(delayMs, () => {
      void this.flush().then(() => {
        this.#isScheduled = false;
        if (this.#waiting.length > 0) this.#schedule(AGAIN_MS);
      });
    });
  }
}

function observedRequest(sample: ExchangeSample, tables: Tables | null, startMs: number): ObservedRequest {
  const { exchange, peer, pipeline, clusterName, host, authority } = sample;
  const record = exchange.toRecord();
  const traffic = describeTraffic(tables, peer, pipeline.direction, clusterName, host, authority);
  return {
    reporter: traffic.reporter,
    startMs,
    durationMs: record.durationMs,
    source: partyOf(traffic.source),
    destination: partyOf(traffic.destination),
    service: traffic.service.hostname,
    method: record.method,
    path: record.path,
    authority: record.authority,
    status: record.status,
    grpcStatus: record.grpcStatus,
    flags: record.flags === '' ? [] : record.flags.split(','),
    attempts: record.attempts,
    isMtls: traffic.reporter === 'source' ? traffic.destinationPrincipal !== '' : peer.identity !== '',
    route: record.routeName,
    rule: record.rule,
    requestId: record.requestId,
  };
}

function partyOf(workload: WorkloadSpec | null): ObservedParty {
  if (workload === null) return NOBODY;
  const { canonicalService, workload: name, labels, namespace } = workload;
  return { app: canonicalService, workload: name, version: labels.version ?? '', namespace };
}
