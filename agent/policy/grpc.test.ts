import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeGrpcMessage, grpcTimeoutMs, httpStatusOf, isGrpcRequest } from './grpc.ts';

test('gRPC is application/grpc with or without a format, and not gRPC-Web', () => {
  const types = ['application/grpc', 'application/grpc+proto', 'application/grpc-web', 'text/plain'];
  assert.deepEqual(
    types.map((type) => isGrpcRequest(['Content-Type', type])),
    [true, true, false, false],
  );
  assert.equal(isGrpcRequest([]), false);
});

test('a message is percent-encoded', () => {
  assert.equal(encodeGrpcMessage('fault filter abort'), 'fault filter abort');
  assert.equal(encodeGrpcMessage('50%\n\u00e9~'), '50%25%0A%E9~');
});

test("a caller's timeout is read in every unit, and rounded up", () => {
  const read = (text: string) => grpcTimeoutMs(['grpc-timeout', text]);
  assert.deepEqual(['1H', '2M', '3S', '4m', '5000u', '1n', '250m'].map(read), [
    ...[3_600_000, 120_000, 3000, 4, 5, 1, 250],
  ]);
  assert.deepEqual(['', '5', 'm', '-1S', '123456789m', '1s'].map(read), [0, 0, 0, 0, 0, 0]);
  assert.equal(grpcTimeoutMs([]), 0);
});

test('outlier detection takes an answer for its gRPC status where the head has one', () => {
  assert.equal(httpStatusOf(200, []), 200);
  assert.equal(httpStatusOf(502, []), 502);
  const statuses = ['0', '1', '4', '13', '14', '16', '99'];
  assert.deepEqual(
    statuses.map((status) => httpStatusOf(200, ['grpc-status', status])),
    [200, 499, 504, 500, 503, 401, 500],
  );
});
