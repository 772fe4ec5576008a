import { Counter } from '../../base/metrics.ts';
import type { DownstreamPeer } from '../exchange/streams.ts';
import type { RelayedBytes } from '../tcp/tcp-proxy.ts';

interface Live {
  readonly relayed: RelayedBytes;
  /** Istio's counters, from the host's point of view; null = the metric is disabled. */
  readonly sent: Counter | null;
  readonly received: Counter | null;
  readonly open: Counter | null;
  /** What the counters have of it already. */
  hostSent: number;
  hostReceived: number;
}

/**
 * TCP connections that go on: their bytes get into the counters whenever somebody looks at them, not only when the
 * connection ends (Istio's `tcp_reporting_duration`), and how many there are is known by the labels of their opening.
 */
export class LiveTcp {
  readonly #live = new Map<DownstreamPeer, Live>();
  readonly #open = new Map<string, Counter>();

  /** By the labels of `istio_tcp_connections_opened_total`. */
  get open(): ReadonlyMap<string, Counter> {
    return this.#open;
  }

  add(
    peer: DownstreamPeer,
    relayed: RelayedBytes,
    opened: Counter | null,
    bytes: Pick<Live, 'sent' | 'received'>,
  ): void {
    const open = opened === null ? null : this.#openOf(opened.labels);
    if (open !== null) open.value += 1;
    this.#live.set(peer, { relayed, ...bytes, open, hostSent: 0, hostReceived: 0 });
  }

  /** What has been counted of it so far. */
  remove(peer: DownstreamPeer): { hostSent: number; hostReceived: number } {
    const live = this.#live.get(peer);
    if (live === undefined) return NOTHING;
    this.#live.delete(peer);
    if (live.open !== null) live.open.value -= 1;
    return live;
  }

  /** Brings the counters up to now. */
  count(): void {
    for (const live of this.#live.values()) {
      const { sentBytes, receivedBytes } = live.relayed;
      if (live.sent !== null) live.sent.value += receivedBytes - live.hostSent;
      if (live.received !== null) live.received.value += sentBytes - live.hostReceived;
      live.hostSent = receivedBytes;
      live.hostReceived = sentBytes;
    }
  }

  /** Bounded as the metric is whose labels these are. */
  #openOf(labels: string): Counter {
    const known = this.#open.get(labels);
    if (known !== undefined) return known;
    const made = new Counter(labels);
    this.#open.set(labels, made);
    return made;
  }
}

const NOTHING = { hostSent: 0, hostReceived: 0 };
