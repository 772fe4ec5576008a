import type { Server } from 'node:http';
import type { Clock } from '../../base/clock.ts';
import { METRIC_TYPES, type MetricFormat, negotiateFormat, OPENMETRICS_END } from '../../base/exposition.ts';
import { type LineLogger, LOG_LEVELS } from '../../base/log.ts';
import { PORT } from '../../model/ports.ts';
import { RESOURCE_KINDS } from '../../model/snapshot.ts';
import type { HeldSnapshot } from '../control/resource-store.ts';
import { type Page, type PageRequest, type Pages, servePages } from './http-pages.ts';
import { createMergedMetrics } from './merged-metrics.ts';

export interface AdminDeps {
  readonly clock: Clock;
  /** The proxy's own, whose level may be changed here. */
  readonly log: LineLogger;
  readonly held: () => HeldSnapshot;
  readonly isReady: () => boolean;
  readonly renderMetrics: (format: MetricFormat) => string;
  /** Ends the agent gracefully. */
  readonly quit: () => void;
}

/** 15000 (loopback), 15020, 15021 and 15090, each with the pages that it has in Istio. */
export function openAdminServers(deps: AdminDeps): Promise<readonly Server[]> {
  const metrics = ({ headers }: PageRequest): Page => {
    const format = negotiateFormat(headers.accept ?? '');
    return {
      ...{ status: 200, type: METRIC_TYPES[format] },
      body: deps.renderMetrics(format) + (format === 'openmetrics' ? OPENMETRICS_END : ''),
    };
  };
  const merged = createMergedMetrics(deps.renderMetrics, () => nodeOf(deps)?.applicationMetrics, deps.clock);
  const ready = (): Page =>
    deps.isReady() ? { status: 200, body: 'LIVE\n' } : { status: 503, body: 'NOT READY\n' };
  const admin: Pages = {
    '/config_dump': () => ({
      ...{ status: 200, body: dump(deps.held()) },
      type: 'application/json; charset=utf-8',
    }),
    '/stats/prometheus': metrics,
    '/ready': ready,
    '/logging': ({ method, query }) => logging(deps.log, method, query.get('level')),
    '/quitquitquit': ({ method }) => {
      if (method !== 'POST') return { status: 405, body: 'POST only\n' };
      deps.quit();
      return { status: 200, body: 'OK\n' };
    },
  };
  return Promise.all([
    servePages(admin, PORT.agentAdmin, '127.0.0.1', true),
    servePages({ '/stats/prometheus': merged, '/healthz/ready': ready }, PORT.agentStatus, '0.0.0.0'),
    servePages({ '/healthz/ready': ready }, PORT.agentReady, '0.0.0.0'),
    servePages({ '/stats/prometheus': metrics }, PORT.agentMetrics, '0.0.0.0'),
  ]);
}

/** Envoy's `POST /logging?level=debug`; there is one logger. */
function logging(log: LineLogger, method: string, wanted: string | null): Page {
  if (wanted !== null) {
    if (method !== 'POST') return { status: 405, body: 'POST only\n' };
    const level = LOG_LEVELS.find((each) => each === wanted);
    if (level === undefined)
      return { status: 400, body: `no level ${wanted}: there are ${LOG_LEVELS.join(', ')}\n` };
    log.level = level;
  }
  return { status: 200, body: `active loggers:\n  proxy: ${log.level}\n` };
}

const nodeOf = ({ held }: AdminDeps) => held().snapshot.resources.node.get('self');

function dump({ version, snapshot }: HeldSnapshot): string {
  const resources = Object.fromEntries(
    RESOURCE_KINDS.map((kind) => [kind, [...snapshot.resources[kind].values()]]),
  );
  return JSON.stringify({ version, ...resources }, null, 2);
}
