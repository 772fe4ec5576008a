import assert from 'node:assert/strict';
import { test } from 'node:test';
import { renderFamilies } from '../base/exposition.ts';
import { resourceLabel } from '../istio/resource-label.ts';
import { documentOf, resourcesOf } from '../istio/testing/read-text.ts';
import type { LastGood } from './last-good/last-good.ts';
import { SourceMetrics } from './source-metrics.ts';

/** Documents in force, by name and what is in them. */
function inForce(hosts: Readonly<Record<string, string>>, remark = ''): LastGood {
  const documents = Object.entries(hosts).map(([name, host]) =>
    documentOf('DestinationRule', { host }, { name }),
  );
  if (documents.length === 0) return {};
  const resources = resourcesOf(remark + documents.join('---\n'));
  return Object.fromEntries(resources.map((resource) => [resourceLabel(resource), resource]));
}

test('documents that came, changed and went are counted by their kind; moved lines are no change', () => {
  const metrics = new SourceMetrics();
  metrics.onConfig({}, inForce({ a: 'a', b: 'b' }));
  metrics.onConfig(inForce({ a: 'a', b: 'b' }), inForce({ a: 'a', b: 'b' }, '# a remark\n'));
  metrics.onConfig(inForce({ a: 'a', b: 'b' }), inForce({ a: 'other' }));
  metrics.onTrigger('config');
  const lines = renderFamilies(metrics.families, 'text')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  assert.deepEqual(lines, [
    'pilot_push_triggers{type="config"} 1',
    'pilot_k8s_cfg_events{type="DestinationRule",event="add"} 2',
    'pilot_k8s_cfg_events{type="DestinationRule",event="update"} 1',
    'pilot_k8s_cfg_events{type="DestinationRule",event="delete"} 1',
  ]);
});
