import type { WarmupSpec } from '../../../model/cluster.ts';

/** The share of its weight that a host has, so long after it came (Envoy's slow start); 1 = all of it. */
export function warmth({ durationMs, minimumPercent, aggression }: WarmupSpec, ageMs: number): number {
  if (ageMs >= durationMs) return 1;
  const grown = (Math.max(ageMs, 1) / durationMs) ** (1 / aggression);
  return Math.max(grown, minimumPercent / 100);
}
