import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GrpcMessageCounter } from './grpc-messages.ts';

function message(size: number): Buffer {
  const bytes = Buffer.alloc(5 + size, 1);
  bytes.writeUInt32BE(size, 1);
  return bytes;
}

test('messages are counted however they are cut, empty ones too', () => {
  const bytes = Buffer.concat([message(3), message(0), message(300), message(70_000)]);
  for (const size of [1, 2, 3, 5, 7, 1000, bytes.length]) {
    const counter = new GrpcMessageCounter();
    for (let at = 0; at < bytes.length; at += size) counter.push(bytes.subarray(at, at + size));
    assert.equal(counter.count, 4, `pieces of ${size}`);
  }
});

test('a message counts from its beginning, half a prefix does not', () => {
  const counter = new GrpcMessageCounter();
  counter.push(message(10).subarray(0, 4));
  assert.equal(counter.count, 0);
  counter.push(message(10).subarray(4, 6));
  assert.equal(counter.count, 1);
});
