import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '../../base/clock.ts';
import {
  METRIC_TYPES,
  type MetricFormat,
  negotiateFormat,
  OPENMETRICS_END,
  renderFamilies,
} from '../../base/exposition.ts';
import { Counter, counters } from '../../base/metrics.ts';
import type { NodeSpec } from '../../model/node.ts';
import type { Page, PageRequest } from './http-pages.ts';
import { request } from './node-http.ts';

/** Of a scraper that does not say how long it waits. */
const PATIENCE_MS = 3000;
/** An application that says more is cut off here: a scrape must not fill the agent's memory. */
const MAX_BYTES = 16 * 1024 * 1024;
const END = /^# EOF\s*$/m;

interface Scraped {
  readonly text: string;
  readonly format: MetricFormat;
}

/**
 * The proxy's metrics and those of the application beside it, as Istio's 15020 has them. The application is asked what
 * the scraper asked, and the whole is in the format of its answer, since the proxy can write both.
 */
export function createMergedMetrics(
  renderOwn: (format: MetricFormat) => string,
  application: () => NodeSpec['applicationMetrics'],
  clock: Clock,
): (asked: Pick<PageRequest, 'headers'>) => Promise<Page> {
  const failures = new Counter('type="application"');
  const failed = counters('istio_agent_scrape_failures_total', 'Scrapes that failed.', [failures]);
  return async ({ headers }) => {
    const place = application();
    const theirs = place === undefined ? undefined : await scrape(place, headers, clock);
    if (theirs === null) failures.value += 1;
    const format = theirs?.format ?? negotiateFormat(headers.accept ?? '');
    const body = renderOwn(format) + renderFamilies([failed], format) + (theirs?.text ?? '').replace(END, '');
    return {
      ...{ status: 200, type: METRIC_TYPES[format] },
      body: body + (format === 'openmetrics' ? OPENMETRICS_END : ''),
    };
  };
}

/** null = there was no answer to be had. Asked on loopback, where an application that listens at all is reached. */
function scrape(
  { port, path }: { port: number; path: string },
  asked: IncomingHttpHeaders,
  clock: Clock,
): Promise<Scraped | null> {
  return new Promise((resolve) => {
    const headers = forwarded(asked);
    const outgoing = request({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
        if (text.length > MAX_BYTES) outgoing.destroy();
      });
      const isOpenMetrics = (response.headers['content-type'] ?? '').startsWith(
        'application/openmetrics-text',
      );
      const format = isOpenMetrics ? 'openmetrics' : 'text';
      response.on('end', () =>
        finish(response.statusCode === 200 ? { text: withNewline(text), format } : null),
      );
      response.on('error', () => finish(null));
    });
    const cancelTimer = clock.after(patienceMs(asked), () => outgoing.destroy());
    const finish = (scraped: Scraped | null) => {
      cancelTimer();
      resolve(scraped);
    };
    outgoing.on('error', () => finish(null));
    outgoing.on('close', () => finish(null));
    outgoing.end();
  });
}

/** Prometheus says how long it waits. */
const TIMEOUT_HEADER = 'x-prometheus-scrape-timeout-seconds';

/** As istio-agent does (its `applyHeaders`). */
function forwarded(asked: IncomingHttpHeaders): Record<string, string> {
  const names = ['accept', 'user-agent', TIMEOUT_HEADER];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = asked[name];
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );
}

/** The scraper is answered in time, with what the proxy has, though its application is silent. */
function patienceMs(asked: IncomingHttpHeaders): number {
  const told = Number(asked[TIMEOUT_HEADER]) * 1000 * 0.9;
  return told > 0 ? Math.min(told, 60_000) : PATIENCE_MS;
}

const withNewline = (text: string) => (text === '' || text.endsWith('\n') ? text : `${text}\n`);
