import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AuthorizationSpec } from '../../model/authorization.ts';
import type { RouteSpec } from '../../model/route.ts';
import type { Span } from '../../model/span.ts';
import type { TracingSpec } from '../../model/telemetry.ts';
import { type MemoryUpstream, sendRequest } from '../exchange/memory-codec.ts';
import { type MemoryProxyOptions, openProxy } from '../exchange/pipeline.fixture.ts';
import { getHeader } from '../policy/headers.ts';
import { DEFAULT_RETRY, nodeSpec, routeSpec } from '../snapshot.fixture.ts';
import { InFlight } from './in-flight.ts';
import { Tracer } from './tracer.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const CALLER = 'b7ad6b7169203331';
const ID = '00000063-1234-4abc-8def-0123456789ab';

const spec = (change: Partial<TracingSpec> = {}): TracingSpec => ({
  ...{ exporter: { kind: 'controller' }, samplingPercentage: 100, isReporting: true, usesRequestId: true },
  ...{ isPropagating: true, headers: 'both', tags: {}, hasIstioTags: true, service: 'shop.default' },
  ...{ maxTagLength: 256, ...change },
});

/** A proxy whose spans are kept here; all proxies of a test share what is in flight. */
function traced(
  change: Partial<TracingSpec> = {},
  options: MemoryProxyOptions = {},
  inFlight = new InFlight(),
  route = routeSpec(['north']),
) {
  const spans: Span[] = [];
  let made = 0;
  const proxy = openProxy([route], {
    requestId: ID,
    tracerFor: (side, node) =>
      new Tracer(spec(change), side, node, {
        ...{ random: () => 0.5, inFlight },
        randomHex: (bytes) => (++made).toString(16).padStart(bytes * 2, '0'),
        report: (span) => spans.push(span),
      }),
    ...options,
  });
  return {
    ...{ spans, proxy },
    send: (headers: string[] = []) => sendRequest(proxy.pipeline, { headers }).downstream,
    /** What the host was told. */
    told: (name: string) => getHeader(proxy.seen.at(-1)?.head.headers ?? [], name),
  };
}

const traceparent = (flags: string) => ['traceparent', `00-${TRACE}-${CALLER}-${flags}`];

describe('a request that begins a trace', () => {
  it('says what dry runs of policies would have said of it', () => {
    const policy = (action: 'ALLOW' | 'DENY', name: string, path: string): AuthorizationSpec => {
      const to = [[{ attribute: 'request.path' as const, key: [], values: [path], notValues: [] }]];
      return {
        ...{ name: `foo/${name}`, action, isDryRun: true, provider: null },
        rules: [{ to, from: [], when: [] }],
      };
    };
    const authorization = [policy('DENY', 'no', '/'), policy('ALLOW', 'yes', '/else')];
    const { spans, send } = traced({}, { direction: 'inbound', policies: { authorization } });
    send();
    const tags = Object.entries(spans[0]?.tags ?? {}).filter(([name]) => name.includes('dry_run'));
    assert.deepEqual(tags, [
      ['istio.authorization.dry_run.deny_policy.name', 'ns[foo]-policy[no]-rule[0]'],
      ['istio.authorization.dry_run.deny_policy.result', 'denied'],
      ['istio.authorization.dry_run.allow_policy.result', 'denied'],
    ]);
  });

  it('has a span, and tells the host of it in B3 and W3C', () => {
    const { spans, send, told } = traced();
    send(['user-agent', 'curl']);
    const [span = assert.fail('no span')] = spans;
    const { traceId, spanId } = span;
    assert.equal(told('traceparent'), `00-${traceId}-${spanId}-01`);
    assert.deepEqual(
      [told('x-b3-traceid'), told('x-b3-spanid'), told('x-b3-parentspanid'), told('x-b3-sampled')],
      [traceId, spanId, undefined, '1'],
    );
    assert.partialDeepStrictEqual(span, {
      parentId: '',
      kind: 'CLIENT',
      service: 'shop.default',
      isError: false,
    });
    assert.partialDeepStrictEqual(span.tags, {
      component: 'proxy',
      'http.method': 'GET',
      'http.status_code': '200',
      'istio.canonical_service': 'client',
      response_flags: '-',
      upstream_cluster: 'north',
      user_agent: 'curl',
    });
  });

  it('tells the rule that routed it, its tries and faults, and why the proxy answered itself', () => {
    const rule = 'VirtualService/default/shop#http[1]';
    const retry = { ...DEFAULT_RETRY, retryOn: ['5xx'], backoffMs: 1 };
    const tagsOf = (change: Partial<RouteSpec>) => {
      const { spans, send, proxy } = traced(
        {},
        { handler: (host) => host.respond(503) },
        undefined,
        routeSpec(['north'], { rule, ...change }, { retry }),
      );
      send();
      proxy.clock.advance(1000);
      const { tags } = spans[0] ?? assert.fail('no span');
      const names = ['lateen.rule', 'retry.count', 'response_flags', 'response_code_details'];
      return names.map((name) => tags[name]);
    };
    assert.deepEqual(tagsOf({}), [rule, '2', 'URX', undefined]);
    const abort = { status: 418, grpcStatus: null, perMillion: 1_000_000 };
    const fault = { delay: null, abort };
    assert.deepEqual(tagsOf({ fault, rule: '' }), [undefined, undefined, 'FI', 'fault_filter_abort']);
  });

  it('is called on both sides what the caller calls it', () => {
    const route = routeSpec(['north'], { decorator: 'shop.default.svc.cluster.local:80/*' });
    const name = (direction: 'inbound' | 'outbound', headers: string[] = []) => {
      const { spans, send } = traced({}, { direction }, undefined, route);
      send(headers);
      return spans[0]?.name;
    };
    const told = ['x-envoy-decorator-operation', 'shop:80/*'];
    assert.equal(name('inbound'), 'shop.default.svc.cluster.local:80/*');
    assert.equal(name('inbound', told), 'shop:80/*');
    assert.equal(name('outbound', told), 'shop.default.svc.cluster.local:80/*');
  });

  it('carries the decision in its id', () => {
    const { told, send, spans } = traced();
    send();
    assert.equal(told('x-request-id'), '00000063-1234-9abc-8def-0123456789ab');
    assert.equal(spans[0]?.tags['guid:x-request-id'], '00000063-1234-9abc-8def-0123456789ab');
    const ownDice = traced({ usesRequestId: false });
    ownDice.send();
    assert.equal(ownDice.told('x-request-id'), ID);
  });

  it('is not traced outside of the sample, and nothing tells of it', () => {
    const { spans, send, told } = traced({ samplingPercentage: 0.5 });
    send();
    assert.deepEqual(spans, []);
    assert.deepEqual(
      [told('traceparent'), told('x-b3-sampled'), told('x-request-id')],
      [undefined, undefined, ID],
    );
  });

  it('is traced all the same where somebody inside the mesh wants it, or its id says so', () => {
    const { spans, send } = traced({ samplingPercentage: 0 });
    send(['x-envoy-force-trace', 'true']);
    send(['x-client-trace-id', 'mine']);
    send(['x-request-id', '00000063-1234-9abc-8def-0123456789ab']);
    assert.equal(spans.length, 3);
    const gateway = traced(
      { samplingPercentage: 0 },
      { direction: 'gateway', node: nodeSpec({ kind: 'gateway' }) },
    );
    gateway.send(['x-envoy-force-trace', 'true']);
    assert.deepEqual(gateway.spans, []);
  });
});

describe('a request that continues a trace', () => {
  it('has a span below that of its caller, whatever the sample', () => {
    const { spans, send, told } = traced({ samplingPercentage: 0 });
    send(traceparent('01'));
    assert.partialDeepStrictEqual(spans, [{ traceId: TRACE, parentId: CALLER }]);
    assert.equal(told('traceparent'), `00-${TRACE}-${spans[0]?.spanId}-01`);
  });

  it('is not traced where its caller decided against it, and the host hears the same', () => {
    const { spans, send, told } = traced();
    send(traceparent('00'));
    assert.deepEqual(spans, []);
    assert.equal(told('traceparent'), `00-${TRACE}-${CALLER}-00`);
  });

  it('stays silent with disableSpanReporting, and passes the headers on', () => {
    const { spans, send, told } = traced({ isReporting: false });
    send(traceparent('01'));
    assert.deepEqual(spans, []);
    assert.equal(told('traceparent'), `00-${TRACE}-${CALLER}-01`);
  });

  it('changes no header with disableContextPropagation', () => {
    const { spans, send, told } = traced({ isPropagating: false });
    send(traceparent('01'));
    assert.equal(spans.length, 1);
    assert.equal(told('traceparent'), `00-${TRACE}-${CALLER}-01`);
  });
});

describe('a span', () => {
  it('has the tags of the user, shortened', () => {
    const { spans, send } = traced({
      maxTagLength: 5,
      tags: {
        team: { format: 'blue', otherwise: '' },
        user: { format: '%REQ(X-User)%', otherwise: 'nobody' },
        agent: { format: '%REQ(user-agent)%', otherwise: 'none' },
        absent: { format: '%REQ(x-absent)%', otherwise: '' },
      },
    });
    send(['user-agent', 'a long one']);
    assert.partialDeepStrictEqual(spans[0]?.tags, { team: 'blue', user: 'nobod', agent: 'a lon' });
    assert.equal('absent' in (spans[0]?.tags ?? {}), false);
  });

  it('tells of a failure', () => {
    const { spans, send } = traced({}, { handler: (upstream) => upstream.respond(500) });
    send();
    assert.partialDeepStrictEqual(spans, [
      { isError: true, tags: { error: 'true', 'http.status_code': '500' } },
    ]);
  });
});

describe('an application that does not pass headers on', () => {
  /** Its proxy: what it is asked stays open until `answer`, and it asks others meanwhile. */
  function application() {
    const inFlight = new InFlight();
    const open: MemoryUpstream[] = [];
    const inbound = traced(
      {},
      { direction: 'inbound', handler: (upstream) => open.push(upstream) },
      inFlight,
    );
    const outbound = traced({}, {}, inFlight);
    return { inbound, outbound, answer: () => open.shift()?.respond(200) };
  }

  it('is at work on one request: what it asks belongs to that, and is marked', () => {
    const { inbound, outbound, answer } = application();
    inbound.send(traceparent('01'));
    outbound.send();
    answer();
    const [child, parent] = [outbound.spans[0], inbound.spans[0]];
    assert.partialDeepStrictEqual(child, { traceId: TRACE, tags: { 'lateen.parent': 'inferred' } });
    assert.equal(child?.parentId, parent?.spanId);
  });

  it('is at work on one that is not traced: what it asks is not traced either', () => {
    const { inbound, outbound } = application();
    inbound.send(traceparent('00'));
    outbound.send();
    assert.deepEqual(outbound.spans, []);
  });

  it('is at work on two: what it asks begins a trace of its own', () => {
    const { inbound, outbound } = application();
    inbound.send(['x-request-id', 'one', ...traceparent('01')]);
    inbound.send(['x-request-id', 'two', ...traceparent('01')]);
    outbound.send();
    assert.partialDeepStrictEqual(outbound.spans, [{ parentId: '' }]);
    assert.equal('lateen.parent' in (outbound.spans[0]?.tags ?? {}), false);
  });

  it('passes the request id on at least: that tells which of two it was', () => {
    const { inbound, outbound } = application();
    const first = '00000001-1234-9abc-8def-0123456789ab';
    inbound.send(['x-request-id', first, ...traceparent('01')]);
    inbound.send(['x-request-id', '00000002-1234-9abc-8def-0123456789ab']);
    outbound.send(['x-request-id', first]);
    assert.partialDeepStrictEqual(outbound.spans, [
      { traceId: TRACE, tags: { 'lateen.parent': 'inferred' } },
    ]);
  });

  it('is at work on nothing any more: what it asks begins a trace of its own', () => {
    const { inbound, outbound, answer } = application();
    inbound.send(traceparent('01'));
    answer();
    outbound.send();
    assert.partialDeepStrictEqual(outbound.spans, [{ parentId: '' }]);
  });

  it('is asked twice with one request id: what is left when one of them is answered is still told', () => {
    const { inbound, outbound, answer } = application();
    const both = ['x-request-id', '00000001-1234-9abc-8def-0123456789ab'];
    inbound.send([...both, ...traceparent('01')]);
    inbound.send([...both, ...traceparent('01')]);
    outbound.send(both);
    assert.partialDeepStrictEqual(outbound.spans, [{ parentId: '' }]);
    answer();
    outbound.send();
    assert.partialDeepStrictEqual(outbound.spans[1], {
      traceId: TRACE,
      tags: { 'lateen.parent': 'inferred' },
    });
  });
});
