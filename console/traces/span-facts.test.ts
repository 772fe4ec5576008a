import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SpanView } from '../../model/console.ts';
import { factsOf } from './span-facts.ts';

const facts = (tags: Record<string, string>) => factsOf({ tags } as unknown as SpanView);

test('the container, the request and how it went are read from the tags of a proxy', () => {
  const { workload, request, outcome, flags, others, requestId } = facts({
    node_id: 'sidecar~shop-reviews-v1-1.default',
    'guid:x-request-id': 'abc',
    'http.method': 'GET',
    'http.url': 'http://reviews:9080/reviews/1',
    'http.status_code': '503',
    response_flags: 'UO,URX',
    downstream_cluster: '-',
    'http.protocol': 'HTTP/1.1',
  });
  assert.deepEqual([workload, requestId], ['shop-reviews-v1-1', 'abc']);
  assert.equal(request, 'GET http://reviews:9080/reviews/1');
  assert.equal(outcome, '503 UO URX');
  assert.deepEqual(flags, ['UO: the circuit breaker is open', 'URX: no retry is left']);
  assert.deepEqual(others, [['http.protocol', 'HTTP/1.1']]);
});

test('a span of an application has its own tags, and says nothing of proxies', () => {
  const { workload, request, outcome, others } = facts({ 'db.system': 'mysql' });
  assert.deepEqual([workload, request, outcome], ['', '', '']);
  assert.deepEqual(others, [['db.system', 'mysql']]);
});

test('a request without an answer, and one of gRPC', () => {
  assert.equal(facts({ 'http.status_code': '0', response_flags: 'DC' }).outcome, 'no answer DC');
  assert.equal(facts({ 'http.status_code': '200', 'grpc.status_code': '14' }).outcome, '200 gRPC 14');
});
