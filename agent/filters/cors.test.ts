import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CorsSpec } from '../../model/route.ts';
import { sendRequest } from '../exchange/memory-codec.ts';
import { headerOf, openProxy } from '../exchange/pipeline.fixture.ts';
import { routeSpec } from '../snapshot.fixture.ts';

const ORIGIN = 'http://a.example';
const cors: CorsSpec = {
  allowOrigins: [{ kind: 'exact', value: ORIGIN }],
  allowMethods: 'GET,POST',
  allowHeaders: 'X-One,content-type',
  exposeHeaders: 'X-Seen',
  maxAge: '86400',
  allowCredentials: true,
  forwardUnmatchedPreflights: true,
};

const preflight = (origin = ORIGIN) => ({
  method: 'OPTIONS',
  headers: ['origin', origin, 'access-control-request-method', 'PUT'],
});

const open = (change: Partial<CorsSpec> = {}) =>
  openProxy([routeSpec(['north'], { cors: { ...cors, ...change } })]);

/** The CORS headers of an answer, without their common prefix. */
function corsHeaders(headers: readonly string[] | undefined): Record<string, string> {
  const found: Record<string, string> = {};
  for (let at = 0; at < (headers?.length ?? 0); at += 2) {
    const name = headers?.[at] ?? '';
    if (name.startsWith('access-control-')) found[name.slice(15)] = headers?.[at + 1] ?? '';
  }
  return found;
}

describe('a preflight', () => {
  test('of an allowed origin is answered by the proxy, whatever method it asks for', () => {
    const { pipeline, seen, records } = open();
    const { response } = sendRequest(pipeline, preflight()).downstream;
    assert.equal(response?.status, 200);
    assert.equal(response?.body, '');
    assert.deepEqual(corsHeaders(response?.headers), {
      'allow-origin': ORIGIN,
      'allow-credentials': 'true',
      'allow-methods': 'GET,POST',
      'allow-headers': 'X-One,content-type',
      'expose-headers': 'X-Seen',
      'max-age': '86400',
    });
    assert.equal(seen.length, 0);
    assert.deepEqual([records[0]?.details, records[0]?.flags], ['cors_response', '']);
  });

  test('gets no header operations of the route', () => {
    const responseHeaders = { remove: [], set: [['x-mark', '1'] as const], add: [] };
    const { pipeline } = openProxy([routeSpec(['north'], { cors, responseHeaders })]);
    assert.equal(
      headerOf(sendRequest(pipeline, preflight()).downstream.response?.headers, 'x-mark'),
      undefined,
    );
    const { response } = sendRequest(pipeline, { headers: ['origin', ORIGIN] }).downstream;
    assert.equal(headerOf(response?.headers, 'x-mark'), '1');
  });

  test('of a foreign origin goes to the host, or with IGNORE is answered without an origin', () => {
    const forwarding = open();
    sendRequest(forwarding.pipeline, preflight('http://b.example'));
    assert.equal(forwarding.seen.length, 1);
    const ignoring = open({ forwardUnmatchedPreflights: false });
    const { response } = sendRequest(ignoring.pipeline, preflight('http://b.example')).downstream;
    assert.equal(ignoring.seen.length, 0);
    assert.equal(response?.status, 200);
    assert.equal(headerOf(response?.headers, 'access-control-allow-origin'), undefined);
    assert.equal(headerOf(response?.headers, 'access-control-expose-headers'), undefined);
  });

  test('is told what it asked where a list is *', () => {
    const { pipeline } = open({ allowMethods: '*', allowHeaders: '*' });
    const asked = [...preflight().headers, 'access-control-request-headers', 'x-one,x-two'];
    const { response } = sendRequest(pipeline, { method: 'OPTIONS', headers: asked }).downstream;
    assert.equal(headerOf(response?.headers, 'access-control-allow-methods'), 'PUT');
    assert.equal(headerOf(response?.headers, 'access-control-allow-headers'), 'x-one,x-two');
    const silent = sendRequest(pipeline, preflight()).downstream.response;
    assert.equal(headerOf(silent?.headers, 'access-control-allow-headers'), '');
  });

  test('without Access-Control-Request-Method or Origin is no preflight', () => {
    const { pipeline, seen } = open();
    sendRequest(pipeline, { method: 'OPTIONS', headers: ['origin', ORIGIN] });
    sendRequest(pipeline, { method: 'OPTIONS', headers: ['access-control-request-method', 'GET'] });
    sendRequest(pipeline, { headers: preflight().headers });
    assert.equal(seen.length, 3);
  });
});

describe('a request', () => {
  test('of an allowed origin is served, and its answer says so over what the host said', () => {
    const { pipeline } = openProxy([routeSpec(['north'], { cors })], {
      handler: (upstream) => upstream.respond(500, ['access-control-allow-origin', '*']),
    });
    const { response } = sendRequest(pipeline, { headers: ['origin', ORIGIN] }).downstream;
    assert.equal(response?.status, 500);
    assert.deepEqual(corsHeaders(response?.headers), {
      'allow-origin': ORIGIN,
      'allow-credentials': 'true',
      'expose-headers': 'X-Seen',
    });
  });

  test('of a foreign origin is served without CORS headers', () => {
    const { pipeline } = open();
    const { response } = sendRequest(pipeline, { headers: ['origin', 'http://b.example'] }).downstream;
    assert.equal(response?.status, 200);
    assert.deepEqual(corsHeaders(response?.headers), {});
  });

  test('that a fault ends gets no CORS headers, since faults come first', () => {
    const fault = { delay: null, abort: { status: 503, grpcStatus: null, perMillion: 1_000_000 } };
    const { pipeline } = openProxy([routeSpec(['north'], { cors, fault })]);
    const { response } = sendRequest(pipeline, preflight()).downstream;
    assert.equal(response?.status, 503);
    assert.deepEqual(corsHeaders(response?.headers), {});
  });

  test('that runs into the timeout has them', () => {
    const { pipeline, clock } = openProxy([routeSpec(['north'], { cors }, { timeoutMs: 100 })], {
      handler: () => {},
    });
    const { downstream } = sendRequest(pipeline, { headers: ['origin', ORIGIN] });
    clock.advance(100);
    assert.equal(headerOf(downstream.response?.headers, 'access-control-allow-origin'), ORIGIN);
  });
});

describe('origins', () => {
  const answer = (origin: string, allowOrigins: CorsSpec['allowOrigins']) =>
    headerOf(
      sendRequest(open({ allowOrigins }).pipeline, { headers: ['origin', origin] }).downstream.response
        ?.headers,
      'access-control-allow-origin',
    );

  test('match exactly, by prefix, and by a regex that takes the whole value', () => {
    assert.equal(answer('http://A.example', [{ kind: 'exact', value: ORIGIN }]), undefined);
    assert.equal(answer('https://dev-7', [{ kind: 'prefix', value: 'https://dev-' }]), 'https://dev-7');
    const regex = [{ kind: 'regex' as const, value: 'https://[a-z]+\\.quay\\.example' }];
    assert.equal(answer('https://www.quay.example', regex), 'https://www.quay.example');
    assert.equal(answer('https://www.quay.example.evil', regex), undefined);
  });

  test('* means any, and is answered with the origin itself', () => {
    for (const any of [{ kind: 'exact', value: '*' } as const, { kind: 'present' } as const])
      assert.equal(answer('http://c.example', [any]), 'http://c.example');
  });

  test('none allowed means none, even for preflights', () => {
    const { pipeline, seen } = open({ allowOrigins: [] });
    sendRequest(pipeline, preflight());
    assert.equal(seen.length, 1);
  });
});
