import { Counter, Histogram, renderCounters, renderHistograms } from '../../base/metrics.ts';

/** Seconds, as istiod has them (pilot/pkg/xds/monitoring.go). */
const PUSH_SECONDS = [0.01, 0.1, 1, 3, 5, 10, 20, 30];
const CONVERGENCE_SECONDS = [0.1, 0.5, 1, 3, 5, 10, 20, 30];

/** What the controller counts of its pushes, under istiod's names. One push carries all kinds of resources: `type="all"`. */
export class PushMetrics {
  readonly #pushes = new Counter('type="all"');
  readonly #rejects = new Counter('type="all"');
  readonly #pushTime = new Histogram('type="all"', PUSH_SECONDS);
  readonly #convergence = new Histogram('', CONVERGENCE_SECONDS);

  /** All proxies were looked at, and got what changed for them. */
  onPushed(durationMs: number): void {
    this.#pushTime.observe(durationMs / 1000);
  }

  onSent(): void {
    this.#pushes.value += 1;
  }

  /** @param sinceMs from the change of configuration on */
  onAcknowledged(sinceMs: number): void {
    this.#convergence.observe(sinceMs / 1000);
  }

  onRejected(): void {
    this.#rejects.value += 1;
  }

  render(): string {
    return [
      renderCounters('pilot_xds_pushes', [this.#pushes]),
      renderCounters('pilot_total_xds_rejects', [this.#rejects]),
      renderHistograms('pilot_xds_push_time', [this.#pushTime]),
      renderHistograms('pilot_proxy_convergence_time', [this.#convergence]),
    ].join('');
  }
}
