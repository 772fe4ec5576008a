import type { Resource } from '../../../istio/resource.ts';
import type { TelemetrySpec } from '../../../istio/schema/telemetry.ts';
import { matchesLabels } from '../../../model/labels.ts';
import type { Workload } from '../world.ts';
import type { WorldIndex } from '../world-index.ts';

/**
 * The Telemetries that act at a proxy, the later over the earlier: that of the root namespace, that of its own, and one
 * that selects it (ISTIO.md §6, "layering"). Of several in one place the oldest counts; a selector in the root
 * namespace does not reach other namespaces.
 */
export function telemetriesOf(
  { telemetries, world }: WorldIndex,
  { namespace, labels }: Workload,
): readonly Resource<TelemetrySpec>[] {
  const { rootNamespace } = world.mesh;
  const widest = (of: string) => telemetries.find((each) => each.namespace === of && !isSelecting(each));
  return [
    widest(rootNamespace),
    namespace === rootNamespace ? undefined : widest(namespace),
    telemetries.find(
      (each) =>
        each.namespace === namespace &&
        isSelecting(each) &&
        matchesLabels(each.spec.selector?.matchLabels ?? {}, labels),
    ),
  ].filter((each) => each !== undefined);
}

/** `targetRefs` are for waypoints and the Gateway API: they select nothing here. */
function isSelecting({ spec }: Resource<TelemetrySpec>): boolean {
  return Object.keys(spec.selector?.matchLabels ?? {}).length > 0;
}

/** `match.mode`: without one both sides are meant. */
export function isForSide(
  match: { readonly mode?: string | undefined } | undefined,
  side: 'client' | 'server',
): boolean {
  const mode = match?.mode ?? 'CLIENT_AND_SERVER';
  return mode === 'CLIENT_AND_SERVER' || mode.toLowerCase() === side;
}

export function providerNames(
  providers: readonly { readonly name?: string | undefined }[] | undefined,
): string[] {
  return (providers ?? []).map(({ name = '' }) => name);
}
