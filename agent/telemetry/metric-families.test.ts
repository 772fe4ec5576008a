import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderFamilies } from '../../base/exposition.ts';
import { MAX_SERIES, MetricFamilies } from './metric-families.ts';

test('series without end fill no memory: what is beyond is counted together, and it is told', () => {
  const families = new MetricFamilies();
  const count = (host: string) => {
    const counter = families.counter('REQUEST_COUNT', () => `destination_service="${host}"`);
    if (counter !== null) counter.value += 1;
  };
  for (let index = 0; index < MAX_SERIES + 5; index++) count(`scanned-${index}`);
  count('scanned-0');
  const text = renderFamilies(families.all, 'text');
  assert.match(text, /^istio_requests_total\{overflow="true"\} 5$/m);
  assert.match(text, /^istio_requests_total\{destination_service="scanned-0"\} 2$/m);
  assert.match(text, /^lateen_metric_overflow_total\{metric="REQUEST_COUNT"\} 5$/m);
});
