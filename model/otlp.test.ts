import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { decodeTraces, encodeTraces, readTracesJson } from './otlp.ts';
import type { Span } from './span.ts';

const span: Span = {
  ...{
    traceId: '0af7651916cd43dd8448eb211c80319c',
    spanId: 'b7ad6b7169203331',
    parentId: '00f067aa0ba902b7',
  },
  ...{ kind: 'SERVER', name: 'reviews:9080/*', service: 'reviews.default', isError: false },
  ...{
    startUs: 1_764_000_000_123_456,
    durationUs: 1500,
    tags: { 'http.status_code': '200', component: 'proxy' },
  },
};

describe('OTLP', () => {
  it('is read again as it was written', () => {
    const spans = [
      span,
      { ...span, spanId: '1'.repeat(16), parentId: '', service: 'ratings.default', isError: true },
    ];
    assert.deepEqual(decodeTraces(encodeTraces(spans)), spans);
  });

  it('of a time that there is none leaves the span out', () => {
    const late = { ...span, startUs: Number.MAX_SAFE_INTEGER, durationUs: 10_000 };
    assert.deepEqual(decodeTraces(encodeTraces([late, span])), [span]);
  });

  it('that is no message is none, and never a failure', () => {
    const whole = encodeTraces([span]);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(whole.length), (noise, at) => {
        decodeTraces(Buffer.from(noise));
        decodeTraces(Buffer.concat([whole.subarray(0, at), noise]));
        readTracesJson(Buffer.from(noise).toString());
      }),
    );
    assert.equal(decodeTraces(Buffer.from([255])), null);
  });

  it('in JSON says the same', () => {
    const text = JSON.stringify({
      resourceSpans: [
        {
          resource: { attributes: [{ key: 'service.name', value: { stringValue: 'reviews.default' } }] },
          scopeSpans: [
            {
              spans: [
                {
                  ...{
                    traceId: span.traceId.toUpperCase(),
                    spanId: span.spanId,
                    parentSpanId: span.parentId,
                  },
                  ...{ name: span.name, kind: 2 },
                  ...{ startTimeUnixNano: '1764000000123456000', endTimeUnixNano: '1764000000124956000' },
                  attributes: [
                    { key: 'http.status_code', value: { intValue: '200' } },
                    { key: 'component', value: { stringValue: 'proxy' } },
                  ],
                },
              ],
            },
          ],
        },
      ],
    });
    assert.deepEqual(readTracesJson(text), [span]);
    assert.equal(readTracesJson('{'), null);
    assert.equal(
      readTracesJson('{"resourceSpans":[{"scopeSpans":[{"spans":[{"startTimeUnixNano":"x"}]}]}]}'),
      null,
    );
  });
});
