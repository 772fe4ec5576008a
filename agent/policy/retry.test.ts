import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RetrySpec } from '../../model/route.ts';
import { type AttemptOutcome, isRetriable, retryDelayMs } from './retry.ts';

const policy = (retryOn: string[], statusCodes: number[] = []): RetrySpec => ({
  ...{ attempts: 2, retryOn, statusCodes, perTryTimeoutMs: 0, backoffMs: 25, hostSelectionAttempts: 0 },
  leavesTriedPriorities: false,
});

const answer = (status: number, change: Partial<Extract<AttemptOutcome, { kind: 'response' }>> = {}) => ({
  ...{ kind: 'response' as const, status, grpcStatus: null, isRateLimited: false },
  ...change,
});

/** Which of the outcomes a word retries, in the order given. */
const retried = (word: string, outcomes: AttemptOutcome[], codes: number[] = []) =>
  outcomes.map((outcome) => isRetriable(policy([word], codes), outcome));

describe('retryOn words and answers', () => {
  const cases: [word: string, statuses: number[], retried: number[]][] = [
    ['5xx', [404, 409, 500, 502, 503, 504, 599], [500, 502, 503, 504, 599]],
    ['gateway-error', [500, 501, 502, 503, 504, 505], [502, 503, 504]],
    ['retriable-4xx', [400, 404, 409, 429], [409]],
    ['retriable-status-codes', [429, 500, 503], []],
    ['connect-failure', [500, 503], []],
    ['reset', [500, 503], []],
    ['reset-before-request', [503], []],
    ['refused-stream', [503], []],
    // Istio's API has no field for the names of headers.
    ['retriable-headers', [500, 503], []],
    ['http3-post-connect-failure', [503], []],
  ];
  for (const [word, statuses, expected] of cases)
    test(`${word} retries ${expected.join(', ') || 'no answer'}`, () => {
      assert.deepEqual(
        statuses.filter((status) => isRetriable(policy([word]), answer(status))),
        expected,
      );
    });

  test('numbers retry answers of just those codes, and never a connection', () => {
    const outcomes = [answer(503), answer(429), answer(500), { kind: 'connect-failure' } as const];
    assert.deepEqual(retried('retriable-status-codes', outcomes, [503, 429]), [true, true, false, false]);
  });

  test('gRPC words look at the status behind 200', () => {
    const words = ['cancelled', 'deadline-exceeded', 'resource-exhausted', 'internal', 'unavailable'];
    assert.deepEqual(
      words.map((word) =>
        [1, 4, 8, 13, 14, 2].filter((grpcStatus) => isRetriable(policy([word]), answer(200, { grpcStatus }))),
      ),
      [[1], [4], [8], [13], [14]],
    );
  });

  test('what another proxy refused for its rate is retried by envoy-ratelimited alone', () => {
    const refused = answer(503, { isRateLimited: true });
    assert.deepEqual(
      ['5xx', 'gateway-error', 'envoy-ratelimited'].map((word) => isRetriable(policy([word]), refused)),
      [false, false, true],
    );
    assert.equal(isRetriable(policy(['envoy-ratelimited']), answer(429)), false);
  });
});

describe('retryOn words and connections', () => {
  const outcomes: AttemptOutcome[] = [
    { kind: 'connect-failure' },
    { kind: 'reset', isUnsent: true },
    { kind: 'reset', isUnsent: false },
    { kind: 'refused-stream' },
    { kind: 'per-try-timeout' },
    { kind: 'overflow' },
  ];
  const cases: [word: string, retried: number[]][] = [
    ['5xx', [0, 1, 2, 3, 4]],
    ['gateway-error', [0, 1, 2, 3, 4]],
    ['reset', [0, 1, 2, 3, 4]],
    ['connect-failure', [0]],
    ['reset-before-request', [0, 1]],
    ['refused-stream', [3]],
    ['retriable-4xx', []],
    ['unavailable', []],
  ];
  for (const [word, expected] of cases)
    test(`${word} retries ${expected.map((index) => outcomes[index]?.kind).join(', ') || 'none'}`, () =>
      assert.deepEqual(
        retried(word, outcomes).flatMap((isRetried, index) => (isRetried ? [index] : [])),
        expected,
      ));
});

test('the back-off is drawn from a range that grows to ten times its base', () => {
  assert.deepEqual(
    [1, 2, 3, 4, 5, 9].map((retry) => retryDelayMs(25, retry, 0.9999)),
    [24, 74, 174, 249, 249, 249],
  );
  assert.equal(retryDelayMs(25, 3, 0), 0);
});
