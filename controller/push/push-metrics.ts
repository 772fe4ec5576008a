import { Counter, counters, Histogram, histograms, type MetricFamily } from '../../base/metrics.ts';

/** Seconds, as istiod has them (pilot/pkg/xds/monitoring.go). */
const PUSH_SECONDS = [0.01, 0.1, 1, 3, 5, 10, 20, 30];
const CONFIG_BYTES = [1, 10_000, 1_000_000, 4_000_000, 10_000_000, 40_000_000];
const CONVERGENCE_SECONDS = [0.1, 0.5, 1, 3, 5, 10, 20, 30];

/** What the controller counts of its pushes, under istiod's names. One push carries all kinds of resources: `type="all"`. */
export class PushMetrics {
  readonly #pushes = new Counter('type="all"');
  readonly #rejects = new Counter('type="all"');
  readonly #pushTime = new Histogram('type="all"', PUSH_SECONDS);
  readonly #configSize = new Histogram('type="all"', CONFIG_BYTES);
  readonly #convergence = new Histogram('', CONVERGENCE_SECONDS);

  /** All proxies were looked at, and got what changed for them. */
  onPushed(durationMs: number): void {
    this.#pushTime.observe(durationMs / 1000);
  }

  onSent(bytes: number): void {
    this.#pushes.value += 1;
    this.#configSize.observe(bytes);
  }

  /** @param sinceMs from the change of configuration on */
  onAcknowledged(sinceMs: number): void {
    this.#convergence.observe(sinceMs / 1000);
  }

  onRejected(): void {
    this.#rejects.value += 1;
  }

  get families(): MetricFamily[] {
    return [
      counters('pilot_xds_pushes', 'Pushes that were sent.', [this.#pushes]),
      counters('pilot_total_xds_rejects', 'Pushes that proxies refused.', [this.#rejects]),
      histograms('pilot_xds_config_size_bytes', 'Sizes of pushes.', [this.#configSize]),
      histograms('pilot_xds_push_time', 'Seconds to look at all proxies, and send what changed.', [
        this.#pushTime,
      ]),
      histograms(
        'pilot_proxy_convergence_time',
        'Seconds from a change of the configuration until a proxy has it.',
        [this.#convergence],
      ),
    ];
  }
}
