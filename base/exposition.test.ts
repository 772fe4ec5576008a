import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { negotiateFormat, renderFamilies } from './exposition.ts';
import { Counter, counters, gauges, Histogram, histograms } from './metrics.ts';

const REQUESTS = counters('istio_requests_total', 'Requests.', [new Counter('a="b"', 2)]);

describe("Prometheus' text", () => {
  test('names, explains and lists each family that has something to show', () => {
    assert.equal(
      renderFamilies(
        [REQUESTS, counters('c', 'None.', []), gauges('g', 'One.', [new Counter('', 1)])],
        'text',
      ),
      '# HELP istio_requests_total Requests.\n# TYPE istio_requests_total counter\nistio_requests_total{a="b"} 2\n' +
        '# HELP g One.\n# TYPE g gauge\ng{} 1\n',
    );
  });

  test('has cumulative histograms that end with +Inf', () => {
    const histogram = new Histogram('a="b"');
    for (const value of [0.2, 0.5, 3, 5_000_000]) histogram.observe(value);
    const text = renderFamilies([histograms('h', 'Times.', [histogram])], 'text');
    assert.match(text, /^# HELP h Times.\n# TYPE h histogram\n/);
    assert.match(text, /h_bucket\{a="b",le="0.5"\} 2\n/);
    assert.match(text, /h_bucket\{a="b",le="5"\} 3\n/);
    assert.match(text, /h_bucket\{a="b",le="3600000"\} 3\nh_bucket\{a="b",le="\+Inf"\} 4\n/);
    assert.match(text, /h_sum\{a="b"\} 5000003.7\nh_count\{a="b"\} 4\n$/);
  });
});

describe('OpenMetrics', () => {
  test('names the family of a total without its end', () => {
    assert.equal(
      renderFamilies([REQUESTS], 'openmetrics'),
      '# HELP istio_requests Requests.\n# TYPE istio_requests counter\nistio_requests_total{a="b"} 2\n',
    );
  });

  test('leaves the names of Envoy’s counters, which are no totals there', () => {
    const retries = counters('envoy_cluster_upstream_rq_retry', 'Retries.', [new Counter('', 1)]);
    assert.match(
      renderFamilies([retries], 'openmetrics'),
      /\n# TYPE envoy_cluster_upstream_rq_retry unknown\nenvoy_cluster_upstream_rq_retry\{\} 1\n$/,
    );
  });

  test('tells units, and the trace that a bucket last counted', () => {
    const histogram = new Histogram('', [1, 10]);
    histogram.observe(4);
    histogram.exemplify({ traceId: 'abc', value: 4, seenAt: 1700000000.5 });
    const families = [histograms('h_milliseconds', 'Times.', [histogram])];
    const text = renderFamilies(families, 'openmetrics');
    assert.match(text, /\n# UNIT h_milliseconds milliseconds\n/);
    assert.match(text, /\nh_milliseconds_bucket\{le="1"\} 0\n/);
    assert.match(text, /\nh_milliseconds_bucket\{le="10"\} 1 # \{trace_id="abc"\} 4 1700000000.500\n/);
    assert.doesNotMatch(renderFamilies(families, 'text'), /trace_id|UNIT/);
  });
});

test('a scraper gets OpenMetrics where it likes it no less than text', () => {
  const prometheus =
    'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1';
  assert.equal(negotiateFormat(prometheus), 'openmetrics');
  assert.equal(negotiateFormat('text/plain;version=0.0.4,application/openmetrics-text;q=0.5'), 'text');
  assert.equal(negotiateFormat('application/openmetrics-text;q=0,*/*'), 'text');
  assert.equal(negotiateFormat('*/*'), 'text');
  assert.equal(negotiateFormat(''), 'text');
});
