import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import type { Span } from '../../model/span.ts';
import { answerJaeger } from './jaeger-api.ts';
import { TraceStore } from './trace-store.ts';

const TRACE = 'a'.repeat(32);
let ids = 0;

function span(change: Partial<Span> = {}): Span {
  return {
    ...{ traceId: TRACE, spanId: (++ids).toString(16).padStart(16, '0'), parentId: '', kind: 'SERVER' },
    ...{ name: 'reviews:9080/*', service: 'reviews.default', startUs: 1000, durationUs: 500, isError: false },
    tags: { 'http.status_code': '200' },
    ...change,
  };
}

function storeOf(...spans: Span[]): TraceStore {
  const store = new TraceStore(':memory:');
  store.add(spans);
  return store;
}

const ask = (store: TraceStore, path: string) => {
  const reply = answerJaeger(store, new URL(path, 'http://jaeger'), 10_000);
  return (reply?.body ?? assert.fail(path)) as { data: unknown; errors: unknown };
};

describe("Jaeger's API", () => {
  const root = span({ service: 'page.default', kind: 'CLIENT' });
  const child = span({
    parentId: root.spanId,
    startUs: 1100,
    durationUs: 90_000,
    isError: true,
    tags: { error: 'true' },
  });
  const other = span({ traceId: 'b'.repeat(32), startUs: 5000, name: 'other' });
  const store = storeOf(root, child, other);

  it('lists services and their operations', () => {
    assert.deepEqual(ask(store, '/api/services').data, ['page.default', 'reviews.default']);
    assert.deepEqual(ask(store, '/api/services/reviews.default/operations').data, [
      'other',
      'reviews:9080/*',
    ]);
    assert.deepEqual(ask(store, '/api/operations?service=reviews.default&spanKind=server').data, [
      { name: 'other', spanKind: 'server' },
      { name: 'reviews:9080/*', spanKind: 'server' },
    ]);
  });

  it('shows a trace with its processes and references', () => {
    const [trace] = ask(store, `/api/traces/${TRACE}`).data as [Record<string, never>];
    assert.partialDeepStrictEqual(trace, {
      traceID: TRACE,
      spans: [
        { spanID: root.spanId, references: [], startTime: 1000, processID: 'p1' },
        { spanID: child.spanId, references: [{ refType: 'CHILD_OF', spanID: root.spanId }], processID: 'p2' },
      ],
      processes: { p1: { serviceName: 'page.default' }, p2: { serviceName: 'reviews.default' } },
    });
    assert.partialDeepStrictEqual(answerJaeger(store, new URL('http://j/api/traces/ff'), 0), { status: 404 });
  });

  const found = (query: string) =>
    (ask(store, `/api/traces?${query}`).data as { traceID: string }[]).map(({ traceID }) => traceID[0]);

  it('finds traces by service, operation, time, duration and tags, the newest first', () => {
    assert.deepEqual(found('service=reviews.default'), ['b', 'a']);
    assert.deepEqual(found('service=reviews.default&limit=1'), ['b']);
    assert.deepEqual(found('service=reviews.default&operation=other'), ['b']);
    assert.deepEqual(found('service=reviews.default&start=1000&end=2000'), ['a']);
    assert.deepEqual(found('service=reviews.default&minDuration=50ms'), ['a']);
    assert.deepEqual(found('service=reviews.default&maxDuration=1ms'), ['b']);
    assert.deepEqual(found(`service=reviews.default&tags=${encodeURIComponent('{"error":"true"}')}`), ['a']);
    assert.deepEqual(found('service=reviews.default&tag=http.status_code:200'), ['b']);
    assert.deepEqual(found('service=reviews.default&limit=1.5'), ['b']);
    assert.deepEqual(found('service=nobody'), []);
  });

  it('says what is wrong with a question', () => {
    assert.deepEqual(ask(store, '/api/traces').errors, [{ code: 400, msg: 'parameter service is required' }]);
    assert.partialDeepStrictEqual(ask(store, '/api/traces?service=a&tags=x').errors, [{ code: 400 }]);
    assert.equal(answerJaeger(store, new URL('http://j/api/nothing'), 0), null);
    assert.equal(answerJaeger(store, new URL('http://j/'), 0), null);
    assert.deepEqual(ask(store, '/api/services/%/operations').data, []);
  });

  it('tells who called whom', () => {
    assert.deepEqual(ask(store, '/api/dependencies?endTs=10000&lookback=10000').data, [
      { parent: 'page.default', child: 'reviews.default', callCount: 1 },
    ]);
  });
});

describe('the store', () => {
  it('keeps spans over a restart', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'lateen-traces-')), 'traces.db');
    const before = new TraceStore(file);
    before.add([span(), span()]);
    before.close();
    const after = new TraceStore(file);
    assert.equal(after.size, 2);
    assert.equal(after.trace(TRACE).length, 2);
    after.close();
  });

  it('begins anew with a file that is none of its own', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'lateen-traces-')), 'traces.db');
    writeFileSync(file, 'no database at all, but long enough to be looked at as one'.repeat(50));
    const store = new TraceStore(file);
    store.add([span()]);
    assert.equal(store.size, 1);
    store.close();
  });

  it('lets whole traces go, the oldest first, when it is full', () => {
    const store = new TraceStore(':memory:', 100);
    for (let trace = 0; trace < 60; trace++) {
      const traceId = trace.toString(16).padStart(32, '0');
      store.add([span({ traceId, startUs: trace }), span({ traceId, startUs: trace + 1 })]);
    }
    assert.ok(store.size <= 100, String(store.size));
    assert.deepEqual(store.trace('0'.repeat(32)), []);
    assert.equal(store.trace((59).toString(16).padStart(32, '0')).length, 2);
  });

  it('takes a span that comes twice for one', () => {
    const twice = span();
    assert.equal(storeOf(twice, twice).size, 1);
  });
});
