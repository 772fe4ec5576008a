import type { Socket } from 'node:net';
import type { MetricFormat } from '../base/exposition.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { TrafficReport } from '../model/traffic.ts';

/** The data path behind the capture: all that answers connections. One per process. */
export interface Dataplane {
  /**
   * Builds every runtime object of the snapshot beside the old ones and swaps them in one assignment; resolves when
   * each new request meets the new ones (a gateway's new ports are listening).
   * @throws SnapshotRejected, with the reason for the NACK; the old objects then stay in force.
   */
  apply(snapshot: Snapshot): Promise<void>;
  /** Takes over a captured connection. `socket` is paused and has not been read from. */
  accept(socket: Socket, capture: CapturedConnection): void;
  /** Tells of requests in a mesh of tests. */
  readonly observer: { readonly lost: number; flush(): Promise<boolean> };
  /** No new connections, `connection: close` on what is open; resolves when all ended or after `deadlineMs`. */
  drain(deadlineMs: number): Promise<void>;
  /** All that this data path counts; the default is Prometheus' text. OpenMetrics lacks its end, so that more may follow. */
  renderMetrics(format?: MetricFormat): string;
  /** What was counted since the last report; null = nothing has changed. */
  reportTraffic(isFirst: boolean): TrafficReport | null;
  /** What was counted until now is told to nobody. */
  skipTraffic(): void;
}

export interface CapturedConnection {
  readonly direction: 'inbound' | 'outbound';
  /** Where the connection was going before it was redirected (SO_ORIGINAL_DST). */
  readonly originalDestination: { readonly address: string; readonly port: number };
}

/** A snapshot that cannot be applied; its message is the NACK's reason. */
export class SnapshotRejected extends Error {
  override readonly name = 'SnapshotRejected';
}
