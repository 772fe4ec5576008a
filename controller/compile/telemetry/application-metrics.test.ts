import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DEFAULT_MESH_CONFIG } from '../../../istio/mesh-config.ts';
import type { Labels } from '../../../model/labels.ts';
import { workload } from '../world.fixture.ts';
import { mergedMetricsOf } from './application-metrics.ts';

const merged = (labels: Labels, mesh = {}) =>
  mergedMetricsOf({ ...DEFAULT_MESH_CONFIG, ...mesh }, workload('a', { labels })).applicationMetrics;
const SCRAPED = { 'prometheus.io/scrape': 'true' };

describe('metrics of an application', () => {
  it('are on port 80 and at /metrics where its labels do not say else', () => {
    assert.deepEqual(merged(SCRAPED), { port: 80, path: '/metrics' });
    assert.deepEqual(merged({ ...SCRAPED, 'prometheus.io/port': '9', 'prometheus.io/path': 'own' }), {
      ...{ port: 9, path: '/own' },
    });
  });

  it('are nowhere without the label, or on a port that is none', () => {
    assert.equal(merged({ 'prometheus.io/port': '9' }), undefined);
    assert.equal(merged({ 'prometheus.io/scrape': 'false' }), undefined);
    for (const port of ['0', '65536', 'metrics', '1.5'])
      assert.equal(merged({ ...SCRAPED, 'prometheus.io/port': port }), undefined, port);
  });

  it('are not asked of the proxy itself, which would ask itself again', () => {
    assert.equal(merged({ ...SCRAPED, 'prometheus.io/port': '15020' }), undefined);
  });

  it('are left where they are by a label, or by MeshConfig unless a label wants them', () => {
    const label = (value: string) => ({ ...SCRAPED, 'prometheus.istio.io/merge-metrics': value });
    assert.equal(merged(label('false')), undefined);
    const off = { mergesMetrics: false };
    assert.equal(merged(SCRAPED, off), undefined);
    assert.ok(merged(label('true'), off));
  });
});
