import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Counter, formatLabels, Histogram, renderCounters, renderHistograms } from './metrics.ts';

test('labels are escaped', () => {
  assert.equal(formatLabels([['a', 'x"y\\z\n']]), 'a="x\\"y\\\\z\\n"');
});

test('a histogram is cumulative and ends with +Inf', () => {
  const histogram = new Histogram('a="b"');
  for (const value of [0.2, 0.5, 3, 5_000_000]) histogram.observe(value);
  const text = renderHistograms('h', [histogram]);
  assert.match(text, /^# TYPE h histogram\n/);
  assert.match(text, /h_bucket\{a="b",le="0.5"\} 2\n/);
  assert.match(text, /h_bucket\{a="b",le="5"\} 3\n/);
  assert.match(text, /h_bucket\{a="b",le="3600000"\} 3\nh_bucket\{a="b",le="\+Inf"\} 4\n/);
  assert.match(text, /h_count\{a="b"\} 4\n/);
});

test('nothing counted is nothing shown', () => {
  assert.equal(renderCounters('c', []), '');
  const counter = new Counter('a="b"');
  counter.value = 2;
  assert.equal(renderCounters('c', [counter]), '# TYPE c counter\nc{a="b"} 2\n');
});
