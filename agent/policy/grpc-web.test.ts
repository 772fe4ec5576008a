import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Base64Reader, grpcWebCallOf, trailersFrame } from './grpc-web.ts';

test('gRPC-Web is told by its content type, the form of the answer by what the caller accepts', () => {
  const call = (type: string, accept = '') => grpcWebCallOf(['Content-Type', type, 'accept', accept]);
  assert.deepEqual(call('application/grpc-web+proto'), { isTextRequest: false, isTextResponse: false });
  assert.deepEqual(call('application/grpc-web-text', 'application/grpc-web-text'), {
    isTextRequest: true,
    isTextResponse: true,
  });
  for (const other of ['application/grpc', 'application/grpc+proto', 'application/json', ''])
    assert.equal(call(other), null);
});

test('trailers become a message of their own, marked by its first bit', () => {
  const frame = trailersFrame(['Grpc-Status', '0', 'grpc-message', 'ok']);
  assert.equal(frame.toString('latin1', 5), 'grpc-status:0\r\ngrpc-message:ok\r\n');
  assert.deepEqual([...frame.subarray(0, 5)], [0x80, 0, 0, 0, 32]);
});

test('base64 may be cut anywhere', () => {
  const text = Buffer.from('hello, world').toString('base64');
  for (const size of [1, 3, 4, 7]) {
    const reader = new Base64Reader();
    let read = '';
    for (let at = 0; at < text.length; at += size)
      read += reader.read(Buffer.from(text.slice(at, at + size)))?.toString();
    assert.equal(read, 'hello, world');
    assert.ok(reader.isWhole);
  }
});

test('what is no base64 is told, and so is what ends too early', () => {
  assert.equal(new Base64Reader().read(Buffer.from('a.b=')), null);
  assert.equal(new Base64Reader().read(Buffer.from('=aaa')), null);
  const reader = new Base64Reader();
  reader.read(Buffer.from('abcde'));
  assert.equal(reader.isWhole, false);
});
