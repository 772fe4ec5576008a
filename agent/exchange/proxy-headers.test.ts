import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { ListenerDirection } from '../../model/listener.ts';
import type { ProxyHeadersSpec } from '../../model/node.ts';
import type { RouteActionSpec } from '../../model/route.ts';
import type { Headers } from '../codec/head.ts';
import { nodeSpec, routeSpec } from '../snapshot.fixture.ts';
import { MemoryDownstream, type MemoryUpstream, sendRequest } from './memory-codec.ts';
import { headerOf, openProxy } from './pipeline.fixture.ts';

interface Setting {
  readonly headers?: ProxyHeadersSpec;
  readonly action?: Partial<RouteActionSpec>;
  readonly answer?: (upstream: MemoryUpstream) => void;
  readonly sent?: Headers;
  readonly certificate?: string;
  readonly numTrustedProxies?: number;
}

/** What the host saw and what the caller got, with these settings of ProxyConfig.proxyHeaders. */
function pass(direction: ListenerDirection, setting: Setting) {
  const { headers, action, sent = [], certificate, numTrustedProxies = 0 } = setting;
  const answer = setting.answer ?? ((upstream) => upstream.respond(200, ['server', 'nginx']));
  const node = nodeSpec({ numTrustedProxies, ...(headers !== undefined && { headers }) });
  const { pipeline, seen } = openProxy([routeSpec(['north'], {}, action)], {
    ...{ direction, node, handler: answer },
  });
  const peer = new MemoryDownstream().peer;
  const secured = certificate === undefined ? peer : { ...peer, clientCertificate: certificate };
  const { response } = sendRequest(pipeline, { path: '/a', headers: [...sent] }, secured).downstream;
  return {
    seen: (name: string) => headerOf(seen.at(-1)?.head.headers, name),
    got: (name: string) => headerOf(response?.headers, name),
  };
}

describe('server', () => {
  const servers = (server?: string) =>
    (['outbound', 'inbound', 'gateway'] as const).map((direction) =>
      pass(direction, server === undefined ? {} : { headers: { server } }).got('server'),
    );

  test('is overwritten but at a server’s own sidecar', () => {
    assert.deepEqual(servers(), ['envoy', 'nginx', 'istio-envoy']);
  });

  test('may have another name, or stay what the host said', () => {
    assert.deepEqual(servers('shop'), ['shop', 'nginx', 'shop']);
    assert.deepEqual(servers(''), ['nginx', 'nginx', 'nginx']);
    const silent = { headers: { server: '' }, answer: (upstream: MemoryUpstream) => upstream.respond(200) };
    assert.equal(pass('gateway', silent).got('server'), undefined);
  });
});

test('x-request-id can be left to the callers', () => {
  const headers = { omitsRequestId: true } as const;
  assert.equal(pass('outbound', { headers }).seen('x-request-id'), undefined);
  assert.equal(pass('gateway', { headers, sent: ['x-request-id', 'mine'] }).seen('x-request-id'), 'mine');
  assert.equal(pass('gateway', { sent: ['x-request-id', 'mine'] }).seen('x-request-id'), 'id');
});

test('x-envoy-attempt-count can be left out', () => {
  assert.equal(pass('outbound', {}).seen('x-envoy-attempt-count'), '1');
  assert.equal(
    pass('outbound', { headers: { omitsAttemptCount: true } }).seen('x-envoy-attempt-count'),
    undefined,
  );
});

test('Envoy’s debug headers can be left out, of requests and answers', () => {
  const action = {
    timeoutMs: 1000,
    rewrite: { path: { kind: 'full', value: '/b' }, authority: 'other' },
  } as const;
  const names = ['x-envoy-expected-rq-timeout-ms', 'x-envoy-original-path', 'x-envoy-original-host'];
  const usual = pass('outbound', { action });
  assert.deepEqual(names.map(usual.seen), ['1000', '/a', 'service']);
  assert.equal(usual.got('x-envoy-upstream-service-time'), '0');
  const quiet = pass('outbound', { action, headers: { omitsDebugHeaders: true } });
  assert.deepEqual(names.map(quiet.seen), [undefined, undefined, undefined]);
  assert.equal(quiet.got('x-envoy-upstream-service-time'), undefined);
  const full = { answer: (upstream: MemoryUpstream) => upstream.fail({ kind: 'overflow' }) };
  assert.equal(pass('outbound', full).got('x-envoy-overloaded'), 'true');
  assert.equal(
    pass('outbound', { ...full, headers: { omitsDebugHeaders: true } }).got('x-envoy-overloaded'),
    undefined,
  );
});

describe('x-forwarded-client-cert', () => {
  const told = (clientCertificate: ProxyHeadersSpec['clientCertificate'], certificate?: string) =>
    pass('inbound', {
      ...{ sent: ['x-forwarded-client-cert', 'Hash=before'] },
      ...(clientCertificate !== undefined && { headers: { clientCertificate } }),
      ...(certificate !== undefined && { certificate }),
    }).seen('x-forwarded-client-cert');

  test('under mutual TLS is appended to, replaced, passed on or removed', () => {
    assert.equal(told(undefined, 'Hash=own'), 'Hash=before,Hash=own');
    assert.equal(told('APPEND_FORWARD', 'Hash=own'), 'Hash=before,Hash=own');
    assert.equal(told('SANITIZE_SET', 'Hash=own'), 'Hash=own');
    assert.equal(told('FORWARD_ONLY', 'Hash=own'), 'Hash=before');
    assert.equal(told('SANITIZE', 'Hash=own'), undefined);
  });

  test('over plaintext is removed, but for ALWAYS_FORWARD_ONLY', () => {
    for (const mode of ['APPEND_FORWARD', 'SANITIZE_SET', 'FORWARD_ONLY', 'SANITIZE'] as const)
      assert.equal(told(mode), undefined, mode);
    assert.equal(told('ALWAYS_FORWARD_ONLY'), 'Hash=before');
  });
});

test('x-forwarded-host tells the Host before a rewrite, once', () => {
  const action = { rewrite: { path: null, authority: 'other' } } as const;
  const headers = { tellsHost: true } as const;
  const host = (...sent: string[]) => pass('gateway', { action, headers, sent }).seen('x-forwarded-host');
  assert.equal(host(), 'service');
  assert.equal(host('x-forwarded-host', 'outer'), 'outer,service');
  assert.equal(host('x-forwarded-host', 'outer,service'), 'outer,service');
  assert.equal(pass('gateway', { headers }).seen('x-forwarded-host'), undefined);
});

test('x-forwarded-port tells the port of the gateway, unless a trusted proxy told it', () => {
  const headers = { tellsPort: true } as const;
  const sent = ['x-forwarded-port', '443'];
  assert.equal(pass('gateway', { headers, sent }).seen('x-forwarded-port'), '8080');
  assert.equal(pass('gateway', { headers, sent, numTrustedProxies: 1 }).seen('x-forwarded-port'), '443');
  assert.equal(pass('outbound', { headers }).seen('x-forwarded-port'), undefined);
});
