import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CacheSpec, RouteSpec } from '../../model/route.ts';
import { type MemoryRequest, type MemoryUpstream, sendRequest } from '../exchange/memory-codec.ts';
import { headerOf, openProxy } from '../exchange/pipeline.fixture.ts';
import { clusterSpec, endpointSpec, routeSpec } from '../snapshot.fixture.ts';

const CACHE: CacheSpec = { store: 's', rule: '0', maxBytes: 10_000, maxEntryBytes: 100, isOnDisk: false };
const ALWAYS = ['cache-control', 'max-age=60'];

/** A proxy whose one host answers by `play`, and what callers see of it. */
function open(play: (upstream: MemoryUpstream) => void, routes?: readonly RouteSpec[]) {
  const proxy = openProxy(routes ?? [routeSpec(['north'], { cache: CACHE })], {
    clusters: [
      [clusterSpec('north'), [endpointSpec(1)]],
      [clusterSpec('south'), [endpointSpec(2)]],
    ],
    handler: play,
  });
  return {
    ...proxy,
    send: (request: MemoryRequest = {}) => {
      const { response } = sendRequest(proxy.pipeline, request).downstream;
      assert.ok(response !== null);
      const { status, body, headers } = response;
      return { status, body, headers, says: headerOf(headers, 'cache-status') };
    },
  };
}

const HIT = 'lateen; hit';
const MISS = 'lateen; fwd=uri-miss';

/** A host that counts its answers in their bodies. */
function counting(headers: string[], status = 200) {
  let count = 0;
  return (upstream: MemoryUpstream) => upstream.respond(status, headers, `answer ${++count}`);
}

describe('a fresh answer', () => {
  test('comes from the store, with its age, until it is too old', () => {
    const { send, clock, seen, records } = open(counting([...ALWAYS, 'x-a', '1']));
    assert.deepEqual([send().says, headerOf(send().headers, 'age')], [MISS, '0']);
    clock.advance(59_000);
    const again = send();
    assert.deepEqual([again.status, again.body, again.says], [200, 'answer 1', HIT]);
    assert.deepEqual([headerOf(again.headers, 'age'), headerOf(again.headers, 'x-a')], ['59', '1']);
    assert.equal(headerOf(again.headers, 'x-envoy-upstream-service-time'), undefined);
    assert.equal(seen.length, 1);
    const record = records.at(-1);
    assert.deepEqual([record?.flags, record?.details], ['RFCF', 'cache.response_from_cache_filter']);
    assert.deepEqual([record?.cluster, record?.upstream, record?.bytesSent], ['north', '', 8]);
    clock.advance(1000);
    assert.equal(send().body, 'answer 2');
  });

  test('is kept apart by path, query, host and scheme', () => {
    const { send } = open(counting(ALWAYS));
    send({ path: '/a?x=1', authority: 'one' });
    assert.equal(send({ path: '/a?x=1', authority: 'ONE' }).says, HIT);
    assert.equal(send({ path: '/a?x=2', authority: 'one' }).says, MISS);
    assert.equal(send({ path: '/a?x=1', authority: 'two' }).says, MISS);
    const secure = { path: '/a?x=1', authority: 'one', headers: ['x-forwarded-proto', 'https'] };
    assert.equal(send(secure).says, MISS);
  });

  test('answers HEAD too, whose own answers are not kept', () => {
    const { send } = open(counting(ALWAYS));
    assert.equal(send({ method: 'HEAD' }).says, MISS);
    assert.equal(send().says, MISS);
    const head = send({ method: 'HEAD' });
    assert.deepEqual([head.status, head.body, head.says], [200, '', HIT]);
  });

  test('is 304 for a caller that has it', () => {
    const { send } = open(counting([...ALWAYS, 'etag', '"1"', 'content-type', 'text/html']));
    send();
    const { status, body, headers, says } = send({ headers: ['if-none-match', '"1"'] });
    assert.deepEqual([status, body, says], [304, '', HIT]);
    assert.deepEqual([headerOf(headers, 'etag'), headerOf(headers, 'content-type')], ['"1"', undefined]);
    assert.equal(send({ headers: ['if-none-match', '"2"'] }).status, 200);
  });

  test('gets the header operations of the route anew, each time', () => {
    const add = { remove: [], set: [], add: [['x-for', '%REQ(X-USER)%']] as const };
    const { send } = open(counting(ALWAYS), [routeSpec(['north'], { cache: CACHE, responseHeaders: add })]);
    const of = (user: string) =>
      send({ headers: ['x-user', user] }).headers.filter((_, at, all) => all[at - 1] === 'x-for');
    assert.deepEqual([of('ann'), of('ben')], [['ann'], ['ben']]);
  });
});

describe('a stale answer', () => {
  test('is used again if the host says that nothing has changed, and is young again', () => {
    const { send, clock, seen } = open((upstream) => {
      if (headerOf(upstream.head.headers, 'if-none-match') === '"1"')
        upstream.respond(304, [...ALWAYS, 'etag', '"1"']);
      else upstream.respond(200, [...ALWAYS, 'etag', '"1"'], 'whole');
    });
    send();
    clock.advance(61_000);
    const asked = send();
    assert.deepEqual(
      [asked.status, asked.body, asked.says],
      [200, 'whole', 'lateen; fwd=stale; fwd-status=304'],
    );
    clock.advance(59_000);
    assert.equal(send().says, HIT);
    clock.advance(2000);
    assert.equal(send({ headers: ['if-none-match', '"1"'] }).status, 304);
    assert.equal(send({ headers: ['if-none-match', '"0"'] }).body, 'whole');
    assert.equal(seen.length, 3);
  });

  test('gives way to a new one', () => {
    let version = 1;
    const { send, clock } = open((upstream) => {
      upstream.respond(200, [...ALWAYS, 'etag', `"${version}"`], `version ${version}`);
    });
    send();
    version = 2;
    clock.advance(61_000);
    assert.deepEqual([send().body, send().body, send().says], ['version 2', 'version 2', HIT]);
  });

  test('is asked about each time where the host wants it', () => {
    const { send, seen } = open((upstream) => {
      const isKnown = headerOf(upstream.head.headers, 'if-none-match') !== undefined;
      upstream.respond(
        isKnown ? 304 : 200,
        [...ALWAYS, 'cache-control', 'no-cache', 'etag', '"1"'],
        isKnown ? '' : 'whole',
      );
    });
    assert.deepEqual(
      [send(), send(), send()].map(({ status, body }) => [status, body]),
      [
        ...[
          [200, 'whole'],
          [200, 'whole'],
          [200, 'whole'],
        ],
      ],
    );
    assert.equal(seen.length, 3);
  });

  test('is asked about where the caller wants it', () => {
    const { send } = open(counting([...ALWAYS, 'etag', '"1"']));
    send();
    assert.equal(send({ headers: ['cache-control', 'no-cache'] }).says, 'lateen; fwd=request');
    assert.equal(send({ headers: ['pragma', 'no-cache'] }).body, 'answer 3');
    assert.equal(send().body, 'answer 3');
  });

  test('stays where the host fails, for the next to ask', () => {
    let isDown = false;
    const { send, clock } = open((upstream) => {
      if (isDown) upstream.respond(500);
      else if (headerOf(upstream.head.headers, 'if-none-match') === undefined)
        upstream.respond(200, [...ALWAYS, 'etag', '"1"'], 'whole');
      else upstream.respond(304);
    });
    send();
    clock.advance(61_000);
    isDown = true;
    assert.equal(send().status, 500);
    isDown = false;
    assert.equal(send().body, 'whole');
  });
});

describe('what is not from the store', () => {
  const isKept = (headers: string[], request: MemoryRequest = {}) => {
    const { send } = open(counting(headers));
    send(request);
    return send(request).says === HIT;
  };

  test('what the host keeps for itself or for one caller', () => {
    for (const value of ['no-store', 'private', 'private, max-age=60'])
      assert.ok(!isKept(['cache-control', value, 'etag', '"1"']), value);
    assert.ok(!isKept([...ALWAYS, 'set-cookie', 'sid=1']));
    assert.ok(!isKept([...ALWAYS, 'vary', '*']));
    assert.ok(!isKept([]));
  });

  test('what a caller with Authorization was told, unless the host shares it', () => {
    const request = { headers: ['authorization', 'Bearer x'] };
    assert.ok(!isKept(ALWAYS, request));
    assert.ok(isKept(['cache-control', 'public, max-age=60'], request));
    const { send } = open(counting(ALWAYS));
    send();
    assert.notEqual(send(request).says, HIT);
  });

  test('ranges, and what the caller wants kept nowhere', () => {
    const { send, seen } = open(counting(ALWAYS));
    send();
    for (const headers of [
      ['range', 'bytes=0-1'],
      ['cache-control', 'no-store'],
    ])
      assert.equal(send({ headers }).says, undefined);
    assert.equal(headerOf(seen[1]?.head.headers, 'range'), 'bytes=0-1');
  });

  test('an answer above the limit of one', () => {
    const { send } = open((upstream) => upstream.respond(200, ALWAYS, 'x'.repeat(101)));
    assert.equal(send().body.length, 101);
    assert.equal(send().says, MISS);
  });

  test('an answer that grows above it', () => {
    const { pipeline, send, seen } = open((upstream) => {
      if (seen.length > 1) upstream.respond(200, ALWAYS, 'whole');
    });
    const { exchange, downstream } = sendRequest(pipeline, {});
    const head = { status: 200, reason: '', version: 'HTTP/1.1', contentLength: -1, upgrade: '' } as const;
    exchange.forwarder?.onResponse({ ...head, headers: [...ALWAYS] }, true);
    for (const part of ['x', 'y']) exchange.forwarder?.onResponseData(Buffer.alloc(60, part));
    exchange.forwarder?.onResponseEnd(null);
    assert.equal(downstream.response?.body.length, 120);
    assert.equal(send().says, MISS);
  });

  test('an answer that broke off', () => {
    const { pipeline, send, seen } = open((upstream) => {
      if (seen.length > 1) upstream.respond(200, ALWAYS, 'whole');
    });
    const { exchange } = sendRequest(pipeline, {});
    const head = { status: 200, reason: '', version: 'HTTP/1.1', contentLength: 9, upgrade: '' } as const;
    exchange.forwarder?.onResponse({ ...head, headers: [...ALWAYS] }, true);
    exchange.forwarder?.onResponseData(Buffer.from('wh'));
    exchange.forwarder?.onUpstreamFailure({ kind: 'reset', reason: '', isUnprocessed: false });
    assert.deepEqual([send().says, send().body], [MISS, 'whole']);
  });

  test('504 for a caller that wants nothing else', () => {
    const { send, seen } = open(counting(ALWAYS));
    const headers = ['cache-control', 'only-if-cached'];
    assert.equal(send({ headers }).status, 504);
    assert.equal(seen.length, 0);
    send();
    assert.equal(send({ headers }).status, 200);
  });

  test('anything on a route without a cache', () => {
    const { send, seen } = open(counting(ALWAYS), [routeSpec(['north'])]);
    assert.deepEqual([send().says, send().says, seen.length], [undefined, undefined, 2]);
  });
});

test('Vary keeps an answer for each, and the caller is told why', () => {
  const { send, seen } = open((upstream) => {
    upstream.respond(
      200,
      [...ALWAYS, 'vary', 'Accept-Language'],
      headerOf(upstream.head.headers, 'accept-language') ?? '-',
    );
  });
  const speak = (language: string) => send({ headers: ['accept-language', language] });
  assert.deepEqual([speak('de').body, speak('fr').body], ['de', 'fr']);
  assert.equal(speak('it').says, 'lateen; fwd=vary-miss');
  assert.deepEqual([speak('de').body, speak('fr').body, speak('de').says], ['de', 'fr', HIT]);
  assert.equal(seen.length, 3);
});

test('a write that succeeds takes the old answer out, whatever rule it matched', () => {
  const write = { path: null, headers: [], queryParams: [] };
  const method = {
    name: ':method',
    match: { kind: 'exact', value: 'POST' },
    invert: false,
    missingIsEmpty: false,
  } as const;
  let status = 500;
  const { send } = open(
    (upstream) => {
      if (upstream.head.method === 'POST') upstream.respond(status);
      else upstream.respond(200, ALWAYS, 'read');
    },
    [
      routeSpec(['south'], { match: { ...write, headers: [method] }, cache: { ...CACHE, rule: 'write' } }),
      routeSpec(['north'], { cache: CACHE }),
    ],
  );
  send();
  send({ method: 'POST', body: 'x' });
  assert.equal(send().says, HIT);
  status = 204;
  send({ method: 'POST', body: 'x', path: '/other' });
  assert.equal(send().says, HIT);
  send({ method: 'POST', body: 'x' });
  assert.equal(send().says, MISS);
});

test('versions that share the requests by weight are kept apart', () => {
  const turns = [0.1, 0.9, 0.1, 0.9];
  const proxy = openProxy([routeSpec(['north', 'south'], { cache: CACHE })], {
    clusters: [
      [clusterSpec('north'), [endpointSpec(1)]],
      [clusterSpec('south'), [endpointSpec(2)]],
    ],
    handler: (upstream, cluster) => upstream.respond(200, ALWAYS, cluster),
    random: () => turns.shift() ?? 0,
  });
  const bodies = [1, 2, 3, 4].map(() => sendRequest(proxy.pipeline, {}).downstream.response?.body);
  assert.deepEqual(new Set(bodies), new Set(['north', 'south']));
  assert.equal(new Set(bodies.slice(0, 2)).size, proxy.seen.length);
});
