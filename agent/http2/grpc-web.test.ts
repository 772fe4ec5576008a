import assert from 'node:assert/strict';
import type { IncomingHttpHeaders } from 'node:http2';
import { test } from 'node:test';
import { callHttp1, http2Backend, start, toReviews } from './http2.fixture.ts';

/** A message of gRPC around a text. */
function messageOf(text: string, flag = 0): Buffer {
  const head = Buffer.from([flag, 0, 0, 0, text.length]);
  return Buffer.concat([head, Buffer.from(text)]);
}

test('a browser’s call over HTTP/1.1 reaches a gRPC server over HTTP/2, which streams its answer', async () => {
  let seen: IncomingHttpHeaders = {};
  const asked: Buffer[] = [];
  const upstream = await http2Backend((stream, headers) => {
    seen = headers;
    stream.on('data', (chunk: Buffer) => asked.push(chunk));
    stream.on('end', () => {
      stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
      stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': '0', 'grpc-message': 'fine' }));
      stream.write(messageOf('one'));
      stream.end(messageOf('two'));
    });
  });
  const { resources } = toReviews(upstream.port, 'http2');
  const routes = resources.route.get('9080') ?? assert.fail('no routes');
  const route = new Map([['9080', { ...routes, isGrpcWeb: true as const }]]);
  const { port } = await start({ resources: { ...resources, route } });
  const headers = { 'content-type': 'application/grpc-web-text', accept: 'application/grpc-web-text' };
  const body = messageOf('hello').toString('base64');
  const answer = await callHttp1(port, { method: 'POST', path: '/echo.Echo/Say', headers }, body);
  assert.equal(answer.status, 200);
  assert.equal(answer.headers['content-type'], 'application/grpc-web-text+proto');
  assert.equal(seen['content-type'], 'application/grpc');
  assert.equal(seen.te, 'trailers');
  assert.deepEqual(Buffer.concat(asked), messageOf('hello'));
  // Each piece is base64 of its own, with its own padding.
  const pieces = answer.body.match(/[^=]+={0,2}/g) ?? [];
  const text = Buffer.concat(pieces.map((piece) => Buffer.from(piece, 'base64'))).toString('latin1');
  assert.equal(
    text,
    Buffer.concat([
      messageOf('one'),
      messageOf('two'),
      messageOf('grpc-status:0\r\ngrpc-message:fine\r\n', 0x80),
    ]).toString('latin1'),
  );
});
