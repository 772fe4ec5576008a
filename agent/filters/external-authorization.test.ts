import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ProtobufWriter } from '../../base/protobuf.ts';
import type { AuthorizationSpec, ExternalAuthorizerSpec } from '../../model/authorization.ts';
import { type MemoryUpstream, sendRequest } from '../exchange/memory-codec.ts';
import { headerOf, openProxy } from '../exchange/pipeline.fixture.ts';
import { clusterSpec, endpointSpec, routeSpec } from '../snapshot.fixture.ts';

const AUTHORIZER: ExternalAuthorizerSpec = {
  ...{ name: 'door', protocol: 'http', cluster: 'door', body: null, pathPrefix: '/check', timeoutMs: 500 },
  ...{ failOpen: false, statusOnError: 403, clearsRoute: false },
  includeHeaders: ['x-user', 'x-ticket-*'],
  addHeaders: [['x-from', 'lateen']],
  headersToUpstreamOnAllow: ['x-role'],
  headersToDownstreamOnAllow: ['x-seen'],
  headersToDownstreamOnDeny: ['x-why'],
};

const CLUSTERS = [
  [clusterSpec('north'), [endpointSpec(1)]],
  [clusterSpec('south'), [endpointSpec(3)]],
  [clusterSpec('door'), [endpointSpec(2)]],
] as const;

function policy(
  action: AuthorizationSpec['action'],
  path: string,
  provider: ExternalAuthorizerSpec | null = null,
): AuthorizationSpec {
  const to = [[{ attribute: 'request.path' as const, key: [], values: [path], notValues: [] }]];
  const origin = { resource: '', file: '', line: 0 };
  return {
    ...{ name: `default/${action}`, action, isDryRun: false, provider, origin },
    rules: [{ to, from: [], when: [] }],
  };
}

function open(
  authorization: readonly AuthorizationSpec[],
  door: (upstream: MemoryUpstream) => void = () => {},
  routes = [routeSpec(['north'])],
) {
  return openProxy(routes, {
    ...{ direction: 'inbound', clusters: CLUSTERS, policies: { authorization } },
    handler: (upstream, cluster) => (cluster === 'door' ? door(upstream) : upstream.respond(200)),
  });
}

describe('an external authorizer', () => {
  const custom = [policy('CUSTOM', '/locked*', AUTHORIZER)];
  const locked = {
    path: '/locked/a',
    headers: ['x-user', 'ann', 'x-role', 'root', 'x-ticket-1', 't', 'y', '1'],
  };

  test('is asked with what it may see, and says who passes', () => {
    const { pipeline, seen } = open(custom, (door) => {
      door.respond(200, ['x-role', 'cook', 'x-seen', 'yes', 'x-more', '1']);
    });
    const { response } = sendRequest(pipeline, locked).downstream;
    const [question, request] = seen;
    assert.deepEqual([question?.head.path, question?.head.authority], ['/check/locked/a', 'service']);
    assert.deepEqual(question?.head.headers, ['x-user', 'ann', 'x-ticket-1', 't', 'x-from', 'lateen']);
    assert.equal(headerOf(request?.head.headers, 'x-role'), 'cook');
    assert.equal(headerOf(response?.headers, 'x-seen'), 'yes');
    assert.equal(headerOf(response?.headers, 'x-more'), undefined);
  });

  test('is not asked about other requests', () => {
    const { pipeline, seen } = open(custom);
    assert.equal(sendRequest(pipeline, { path: '/open' }).downstream.response?.status, 200);
    assert.equal(seen.length, 1);
  });

  test('refuses in its own words', () => {
    const { pipeline, records } = open(custom, (door) => {
      door.respond(302, ['location', '/login', 'x-why', 'no ticket', 'x-secret', '1'], 'go away');
    });
    const { response } = sendRequest(pipeline, locked).downstream;
    assert.deepEqual([response?.status, response?.body], [302, 'go away']);
    assert.equal(headerOf(response?.headers, 'location'), '/login');
    assert.equal(headerOf(response?.headers, 'x-why'), 'no ticket');
    assert.equal(headerOf(response?.headers, 'x-secret'), undefined);
    assert.deepEqual([records[0]?.flags, records[0]?.details], ['UAEX', 'ext_authz_denied']);
  });

  test('that fails or is silent refuses, or lets pass where failOpen says so', () => {
    const silent = open(custom);
    const { downstream } = sendRequest(silent.pipeline, locked);
    assert.equal(downstream.isEnded, false);
    silent.clock.advance(500);
    assert.equal(downstream.response?.status, 403);
    assert.equal(silent.seen[0]?.isCancelled, true);
    assert.equal(silent.records[0]?.details, 'ext_authz_error');
    const isOpen = [policy('CUSTOM', '/locked*', { ...AUTHORIZER, failOpen: true })];
    const { pipeline } = open(isOpen, (door) => door.respond(503));
    assert.equal(sendRequest(pipeline, locked).downstream.response?.status, 200);
  });

  test('is asked before the body goes on', () => {
    const questions: MemoryUpstream[] = [];
    const { pipeline, seen } = open(custom, (door) => questions.push(door));
    const { downstream } = sendRequest(pipeline, { ...locked, method: 'POST', body: 'hello' });
    assert.equal(seen.length, 1);
    questions[0]?.respond(200);
    assert.equal(seen[1]?.body, 'hello');
    assert.equal(downstream.response?.status, 200);
  });

  test('is given up when the caller leaves', () => {
    const { pipeline, seen } = open(custom);
    sendRequest(pipeline, locked).exchange.onDownstreamClosed();
    assert.equal(seen[0]?.isCancelled, true);
  });

  test('that nobody knows refuses what its policy matches', () => {
    const { pipeline } = open([policy('CUSTOM', '/locked*')]);
    assert.equal(sendRequest(pipeline, locked).downstream.response?.status, 403);
  });
});

describe('an external authorizer that sees bodies', () => {
  const bodySpec = { maxBytes: 5, allowsPartial: false, packsBytes: false };
  const asking = (change: Partial<typeof bodySpec> = {}) => [
    policy('CUSTOM', '/locked', { ...AUTHORIZER, body: { ...bodySpec, ...change } }),
  ];
  const post = { path: '/locked', method: 'POST' };

  test('gets the whole of it, and the application too', () => {
    const { pipeline, seen } = open(asking(), (door) => door.respond(200));
    sendRequest(pipeline, { ...post, body: 'hello' });
    assert.deepEqual(
      seen.map(({ body, head }) => [body, head.contentLength]),
      [
        ['hello', 5],
        ['hello', 5],
      ],
    );
    assert.equal(headerOf(seen[0]?.head.headers, 'x-envoy-auth-partial-body'), 'false');
    assert.equal(headerOf(seen[1]?.head.headers, 'x-envoy-auth-partial-body'), undefined);
  });

  test('is asked once the body is whole, however it comes', () => {
    const { pipeline, seen } = open(asking(), (door) => door.respond(200));
    const { exchange, downstream } = sendRequest(pipeline, { ...post, body: 'he', isOpen: true });
    exchange.onRequestData(Buffer.from('llo'));
    assert.deepEqual([seen.length, downstream.isPaused], [0, false]);
    exchange.onRequestEnd(null);
    assert.deepEqual([seen[0]?.body, seen[1]?.body, downstream.response?.status], ['hello', 'hello', 200]);
  });

  test('is not asked about a longer one, which gets 413', () => {
    const { pipeline, seen, records } = open(asking());
    const { response } = sendRequest(pipeline, { ...post, body: 'hello!' }).downstream;
    assert.deepEqual([response?.status, response?.body], [413, 'Payload Too Large']);
    assert.deepEqual([seen.length, records[0]?.details], [0, 'request_payload_too_large']);
  });

  test('gets the beginning of a longer one where it says so, while the rest waits', () => {
    const doors: MemoryUpstream[] = [];
    const { pipeline, seen } = open(asking({ allowsPartial: true }), (door) => doors.push(door));
    const { exchange, downstream } = sendRequest(pipeline, { ...post, body: 'hello, wo', isOpen: true });
    assert.equal(doors[0]?.body, 'hello');
    assert.equal(headerOf(doors[0]?.head.headers, 'x-envoy-auth-partial-body'), 'true');
    assert.equal(downstream.isPaused, true);
    doors[0]?.respond(200);
    assert.equal(downstream.isPaused, false);
    exchange.onRequestData(Buffer.from('rld'));
    exchange.onRequestEnd(null);
    assert.equal(seen[1]?.body, 'hello, world');
  });

  test('does not make a caller wait that wants to be told to go on', () => {
    const { pipeline } = open(asking());
    const { exchange, downstream } = sendRequest(pipeline, {
      ...post,
      body: 'h',
      isOpen: true,
      expects: true,
    });
    assert.deepEqual(
      downstream.interim.map(({ status }) => status),
      [100],
    );
    exchange.onDownstreamClosed();
  });

  test('is asked about requests without a body at once', () => {
    const { pipeline, seen } = open(asking(), (door) => door.respond(200));
    assert.equal(sendRequest(pipeline, { path: '/locked' }).downstream.response?.status, 200);
    assert.equal(headerOf(seen[0]?.head.headers, 'x-envoy-auth-partial-body'), undefined);
  });
});

describe('an external authorizer that speaks gRPC', () => {
  const GRPC: ExternalAuthorizerSpec = {
    ...{ name: 'door', protocol: 'grpc', cluster: 'door', body: null, pathPrefix: '', timeoutMs: 500 },
    ...{ failOpen: false, statusOnError: 503, clearsRoute: false, includeHeaders: [], addHeaders: [] },
    ...{ headersToUpstreamOnAllow: [], headersToDownstreamOnAllow: [], headersToDownstreamOnDeny: [] },
  };
  const custom = (change: Partial<ExternalAuthorizerSpec> = {}) => [
    policy('CUSTOM', '/locked', { ...GRPC, ...change }),
  ];

  function answer(door: MemoryUpstream, write: (message: ProtobufWriter) => void, status = '0'): void {
    const message = new ProtobufWriter();
    write(message);
    const bytes = message.finish();
    const prefix = Buffer.from([0, 0, 0, 0, bytes.length]);
    door.respond(200, ['grpc-status', status], Buffer.concat([prefix, bytes]));
  }

  const pair = (name: string, value: string) =>
    new ProtobufWriter().message(1, (header) => header.string(1, name).string(2, value)).finish();

  test('is asked by Check, and changes the request and its answer', () => {
    const { pipeline, seen } = open(custom(), (door) =>
      answer(door, (message) =>
        message.message(3, (ok) => ok.bytes(2, pair('x-role', 'cook')).bytes(6, pair('x-seen', 'yes'))),
      ),
    );
    const { response } = sendRequest(pipeline, { path: '/locked', headers: ['x-role', 'root'] }).downstream;
    const [question, request] = seen;
    const { method, path, version } = question?.head ?? {};
    assert.deepEqual(
      [method, path, version],
      ['POST', '/envoy.service.auth.v3.Authorization/Check', 'HTTP/2'],
    );
    assert.match(question?.body ?? '', /x-role.*root/s);
    assert.equal(headerOf(request?.head.headers, 'x-role'), 'cook');
    assert.equal(headerOf(response?.headers, 'x-seen'), 'yes');
  });

  test('refuses in its own words', () => {
    const { pipeline, records } = open(custom(), (door) =>
      answer(door, (message) =>
        message
          .message(1, (status) => status.integer(1, 16))
          .message(2, (denied) =>
            denied
              .message(1, (status) => status.integer(1, 401))
              .bytes(2, pair('www-authenticate', 'Basic'))
              .string(3, 'who are you?'),
          ),
      ),
    );
    const { response } = sendRequest(pipeline, { path: '/locked' }).downstream;
    assert.deepEqual([response?.status, response?.body], [401, 'who are you?']);
    assert.equal(headerOf(response?.headers, 'www-authenticate'), 'Basic');
    assert.deepEqual([records[0]?.flags, records[0]?.details], ['UAEX', 'ext_authz_denied']);
  });

  test('that fails or is silent refuses with statusOnError, or lets pass where failOpen says so', () => {
    const status = (proxy: ReturnType<typeof open>, waitMs = 0) => {
      const { downstream } = sendRequest(proxy.pipeline, { path: '/locked' });
      proxy.clock.advance(waitMs);
      return downstream.response?.status;
    };
    const broken = (door: MemoryUpstream) => answer(door, () => {}, '14');
    assert.equal(status(open(custom(), broken)), 503);
    assert.equal(status(open(custom()), 500), 503);
    assert.equal(status(open(custom({ failOpen: true }), broken)), 200);
    assert.equal(status(open(custom({ cluster: 'none' }))), 503);
  });

  test('sees the body as it is', () => {
    const body = { maxBytes: 10, allowsPartial: true, packsBytes: true };
    const { pipeline, seen } = open(custom({ body }), (door) => answer(door, () => {}));
    sendRequest(pipeline, { path: '/locked', method: 'POST', body: 'hello' });
    assert.match(seen[0]?.body ?? '', /hello/);
    assert.equal(seen[1]?.body, 'hello');
  });

  test('has the route chosen again by what it said, only where clearRouteCache asks for it', () => {
    const forCooks = routeSpec(['south'], {
      match: {
        ...{ path: null, queryParams: [] },
        headers: [
          {
            ...{ name: 'x-role', invert: false, missingIsEmpty: false },
            match: { kind: 'exact', value: 'cook' },
          },
        ],
      },
    });
    const cook = (door: MemoryUpstream) =>
      answer(door, (message) => message.message(3, (ok) => ok.bytes(2, pair('x-role', 'cook'))));
    const went = (clearsRoute: boolean) => {
      const proxy = open(custom({ clearsRoute }), cook, [forCooks, routeSpec(['north'])]);
      sendRequest(proxy.pipeline, { path: '/locked' });
      return proxy.records[0]?.cluster;
    };
    assert.deepEqual([went(true), went(false)], ['south', 'north']);
  });

  test('is given up when the caller leaves', () => {
    const { pipeline, seen } = open(custom());
    sendRequest(pipeline, { path: '/locked' }).exchange.onDownstreamClosed();
    assert.equal(seen[0]?.isCancelled, true);
  });
});
