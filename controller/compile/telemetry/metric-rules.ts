import type { MeshConfig } from '../../../istio/mesh-config.ts';
import type { TelemetrySpec } from '../../../istio/schema/telemetry.ts';
import {
  ISTIO_METRICS,
  type IstioMetric,
  type MetricOverrideSpec,
  type MetricRulesSpec,
  type MetricsSpec,
  type TrafficSide,
} from '../../../model/telemetry.ts';
import type { Workload } from '../world.ts';
import type { WorldIndex } from '../world-index.ts';
import { isForSide, providerNames, telemetriesOf } from './telemetries.ts';

type Entry = NonNullable<TelemetrySpec['metrics']>[number];
type Override = NonNullable<Entry['overrides']>[number];

/** Telemetry's changes to the standard metrics; null = there are none. */
export function compileMetricRules(index: WorldIndex, proxy: Workload): MetricsSpec | null {
  const { mesh } = index.world;
  const entries = telemetriesOf(index, proxy).flatMap(({ spec }) => spec.metrics ?? []);
  const overrides = overridesFor(entries, mesh);
  if (overrides !== null && overrides.length === 0) return null;
  const rulesOf = (side: TrafficSide): MetricRulesSpec => {
    if (overrides === null) return { isOff: true, overrides: {} };
    return { isOff: false, overrides: mergeOverrides(overrides, side) };
  };
  return { client: rulesOf('client'), server: rulesOf('server') };
}

/**
 * Those that reach the Prometheus provider, in order; null = it counts nothing (`mergeMetrics` of
 * pilot/pkg/model/telemetry.go): it is not named, or every metric was disabled last.
 */
function overridesFor(entries: readonly Entry[], mesh: MeshConfig): readonly Override[] | null {
  const defaults = mesh.defaultProviders.metrics;
  const named = entries.map(({ providers }) => providerNames(providers)).filter((names) => names.length > 0);
  const inScope = named.at(-1) ?? defaults;
  if (!inScope.some((name) => isPrometheus(mesh, name))) return null;
  let before: readonly string[] = defaults;
  let isOff = false;
  const reaching: Override[] = [];
  for (const { providers, overrides = [] } of entries) {
    const own = providerNames(providers);
    before = own.length > 0 ? own : before;
    if (!before.some((name) => inScope.includes(name) && isPrometheus(mesh, name))) continue;
    for (const override of overrides) {
      // Disabled everywhere for good, unless something below speaks of a metric again: Istio's own rule.
      isOff = override.match?.metric === 'ALL_METRICS' && override.disabled === true && isForBoth(override);
      if (!isOff) reaching.push(override);
    }
  }
  return isOff ? null : reaching;
}

function isPrometheus({ extensionProviders }: MeshConfig, name: string): boolean {
  const provider = extensionProviders.find((each) => each.name?.toLowerCase() === name.toLowerCase());
  return provider === undefined ? name === 'prometheus' : provider.prometheus !== undefined;
}

function isForBoth({ match }: Override): boolean {
  return isForSide(match, 'client') && isForSide(match, 'server');
}

function mergeOverrides(overrides: readonly Override[], side: TrafficSide): MetricRulesSpec['overrides'] {
  const merged: Partial<Record<IstioMetric, MetricOverrideSpec>> = {};
  for (const override of overrides) {
    if (!isForSide(override.match, side)) continue;
    for (const metric of metricsOf(override)) merged[metric] = mergeOne(merged[metric], override);
  }
  return merged;
}

/** Without `metric` every one is meant; a `customMetric` is none of Istio's. */
function metricsOf({ match }: Override): readonly IstioMetric[] {
  if (match?.customMetric !== undefined) return [];
  const metric = match?.metric ?? 'ALL_METRICS';
  return metric === 'ALL_METRICS' ? ISTIO_METRICS : [metric];
}

function mergeOne(
  before: MetricOverrideSpec | undefined,
  { disabled, tagOverrides = {} }: Override,
): MetricOverrideSpec {
  const removed = new Set(before?.removed);
  const upserted = new Map(Object.entries(before?.upserted ?? {}));
  for (const [tag, { operation = 'UPSERT', value = '' }] of Object.entries(tagOverrides)) {
    removed.delete(tag);
    upserted.delete(tag);
    if (operation === 'REMOVE') removed.add(tag);
    else upserted.set(tag, value);
  }
  return {
    isDisabled: disabled ?? before?.isDisabled ?? false,
    removed: [...removed].sort(),
    upserted: Object.fromEntries([...upserted].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}
