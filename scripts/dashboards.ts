// compose/observability/dashboards: what Grafana shows. `npm run dashboards` writes them.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DASHBOARDS } from './dashboards/dashboards.ts';
import { renderDashboard } from './dashboards/grafana.ts';

const folder = join(import.meta.dirname, '..', 'compose', 'observability', 'dashboards');
mkdirSync(folder, { recursive: true });
for (const dashboard of DASHBOARDS)
  writeFileSync(join(folder, `${dashboard.name}.json`), renderDashboard(dashboard));
