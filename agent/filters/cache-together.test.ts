import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { CacheSpec } from '../../model/route.ts';
import {
  type MemoryDownstream,
  type MemoryRequest,
  type MemoryUpstream,
  sendRequest,
} from '../exchange/memory-codec.ts';
import { headerOf, openProxy } from '../exchange/pipeline.fixture.ts';
import { clusterSpec, routeSpec } from '../snapshot.fixture.ts';

/** Many callers of one cache, and hosts that are slow or fail. */

const CACHE: CacheSpec = { store: 's', rule: '0', maxBytes: 10_000, maxEntryBytes: 100, isOnDisk: false };
const ALWAYS = ['cache-control', 'max-age=60'];

/** A proxy whose hosts answer when told. */
function open(play: (upstream: MemoryUpstream) => void = () => {}) {
  const proxy = openProxy([routeSpec(['north'], { cache: CACHE })], { handler: play });
  return {
    ...proxy,
    send: (request: MemoryRequest = {}) => sendRequest(proxy.pipeline, request).downstream,
  };
}

const sees = ({ response }: MemoryDownstream) =>
  response === null ? null : [response.status, response.body, headerOf(response.headers, 'cache-status')];

describe('misses at the same time', () => {
  test('go to the host once, and all get its answer', () => {
    const { send, seen, records } = open();
    const [first, second, third] = [send(), send(), send({ method: 'HEAD' })] as const;
    assert.deepEqual([seen.length, sees(second)], [1, null]);
    seen[0]?.respond(200, ALWAYS, 'whole');
    assert.deepEqual(sees(first), [200, 'whole', 'lateen; fwd=uri-miss']);
    assert.deepEqual(sees(second), [200, 'whole', 'lateen; fwd=uri-miss; collapsed']);
    assert.deepEqual(sees(third), [200, '', 'lateen; fwd=uri-miss; collapsed']);
    assert.deepEqual([seen.length, records.length, records[1]?.flags], [1, 3, 'RFCF']);
  });

  test('of other URIs, with a token or with wishes of their own go themselves', () => {
    const { send, seen } = open();
    send();
    send({ path: '/other' });
    send({ headers: ['authorization', 'Bearer x'] });
    send({ headers: ['cache-control', 'no-cache'] });
    assert.equal(seen.length, 4);
  });

  test('all go once the answer turns out to be for one caller alone, and the next do not wait at all', () => {
    const { send, seen } = open();
    const calls = [send(), send(), send()];
    seen[0]?.respond(200, ['cache-control', 'private'], 'mine');
    assert.equal(seen.length, 3);
    seen[1]?.respond(200, ['cache-control', 'private'], 'yours');
    assert.deepEqual(
      calls.map((call) => call.response?.body),
      ['mine', 'yours', undefined],
    );
    send();
    send();
    assert.equal(seen.length, 5);
    for (const each of seen.slice(2)) each.respond(200, ALWAYS, 'ours');
    send({ path: '/' });
    assert.equal(seen.length, 5);
  });

  test('all go where the host fails, where its answer is too large, and where the first caller leaves', () => {
    const failures: ((upstream: MemoryUpstream, call: ReturnType<typeof sendRequest>) => void)[] = [
      (upstream) => upstream.fail({ kind: 'reset', reason: '', isUnprocessed: false }),
      (upstream) => upstream.respond(200, ALWAYS, 'x'.repeat(101)),
      (_upstream, { exchange }) => exchange.onDownstreamClosed(),
    ];
    for (const [index, fail] of failures.entries()) {
      const { pipeline, seen } = open();
      const first = sendRequest(pipeline, {});
      const second = sendRequest(pipeline, {}).downstream;
      assert.equal(seen.length, 1);
      fail(seen[0] as MemoryUpstream, first);
      assert.equal(seen.length, 2, `case ${index}`);
      seen[1]?.respond(200, ALWAYS, 'mine');
      assert.deepEqual(sees(second), [200, 'mine', 'lateen; fwd=uri-miss'], `case ${index}`);
    }
  });

  test('go after 5 s where the first is still waiting, and one that has left goes nowhere', () => {
    const { pipeline, send, seen, clock } = open();
    send();
    const left = sendRequest(pipeline, {});
    const second = send();
    left.exchange.onDownstreamClosed();
    clock.advance(5000);
    assert.equal(seen.length, 2);
    seen[1]?.respond(200, ALWAYS, 'mine');
    assert.equal(second.response?.body, 'mine');
    seen[0]?.respond(200, ALWAYS, 'late');
    assert.equal(seen.length, 2);
  });

  test('that Vary tells apart go for their own answers', () => {
    const { send, seen } = open();
    send({ headers: ['accept-language', 'de'] });
    const other = send({ headers: ['accept-language', 'fr'] });
    seen[0]?.respond(200, [...ALWAYS, 'vary', 'accept-language'], 'Brot');
    seen[1]?.respond(200, [...ALWAYS, 'vary', 'accept-language'], 'pain');
    assert.deepEqual(sees(other), [200, 'pain', 'lateen; fwd=vary-miss']);
  });
});

describe('stale-if-error', () => {
  const LENIENT = ['cache-control', 'max-age=60, stale-if-error=100'];
  const fill = (headers: string[], isRefusing = false) => {
    let isDown = false;
    const proxy = open((upstream) => {
      if (!isDown) upstream.respond(200, headers, 'whole');
      else if (isRefusing) upstream.fail({ kind: 'reset', reason: 'reset', isUnprocessed: false });
      else upstream.respond(503, [], 'down for a while');
    });
    proxy.send();
    isDown = true;
    proxy.clock.advance(61_000);
    return proxy;
  };

  test('an answer of the host that is an error gives way to the stale one', () => {
    const { send, records, clock } = fill(LENIENT);
    assert.deepEqual(sees(send()), [200, 'whole', 'lateen; fwd=stale; fwd-status=503']);
    clock.advance(100_000);
    assert.deepEqual(sees(send()), [503, 'down for a while', 'lateen; fwd=stale']);
    assert.deepEqual(
      records.map(({ flags }) => flags),
      ['', 'RFCF', ''],
    );
  });

  test('so does a failure on the way, whose flag stays in the log', () => {
    const { send, records } = fill(LENIENT, true);
    assert.deepEqual(sees(send()), [200, 'whole', 'lateen; fwd=stale; detail=UC']);
    assert.equal(records.at(-1)?.flags, 'UC,RFCF');
  });

  test('a caller may ask for it, and may want none', () => {
    const { send } = fill(ALWAYS);
    assert.equal(send({ headers: ['cache-control', 'stale-if-error=5'] }).response?.status, 200);
    assert.equal(send().response?.status, 503);
    const { send: again } = fill(LENIENT);
    assert.equal(again({ headers: ['cache-control', 'no-cache'] }).response?.status, 503);
  });

  test('not against the word of the host', () => {
    for (const word of ['must-revalidate', 'proxy-revalidate', 's-maxage=60', 'no-cache'])
      assert.equal(
        fill([...LENIENT, 'cache-control', word, 'etag', '"1"']).send().response?.status,
        503,
        word,
      );
  });
});

describe('stale-while-revalidate', () => {
  const LENIENT = ['cache-control', 'max-age=60, stale-while-revalidate=30', 'etag', '"1"'];

  test('callers get the stale answer at once while one request asks the host', () => {
    const { send, seen, clock, records } = open();
    send();
    seen[0]?.respond(200, LENIENT, 'old');
    clock.advance(70_000);
    assert.deepEqual(sees(send()), [200, 'old', 'lateen; hit; ttl=-10']);
    assert.deepEqual(sees(send()), [200, 'old', 'lateen; hit; ttl=-10']);
    assert.equal(seen.length, 2);
    assert.equal(headerOf(seen[1]?.head.headers, 'if-none-match'), '"1"');
    seen[1]?.respond(200, LENIENT, 'new');
    assert.deepEqual(sees(send()), [200, 'new', 'lateen; hit']);
    assert.equal(records.length, 4);
  });

  test('a 304 makes it young again; a failure leaves it for the next', () => {
    const { send, seen, clock } = open();
    send();
    seen[0]?.respond(200, LENIENT, 'old');
    clock.advance(70_000);
    send();
    seen[1]?.fail({ kind: 'reset', reason: '', isUnprocessed: false });
    send();
    assert.equal(seen.length, 3);
    seen[2]?.respond(304, LENIENT);
    assert.deepEqual(sees(send()), [200, 'old', 'lateen; hit']);
  });

  test('also where the call itself says which host is asked', () => {
    const routes = [routeSpec(['north'], { cache: CACHE })];
    const discovery = { kind: 'original-destination', sourceAddress: '', port: 0 } as const;
    const { pipeline, seen, clock } = openProxy(routes, {
      clusters: [[clusterSpec('north', { discovery }), []]],
      handler: (upstream) => upstream.respond(200, LENIENT, `answer ${seen.length}`),
    });
    const bodies = [0, 70_000, 0].map((waitMs) => {
      clock.advance(waitMs);
      return sendRequest(pipeline, {}).downstream.response?.body;
    });
    assert.deepEqual(bodies, ['answer 1', 'answer 1', 'answer 2']);
  });

  test('not for longer than the host said', () => {
    const { send, seen, clock } = open();
    send();
    seen[0]?.respond(200, LENIENT, 'old');
    clock.advance(91_000);
    assert.equal(send().response, null);
  });
});
