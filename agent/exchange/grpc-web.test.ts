import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Headers } from '../codec/head.ts';
import { routeSpec } from '../snapshot.fixture.ts';
import { type MemoryUpstream, sendRequest } from './memory-codec.ts';
import { headerOf, openProxy } from './pipeline.fixture.ts';

const MESSAGE = '\0\0\0\0\x02hi';
const TEXT = Buffer.from(MESSAGE).toString('base64');
const TRAILERS = '\x80\0\0\0\x0fgrpc-status:0\r\n';

/** A port of protocol GRPC-Web. */
function open(answer: (upstream: MemoryUpstream) => void, isGrpcWeb = true) {
  const proxy = openProxy([routeSpec(['north'])], { handler: answer, direction: 'gateway' });
  const pipeline = { ...proxy.pipeline, routes: { ...proxy.pipeline.routes, isGrpcWeb } };
  return {
    ...proxy,
    send: (body: string, headers: Headers, path = '/echo.Echo/Say') =>
      sendRequest(pipeline, { method: 'POST', path, body, headers }).downstream,
  };
}

const sayHello = (upstream: MemoryUpstream) =>
  upstream.respond(200, ['content-type', 'application/grpc'], MESSAGE, ['grpc-status', '0']);

const ofBrowser = (type: string): Headers => ['content-type', type, 'accept', type];

describe('a call of gRPC-Web', () => {
  test('reaches the server as gRPC, and its trailers come back in the body', () => {
    const { send, seen, records } = open(sayHello);
    const { response } = send(MESSAGE, ofBrowser('application/grpc-web+proto'));
    assert.equal(headerOf(seen[0]?.head.headers, 'content-type'), 'application/grpc');
    assert.equal(headerOf(seen[0]?.head.headers, 'te'), 'trailers');
    assert.equal(seen[0]?.body, MESSAGE);
    assert.equal(headerOf(response?.headers, 'content-type'), 'application/grpc-web+proto');
    assert.equal(
      Buffer.from(response?.body ?? '').toString(),
      Buffer.from(MESSAGE + TRAILERS, 'latin1').toString(),
    );
    assert.equal(response?.trailers, null);
    assert.equal(records[0]?.grpcStatus, '0');
  });

  test('in text is base64 both ways', () => {
    const { send, seen } = open(sayHello);
    const { response } = send(TEXT, ofBrowser('application/grpc-web-text'));
    assert.equal(seen[0]?.body, MESSAGE);
    assert.equal(headerOf(response?.headers, 'content-type'), 'application/grpc-web-text+proto');
    assert.equal(response?.body, TEXT + Buffer.from(TRAILERS, 'latin1').toString('base64'));
  });

  test('that the proxy answers itself gets gRPC’s status', () => {
    const { send } = open((upstream) => upstream.fail({ kind: 'reset', reason: '', isUnprocessed: false }));
    const { response } = send(MESSAGE, ofBrowser('application/grpc-web'));
    assert.equal(response?.status, 200);
    assert.equal(headerOf(response?.headers, 'grpc-status'), '14');
    assert.equal(headerOf(response?.headers, 'content-type'), 'application/grpc-web+proto');
  });

  test('that is no base64 is refused', () => {
    for (const body of ['not*', 'abcdefg']) {
      const { send, records } = open(sayHello);
      const { response } = send(body, ofBrowser('application/grpc-web-text'));
      assert.equal(headerOf(response?.headers, 'grpc-status'), '13', body);
      assert.match(records[0]?.details ?? '', /^grpc_base_64_decode_failed/);
    }
  });
});

test('gRPC passes such a port as it is, and so does any other answer', () => {
  const { send } = open(sayHello);
  const { response } = send(MESSAGE, ['content-type', 'application/grpc']);
  assert.deepEqual([response?.body, response?.trailers], [MESSAGE, ['grpc-status', '0']]);
  const other = open((upstream) => upstream.respond(404, ['content-type', 'text/html'], 'no'));
  const answer = other.send(MESSAGE, ofBrowser('application/grpc-web')).response;
  assert.deepEqual([answer?.status, headerOf(answer?.headers, 'content-type')], [404, 'text/html']);
});

test('a port that is not declared so passes gRPC-Web on to a server that knows it', () => {
  const { send, seen } = open(sayHello, false);
  send(MESSAGE, ofBrowser('application/grpc-web'));
  assert.equal(headerOf(seen[0]?.head.headers, 'content-type'), 'application/grpc-web');
});
