import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { RouteSpec } from '../../model/route.ts';
import { routeSpec } from '../snapshot.fixture.ts';
import { sendRequest } from './memory-codec.ts';
import { headerOf, type MemoryProxyOptions, openProxy } from './pipeline.fixture.ts';

/** Status, `grpc-status`, `grpc-message` and body of what a gRPC caller gets. */
function ask(routes: readonly RouteSpec[], options: MemoryProxyOptions = {}) {
  const { pipeline, clock, records } = openProxy(routes, options);
  const headers = ['content-type', 'application/grpc'];
  const { downstream } = sendRequest(pipeline, { method: 'POST', headers });
  clock.advance(10_000);
  const { response } = downstream;
  return {
    answer: [
      response?.status,
      headerOf(response?.headers, 'grpc-status'),
      headerOf(response?.headers, 'grpc-message'),
      response?.body,
    ],
    type: headerOf(response?.headers, 'content-type'),
    record: records[0],
  };
}

test('a gRPC caller is told of a failure in the words of gRPC', () => {
  const { answer, type, record } = ask([routeSpec(['north'])], { handler: null });
  const reason =
    'upstream connect error or disconnect/reset before headers. retried and the latest reset reason';
  assert.deepEqual(answer, [200, '14', `${reason}: remote connection failure`, '']);
  assert.equal(type, 'application/grpc');
  assert.deepEqual([record?.status, record?.flags], [200, 'URX,UF']);
});

test('no route is UNIMPLEMENTED, a timeout UNAVAILABLE', () => {
  assert.deepEqual(ask([]).answer, [200, '12', undefined, '']);
  const slow = ask([routeSpec(['north'], {}, { timeoutMs: 100 })], { handler: () => {} });
  assert.deepEqual(slow.answer, [200, '14', 'upstream request timeout', '']);
});

test('an abort by HTTP status is told as what that means, one by gRPC status as it is', () => {
  const abort = (status: number, grpcStatus: number | null) =>
    ask([
      routeSpec(['north'], { fault: { delay: null, abort: { status, grpcStatus, perMillion: 1_000_000 } } }),
    ]).answer;
  assert.deepEqual(abort(403, null), [200, '7', 'fault filter abort', '']);
  assert.deepEqual(abort(418, null), [200, '2', 'fault filter abort', '']);
  assert.deepEqual(abort(200, 5), [200, '5', 'fault filter abort', '']);
});

test("a host's own answer is left alone", () => {
  const { answer } = ask([routeSpec(['north'])], { handler: (upstream) => upstream.respond(503, [], 'no') });
  assert.deepEqual(answer, [503, undefined, undefined, 'no']);
});
