import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { DASHBOARDS } from './dashboards/dashboards.ts';
import { renderDashboard } from './dashboards/grafana.ts';

const folder = join(import.meta.dirname, '..', 'compose', 'observability', 'dashboards');

for (const dashboard of DASHBOARDS)
  test(`the dashboard ${dashboard.name} is what its description makes: npm run dashboards`, () => {
    assert.equal(readFileSync(join(folder, `${dashboard.name}.json`), 'utf8'), renderDashboard(dashboard));
  });
