/** Grafana's JSON of a dashboard, as far as ours need it: rows of panels of one height, in a grid of 24 columns. */

export interface Query {
  readonly expr: string;
  /** Of a series, with `{{label}}`; '' = Grafana's own. */
  readonly legend?: string;
}

export interface Panel {
  readonly title: string;
  readonly type: 'stat' | 'timeseries' | 'bargauge';
  /** Grafana's word for it: `reqps`, `ms`, `percentunit`, `Bps`, `bytes`, `short`. */
  readonly unit: string;
  readonly queries: readonly Query[];
  readonly description?: string;
}

export interface Dashboard {
  /** Of its file and its address. */
  readonly name: string;
  readonly title: string;
  readonly variables: readonly Variable[];
  readonly rows: readonly (readonly Panel[])[];
}

export interface Variable {
  readonly name: string;
  readonly label: string;
  /** `label_values(METRIC, LABEL)`. */
  readonly query: string;
}

const DATA_SOURCE = { type: 'prometheus', uid: 'lateen-prometheus' };
const COLUMNS = 24;
const HEIGHTS: Readonly<Record<Panel['type'], number>> = { stat: 4, timeseries: 8, bargauge: 8 };

export function renderDashboard({ name, title, variables, rows }: Dashboard): string {
  const dashboard = {
    uid: `lateen-${name}`,
    title: `Lateen ${title}`,
    tags: ['lateen'],
    ...{ schemaVersion: 39, version: 1, editable: true, graphTooltip: 1, timezone: 'browser' },
    ...{ refresh: '10s', time: { from: 'now-15m', to: 'now' } },
    links: [{ type: 'dashboards', title: 'Lateen', tags: ['lateen'], asDropdown: true, includeVars: false }],
    templating: { list: variables.map(renderVariable) },
    panels: renderRows(rows),
  };
  return `${JSON.stringify(dashboard, null, 2)}\n`;
}

function renderVariable({ name, label, query }: Variable) {
  return {
    ...{ name, label, type: 'query', datasource: DATA_SOURCE, query, definition: query },
    ...{ refresh: 2, sort: 1, includeAll: false, multi: false, hide: 0 },
  };
}

function renderRows(rows: readonly (readonly Panel[])[]) {
  let [id, y] = [0, 0];
  return rows.flatMap((row) => {
    const w = Math.floor(COLUMNS / row.length);
    const h = Math.max(...row.map(({ type }) => HEIGHTS[type]));
    const panels = row.map((panel, index) => renderPanel(panel, ++id, { x: index * w, y, w, h }));
    y += h;
    return panels;
  });
}

function renderPanel(
  { title, type, unit, queries, description = '' }: Panel,
  id: number,
  gridPos: { x: number; y: number; w: number; h: number },
) {
  return {
    ...{ id, title, type, description, gridPos, datasource: DATA_SOURCE },
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    options: type === 'timeseries' ? { tooltip: { mode: 'multi', sort: 'desc' } } : {},
    targets: queries.map(({ expr, legend = '' }, index) => ({
      refId: String.fromCharCode(65 + index),
      ...{ datasource: DATA_SOURCE, expr, legendFormat: legend === '' ? '__auto' : legend },
      ...(type === 'timeseries' ? { range: true } : { instant: true }),
    })),
  };
}
