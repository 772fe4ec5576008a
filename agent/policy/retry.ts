import type { RetrySpec } from '../../model/route.ts';

/** How an attempt ended, as far as retries care (Envoy's retry state). */
export type AttemptOutcome =
  | {
      readonly kind: 'response';
      readonly status: number;
      readonly grpcStatus: number | null;
      /** `x-envoy-ratelimited`: another proxy refused it. */
      readonly isRateLimited: boolean;
    }
  /** The connection could not be made, TLS included. */
  | { readonly kind: 'connect-failure' }
  /** It broke before a response came. `isUnsent`: nothing of the request had left. */
  | { readonly kind: 'reset'; readonly isUnsent: boolean }
  | { readonly kind: 'refused-stream' }
  | { readonly kind: 'per-try-timeout' }
  /** A circuit breaker of our own refused it: never retried. That of another proxy is an answer like any other. */
  | { readonly kind: 'overflow' };

const GRPC_WORDS: Readonly<Record<string, number>> = {
  cancelled: 1,
  'deadline-exceeded': 4,
  'resource-exhausted': 8,
  internal: 13,
  unavailable: 14,
};

/** Whether this outcome is one of those that the policy retries; the number of attempts is the caller's to count. */
export function isRetriable(policy: RetrySpec, outcome: AttemptOutcome): boolean {
  return policy.retryOn.some((word) => matchesWord(word, policy, outcome));
}

function matchesWord(word: string, policy: RetrySpec, outcome: AttemptOutcome): boolean {
  switch (outcome.kind) {
    case 'overflow':
      return false;
    case 'response':
      if (outcome.isRateLimited) return word === 'envoy-ratelimited';
      return matchesResponse(word, policy, outcome.status, outcome.grpcStatus);
    case 'connect-failure':
      return word === 'connect-failure' || word === 'reset-before-request' || countsAsAnyReset(word);
    case 'refused-stream':
      return word === 'refused-stream' || countsAsAnyReset(word);
    case 'reset':
      return (outcome.isUnsent && word === 'reset-before-request') || countsAsAnyReset(word);
    case 'per-try-timeout':
      return countsAsAnyReset(word);
  }
}

/** A request without any response counts as a 5xx. */
const countsAsAnyReset = (word: string) => word === '5xx' || word === 'gateway-error' || word === 'reset';

function matchesResponse(
  word: string,
  policy: RetrySpec,
  status: number,
  grpcStatus: number | null,
): boolean {
  switch (word) {
    case '5xx':
      return status >= 500;
    case 'gateway-error':
      return status >= 502 && status <= 504;
    case 'retriable-4xx':
      return status === 409;
    case 'retriable-status-codes':
      return policy.statusCodes.includes(status);
    default:
      return grpcStatus !== null && GRPC_WORDS[word] === grpcStatus;
  }
}

/** Fully jittered exponential back-off in ms: up to base × (2^retry − 1), at most 10 × base. `retry` counts from 1. */
export function retryDelayMs(baseMs: number, retry: number, random: number): number {
  const ceiling = Math.min(baseMs * (2 ** retry - 1), baseMs * 10);
  return Math.floor(random * ceiling);
}
