/** PromQL, in the pieces that the dashboards are made of. */

/** Grafana's own choice: four scrapes, or the step of the graph. */
const WINDOW = '$__rate_interval';

export function rate(metric: string, labels = ''): string {
  return `rate(${metric}${labels === '' ? '' : `{${labels}}`}[${WINDOW}])`;
}

export function sum(expression: string, ...by: readonly string[]): string {
  return by.length === 0 ? `sum(${expression})` : `sum by (${by.join(', ')}) (${expression})`;
}

/** Of a histogram, over all of it or by labels. */
export function quantile(share: number, metric: string, labels: string, ...by: readonly string[]): string {
  return `histogram_quantile(${share}, ${sum(rate(`${metric}_bucket`, labels), 'le', ...by)})`;
}

export const requests = (labels: string, ...by: readonly string[]) =>
  sum(rate('istio_requests_total', labels), ...by);

/** Share of requests that were answered, and with no error of a server. */
export const answeredWell = (labels: string, ...by: readonly string[]) =>
  `${requests(`${labels}, response_code!~"5..|0"`, ...by)} / ${requests(labels, ...by)}`;

/** Nothing of the kind is 0, not nothing. */
export const orZero = (expression: string) => `${expression} or vector(0)`;

export const DURATION = 'istio_request_duration_milliseconds';
