import type { TrafficStore } from './traffic-store.ts';

export interface AskedWindow {
  readonly nowMs: number;
  readonly seconds: number;
  readonly untilMs: number;
}

export interface Window {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly stepMs: number;
}

/** Whole steps, and only such as are over: the one that is under way would look as if traffic fell. */
export function windowOf(store: TrafficStore, { nowMs, seconds, untilMs }: AskedWindow): Window {
  const stepMs = store.stepMs(untilMs - seconds * 1000, nowMs);
  const until = Math.floor(untilMs / stepMs) * stepMs;
  const spanMs = Math.max(stepMs, Math.round((seconds * 1000) / stepMs) * stepMs);
  return { fromMs: until - spanMs, untilMs: until, stepMs };
}
