import type { FaultSpec } from '../../model/route.ts';

export interface FaultDecision {
  /** 0 = no delay. */
  readonly delayMs: number;
  /** null = no abort. */
  readonly abort: { readonly status: number; readonly grpcStatus: number | null } | null;
}

const NO_FAULT: FaultDecision = { delayMs: 0, abort: null };
const MILLION = 1_000_000;

/** Delay and abort are drawn independently (HTTPFaultInjection). */
export function decideFault(spec: FaultSpec, random: () => number): FaultDecision {
  const isDelayed = spec.delay !== null && random() * MILLION < spec.delay.perMillion;
  const isAborted = spec.abort !== null && random() * MILLION < spec.abort.perMillion;
  if (!isDelayed && !isAborted) return NO_FAULT;
  return { delayMs: isDelayed ? (spec.delay?.fixedMs ?? 0) : 0, abort: isAborted ? spec.abort : null };
}

/** For tests: the whole of it or nothing. */
export function faultOfCounted(spec: FaultSpec, isMeant: boolean): FaultDecision {
  return isMeant ? { delayMs: spec.delay?.fixedMs ?? 0, abort: spec.abort } : NO_FAULT;
}
