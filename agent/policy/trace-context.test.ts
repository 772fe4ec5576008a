import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { isInSample, traceReasonOf, withTraceReason } from './request-id.ts';
import { readTraceContext, writeTraceContext } from './trace-context.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const known = { traceId: TRACE, spanId: SPAN, isForced: false };

describe('what a caller says of its trace', () => {
  const cases: readonly [title: string, headers: string[], expected: ReturnType<typeof readTraceContext>][] =
    [
      ['nothing', ['host', 'a', 'accept', '*/*'], null],
      ['W3C, sampled', ['Traceparent', `00-${TRACE}-${SPAN}-01`], { ...known, isSampled: true }],
      ['W3C, not sampled', ['traceparent', `00-${TRACE}-${SPAN}-00`], { ...known, isSampled: false }],
      [
        'W3C of a later version',
        ['traceparent', `cc-${TRACE}-${SPAN}-01-more`],
        { ...known, isSampled: true },
      ],
      ['W3C that is broken', ['traceparent', `00-${TRACE}-${SPAN}-01-more`], null],
      ['W3C of zeros', ['traceparent', `00-${'0'.repeat(32)}-${SPAN}-01`], null],
      ['B3 in one header', ['b3', `${TRACE}-${SPAN}-1-05e3ac9a4f6e3b90`], { ...known, isSampled: true }],
      ['B3 in one header, debug', ['b3', `${TRACE}-${SPAN}-d`], { ...known, isSampled: true }],
      ['B3 in one header, without a decision', ['b3', `${TRACE}-${SPAN}`], { ...known, isSampled: null }],
      ['B3, the decision alone', ['b3', '0'], { traceId: '', spanId: '', isSampled: false, isForced: false }],
      [
        'B3 in several headers',
        ['X-B3-TraceId', TRACE.toUpperCase(), 'X-B3-SpanId', SPAN, 'X-B3-Sampled', '0'],
        { ...known, isSampled: false },
      ],
      [
        'B3, the debug flag',
        ['x-b3-traceid', TRACE, 'x-b3-spanid', SPAN, 'x-b3-flags', '1'],
        { ...known, isSampled: true },
      ],
      [
        'B3 with 64 bits',
        ['x-b3-traceid', SPAN, 'x-b3-spanid', SPAN],
        { traceId: SPAN.padStart(32, '0'), spanId: SPAN, isSampled: null, isForced: false },
      ],
      [
        'B3 before W3C',
        ['traceparent', `00-${TRACE}-${SPAN}-00`, 'b3', `${TRACE}-${SPAN}-1`],
        { ...known, isSampled: true },
      ],
      [
        'that it wants one',
        ['x-client-trace-id', 'x'],
        { traceId: '', spanId: '', isSampled: null, isForced: true },
      ],
      ['B3 that is broken', ['x-b3-traceid', 'x', 'x-b3-spanid', SPAN], null],
    ];
  for (const [title, headers, expected] of cases)
    it(title, () => assert.deepEqual(readTraceContext(headers), expected));

  it('is read again as it was written', () => {
    for (const how of ['b3', 'w3c', 'both'] as const) {
      const headers = ['host', 'a'];
      writeTraceContext(headers, { traceId: TRACE, spanId: SPAN, parentId: '' }, how);
      assert.deepEqual(readTraceContext(headers), { ...known, isSampled: true });
    }
  });

  it('is never a failure, whatever it is', () => {
    const name = fc.constantFrom(
      'b3',
      'traceparent',
      'x-b3-traceid',
      'x-b3-spanid',
      'x-b3-sampled',
      'x-b3-flags',
    );
    const value = fc.oneof(
      fc.string(),
      fc.constantFrom(TRACE, SPAN, '1', '0', 'd', `00-${TRACE}-${SPAN}-01`),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value)), (pairs) => {
        const context = readTraceContext(pairs.flat());
        assert.match(context?.traceId ?? '', /^([0-9a-f]{32})?$/);
        assert.match(context?.spanId ?? '', /^([0-9a-f]{16})?$/);
      }),
    );
  });
});

describe('the request id', () => {
  const id = '00000063-1234-4abc-8def-0123456789ab';

  it('decides alike at every proxy', () => {
    assert.equal(
      isInSample(id, 1, () => 1),
      true,
    );
    assert.equal(
      isInSample(id, 0.5, () => 0),
      false,
    );
    assert.equal(
      isInSample('my-own', 1, () => 0.001),
      true,
    );
    assert.equal(
      isInSample(id, 0, () => 0),
      false,
    );
    assert.equal(
      isInSample(id, 100, () => 1),
      true,
    );
  });

  it('carries the decision', () => {
    assert.equal(traceReasonOf(id), null);
    assert.equal(traceReasonOf(withTraceReason(id, 'forced')), 'forced');
    assert.equal(traceReasonOf(withTraceReason(id, 'sampled')), 'sampled');
    assert.equal(withTraceReason('my-own', 'sampled'), 'my-own');
  });
});
