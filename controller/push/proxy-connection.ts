import type { Ack } from '../../model/push.ts';
import type { Resources } from '../../model/snapshot.ts';
import { type Differ, type HeldResources, heldFrom } from './delta.ts';
import type { PushMetrics } from './push-metrics.ts';

/** Where one proxy stands; what `proxy-status` shows. */
export interface ProxyStatus {
  readonly proxy: string;
  readonly container: string;
  readonly state: 'SYNCED' | 'PENDING' | 'NACKED';
  /** Version acknowledged last. */
  readonly version: string;
  readonly lastError: string;
  /** Wall clock in ms of the last ACK or NACK; 0 = none yet. */
  readonly lastReplyMs: number;
  readonly connectedMs: number;
  readonly agentVersion: string;
  /** Time between the last push and its answer. */
  readonly lastRoundTripMs: number;
}

interface Outstanding {
  readonly nonce: string;
  readonly version: string;
  readonly after: HeldResources;
  readonly sentAtMs: number;
}

export interface ProxyConnectionDeps {
  readonly proxy: string;
  readonly container: string;
  readonly differ: Differ;
  readonly wall: () => number;
  readonly createVersion: () => string;
  readonly metrics: PushMetrics;
  send(line: string): void;
}

/**
 * One proxy's side of the push protocol as a state machine: at most one push is outstanding, and after a NACK the base
 * stays what was acknowledged last.
 */
export class ProxyConnection {
  readonly proxy: string;
  readonly container: string;
  readonly #deps: ProxyConnectionDeps;
  readonly #connectedMs: number;
  readonly #agentVersion: string;
  #held: HeldResources;
  #version: string;
  #outstanding: Outstanding | null = null;
  #wanted: Resources | null = null;
  #wantedSinceMs = 0;
  #refused: Resources | null = null;
  #lastError = '';
  #lastReplyMs = 0;
  #lastRoundTripMs = 0;

  constructor(
    deps: ProxyConnectionDeps,
    hello: { version: string; hashes: Readonly<Record<string, string>>; agent: string },
  ) {
    this.proxy = deps.proxy;
    this.container = deps.container;
    this.#deps = deps;
    this.#held = heldFrom(hello.hashes);
    this.#version = hello.version;
    this.#agentVersion = hello.agent;
    this.#connectedMs = deps.wall();
  }

  /** The newest resources for this proxy; sent now, or when the outstanding push is answered. */
  want(resources: Resources): void {
    if (this.#outstanding === null || this.#wanted === null) this.#wantedSinceMs = this.#deps.wall();
    this.#wanted = resources;
    this.#pushIfDue();
  }

  /** Anything but a push. */
  tell(line: string): void {
    this.#deps.send(line);
  }

  onAck(ack: Ack): void {
    const outstanding = this.#outstanding;
    if (outstanding === null || ack.nonce !== outstanding.nonce) return;
    this.#outstanding = null;
    this.#lastReplyMs = this.#deps.wall();
    this.#lastRoundTripMs = this.#lastReplyMs - outstanding.sentAtMs;
    if (ack.error === null) {
      this.#held = outstanding.after;
      this.#version = outstanding.version;
      this.#lastError = '';
      this.#refused = null;
      this.#deps.metrics.onAcknowledged(this.#lastReplyMs - this.#wantedSinceMs);
    } else {
      this.#lastError = ack.error;
      this.#deps.metrics.onRejected();
    }
    this.#pushIfDue();
  }

  get isSettled(): boolean {
    return this.#outstanding === null && this.#wanted !== null && this.#lastError === '';
  }

  get status(): ProxyStatus {
    return {
      proxy: this.proxy,
      container: this.container,
      // What was refused before says nothing of a push that is not answered yet.
      state: this.isSettled
        ? 'SYNCED'
        : this.#lastError !== '' && this.#outstanding === null
          ? 'NACKED'
          : 'PENDING',
      version: this.#version,
      lastError: this.#lastError,
      lastReplyMs: this.#lastReplyMs,
      connectedMs: this.#connectedMs,
      agentVersion: this.#agentVersion,
      lastRoundTripMs: this.#lastRoundTripMs,
    };
  }

  #pushIfDue(): void {
    // What was refused is not offered again until it changes.
    if (this.#outstanding !== null || this.#wanted === null || this.#wanted === this.#refused) return;
    const delta = this.#deps.differ.compare(this.#held, this.#wanted);
    const isFirst = this.#version === '';
    if (delta.upsert.length + delta.remove.length === 0 && !isFirst) {
      this.#held = delta.after;
      this.#lastError = '';
      return;
    }
    const version = this.#deps.createVersion();
    this.#outstanding = { nonce: version, version, after: delta.after, sentAtMs: this.#deps.wall() };
    this.#refused = this.#wanted;
    const head = `{"type":"push","version":"${version}","base":"${this.#version}","nonce":"${version}"`;
    const line = `${head},"upsert":[${delta.upsert.join(',')}],"remove":[${delta.remove.join(',')}]}\n`;
    this.#deps.metrics.onSent(line.length);
    this.#deps.send(line);
  }
}
