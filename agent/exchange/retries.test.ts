import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RetrySpec } from '../../model/route.ts';
import { clusterSpec, DEFAULT_RETRY, endpointSpec, routeSpec } from '../snapshot.fixture.ts';
import { sendRequest } from './memory-codec.ts';
import { headerOf, openProxy } from './pipeline.fixture.ts';

const retry = (change: Partial<RetrySpec>): RetrySpec => ({ ...DEFAULT_RETRY, retryOn: ['5xx'], ...change });
const silent = () => {};

describe('a per-try timeout', () => {
  const open = (change: Partial<RetrySpec> = {}, timeoutMs = 0) =>
    openProxy(
      [
        routeSpec(
          ['north'],
          {},
          { timeoutMs, retry: retry({ perTryTimeoutMs: 200, backoffMs: 1, ...change }) },
        ),
      ],
      { handler: silent },
    );

  test('gives one attempt up and makes the next, as often as the policy says', () => {
    const { pipeline, clock, seen, records } = open();
    const { downstream } = sendRequest(pipeline, {});
    clock.advance(199);
    assert.deepEqual([seen.length, seen[0]?.isCancelled], [1, false]);
    clock.advance(1);
    assert.deepEqual([seen.length, seen[0]?.isCancelled], [2, true]);
    clock.advance(1000);
    assert.equal(seen.length, 3);
    assert.equal(downstream.response?.body, 'upstream request timeout');
    assert.deepEqual([records[0]?.flags, records[0]?.details], ['URX,UT', 'upstream_per_try_timeout']);
  });

  test('ends the request where the policy does not retry it', () => {
    const { pipeline, clock, records } = open({ retryOn: ['connect-failure'] });
    sendRequest(pipeline, {});
    clock.advance(200);
    assert.deepEqual([records[0]?.flags, records[0]?.attempts], ['UT', 1]);
  });

  test('runs from when the host has the whole request', () => {
    const { pipeline, clock, seen } = open();
    const { exchange } = sendRequest(pipeline, { method: 'POST', body: 'a', isOpen: true });
    clock.advance(1000);
    assert.equal(seen.length, 0);
    exchange.onRequestEnd(null);
    clock.advance(199);
    assert.equal(seen.length, 1);
    clock.advance(1);
    assert.deepEqual([seen.length, seen[0]?.isCancelled], [2, true]);
  });

  test('does not outlive the timeout of the route', () => {
    const { pipeline, clock, records } = open({ attempts: 5 }, 500);
    sendRequest(pipeline, {});
    clock.advance(500);
    assert.deepEqual(
      [records[0]?.flags, records[0]?.details, records[0]?.attempts],
      ['UT', 'response_timeout', 3],
    );
  });
});

describe('a retry', () => {
  test('tells its host what is left of the timeout', () => {
    const { pipeline, clock, seen } = openProxy(
      [routeSpec(['north'], {}, { timeoutMs: 1000, retry: retry({ backoffMs: 100 }) })],
      { handler: silent, random: () => 0.5 },
    );
    sendRequest(pipeline, {});
    clock.advance(300);
    seen[0]?.respond(503);
    clock.advance(100);
    assert.deepEqual(
      seen.map(({ head }) => headerOf(head.headers, 'x-envoy-expected-rq-timeout-ms')),
      ['1000', '650'],
    );
  });

  test('that is used up flags URX and passes the last answer on', () => {
    const { pipeline, clock, records } = openProxy(
      [routeSpec(['north'], {}, { retry: retry({ attempts: 1 }) })],
      {
        handler: (upstream) => upstream.respond(503, ['x-last', '1'], 'no'),
      },
    );
    const { downstream } = sendRequest(pipeline, {});
    clock.advance(100);
    assert.deepEqual([downstream.response?.status, downstream.response?.body], [503, 'no']);
    assert.deepEqual(
      [records[0]?.flags, records[0]?.details, records[0]?.attempts],
      ['URX', 'via_upstream', 2],
    );
  });

  test('does not happen where retries are off', () => {
    const { pipeline, seen, records } = openProxy([routeSpec(['north'], {}, { retry: null })], {
      handler: (upstream) => upstream.respond(503),
    });
    sendRequest(pipeline, {});
    assert.deepEqual([seen.length, records[0]?.flags], [1, '']);
  });

  test('of what a rate limit refused happens by its own word alone', () => {
    for (const [word, attempts] of [
      ['5xx', 1],
      ['envoy-ratelimited', 3],
    ] as const) {
      const { pipeline, clock, seen } = openProxy(
        [routeSpec(['north'], {}, { retry: retry({ retryOn: [word] }) })],
        {
          handler: (upstream) => upstream.respond(503, ['x-envoy-ratelimited', 'true']),
        },
      );
      sendRequest(pipeline, {});
      clock.advance(1000);
      assert.equal(seen.length, attempts);
    }
  });

  test('of a gRPC call looks at the status behind 200', () => {
    const { pipeline, clock, seen } = openProxy([routeSpec(['north'])], {
      handler: (upstream) => upstream.respond(200, ['grpc-status', '14']),
    });
    sendRequest(pipeline, {});
    clock.advance(1000);
    assert.equal(seen.length, 3);
  });

  test('does not happen after a body of more than 1 MiB', () => {
    const { pipeline, clock, seen } = openProxy([routeSpec(['north'], {}, { retry: retry({}) })], {
      handler: (upstream) => upstream.respond(503),
    });
    sendRequest(pipeline, { method: 'POST', body: 'x'.repeat(1024 * 1024 + 1) });
    clock.advance(1000);
    assert.equal(seen.length, 1);
  });
});

describe('the timeout of a gRPC call', () => {
  const open = (timeoutMs: number, grpcTimeout: string) => {
    const proxy = openProxy([routeSpec(['north'], {}, { timeoutMs })], { handler: silent });
    const headers = ['content-type', 'application/grpc', 'grpc-timeout', grpcTimeout];
    const { downstream } = sendRequest(proxy.pipeline, { method: 'POST', version: 'HTTP/2', headers });
    return { ...proxy, downstream };
  };

  test("is the caller's, at most the route's, and told to the host", () => {
    for (const [timeoutMs, asked, expected] of [
      [0, '300m', 300],
      [200, '300m', 200],
      [500, '300m', 300],
    ] as const) {
      const { clock, downstream, seen } = open(timeoutMs, asked);
      assert.equal(headerOf(seen[0]?.head.headers, 'grpc-timeout'), `${expected}m`);
      clock.advance(expected - 1);
      assert.equal(downstream.isEnded, false);
      clock.advance(1);
      assert.equal(headerOf(downstream.response?.headers, 'grpc-status'), '14');
    }
  });

  test('is none where neither says one', () => {
    const { clock, downstream } = open(0, '');
    clock.advance(1_000_000);
    assert.equal(downstream.isEnded, false);
  });
});

describe('retryRemoteLocalities', () => {
  const reached = (leavesTriedPriorities: boolean) => {
    const hosts = [endpointSpec(1), endpointSpec(2, { priority: 1 })];
    const routes = [routeSpec(['north'], {}, { retry: retry({ attempts: 3, leavesTriedPriorities }) })];
    const { pipeline, clock, records } = openProxy(routes, {
      clusters: [[clusterSpec('north'), hosts]],
      handler: (upstream) => upstream.respond(503),
    });
    sendRequest(pipeline, {});
    clock.advance(10_000);
    return records[0]?.upstream;
  };

  test('goes to the next locality after two attempts in one', () => {
    assert.equal(reached(false), '127.0.0.1:1');
    assert.equal(reached(true), '127.0.0.1:2');
  });
});

test('what a limit of the host’s own proxy refused is an answer like any other, and tried again', () => {
  const { pipeline, clock, seen } = openProxy(
    [routeSpec(['north'], {}, { retry: retry({ backoffMs: 1 }) })],
    {
      handler: (upstream) => {
        if (seen.length === 1) upstream.respond(503, ['x-envoy-overloaded', 'true']);
        else upstream.respond(200);
      },
    },
  );
  const { downstream } = sendRequest(pipeline, {});
  clock.advance(1);
  assert.deepEqual([seen.length, downstream.response?.status], [2, 200]);
});

test('a limit of our own is final', () => {
  const { pipeline, clock, seen } = openProxy(
    [routeSpec(['north'], {}, { retry: retry({ backoffMs: 1 }) })],
    {
      handler: (upstream) => upstream.fail({ kind: 'overflow' }),
    },
  );
  const { downstream } = sendRequest(pipeline, {});
  clock.advance(100);
  assert.deepEqual([seen.length, downstream.response?.status], [1, 503]);
});
