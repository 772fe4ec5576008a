import { Counter, counters, formatLabels, type MetricFamily } from '../base/metrics.ts';
import type { LastGood } from './last-good/last-good.ts';

/** Why a World is built anew, in istiod's words: documents, containers and what agents say of them, keys of issuers. */
export type PushTrigger = 'config' | 'endpoint' | 'jwks';

/** What the controller's sources told it, under istiod's names. */
export class SourceMetrics {
  readonly #triggers = new CounterMap();
  readonly #events = new CounterMap();

  onTrigger(type: PushTrigger): void {
    this.#triggers.add([['type', type]]);
  }

  /** Documents in force before and now. */
  onConfig(before: LastGood, after: LastGood): void {
    for (const [label, resource] of Object.entries(after)) {
      const old = before[label];
      if (old === undefined) this.#onEvent(resource.kind, 'add');
      else if (old.hash !== resource.hash) this.#onEvent(resource.kind, 'update');
    }
    for (const [label, { kind }] of Object.entries(before))
      if (after[label] === undefined) this.#onEvent(kind, 'delete');
  }

  #onEvent(type: string, event: 'add' | 'update' | 'delete'): void {
    this.#events.add([
      ['type', type],
      ['event', event],
    ]);
  }

  get families(): MetricFamily[] {
    return [
      counters('pilot_push_triggers', 'Changes that proxies may have to be told of.', this.#triggers.all),
      counters('pilot_k8s_cfg_events', 'Documents that came, changed or went.', this.#events.all),
    ];
  }
}

class CounterMap {
  readonly #byLabels = new Map<string, Counter>();

  add(labels: readonly (readonly [string, string])[]): void {
    const key = formatLabels(labels);
    const counter = this.#byLabels.get(key) ?? new Counter(key);
    counter.value += 1;
    this.#byLabels.set(key, counter);
  }

  get all(): Iterable<Counter> {
    return this.#byLabels.values();
  }
}
