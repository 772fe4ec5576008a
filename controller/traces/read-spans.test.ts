import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Span } from '../../model/span.ts';
import { readSpans } from './read-spans.ts';

const span: Span = {
  ...{ traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), parentId: '', kind: 'SERVER', name: 'n' },
  ...{ service: 's', startUs: 1, durationUs: 2, isError: false, tags: { a: 'b' } },
};

test('spans are taken as they are, and nothing that only looks like some', () => {
  assert.deepEqual(readSpans(JSON.stringify([span])), [span]);
  const wrong: readonly unknown[] = [
    ...[{}, null, [null], [{ ...span, tags: null }], [{ ...span, tags: { a: 1 } }], [{ ...span, name: {} }]],
    ...[[{ ...span, traceId: 'x' }], [{ ...span, startUs: -1 }], [{ ...span, kind: 'ROOT' }]],
  ];
  for (const value of wrong) assert.equal(readSpans(JSON.stringify(value)), null, JSON.stringify(value));
  assert.equal(readSpans('{'), null);
});
