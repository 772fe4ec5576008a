import { graphNodes } from '../traffic/graph-nodes.ts';
import { graphView } from '../traffic/graph-view.ts';
import { configFileViews } from './config-views.ts';
import type { ConsoleDeps } from './console-deps.ts';
import { type ApiReply, type ConsoleApi, failure } from './console-server.ts';
import { isSynced, proxiesByWorkload } from './proxies.ts';
import { serviceViews } from './service-views.ts';
import { statusView } from './status-view.ts';
import { workloadViews } from './workload-views.ts';

const ok = (body: unknown): ApiReply => ({ status: 200, body });
const NOT_READ = failure(503, 'files and containers have not been read yet', 'Wait a moment.');

/** What the console asks (model/console.ts). */
export function createConsoleApi(deps: ConsoleDeps): ConsoleApi {
  const { controller, hub, containers, certificates, traffic, wall } = deps;
  const proxies = () => proxiesByWorkload(hub.statuses, containers());
  return {
    'GET /api/status': () => ok(statusView(deps)),
    'GET /api/services': () =>
      controller.index === null ? NOT_READ : ok(serviceViews(controller.index, () => [])),
    'GET /api/workloads': () =>
      controller.index === null
        ? NOT_READ
        : ok(
            workloadViews(controller.index, {
              ...{ containers: containers(), proxies: proxies(), certificates },
              clustersOf: () => [],
            }),
          ),
    'GET /api/graph': ({ query }) => {
      const known = proxies();
      const nodes = graphNodes(controller.world?.workloads ?? [], (each) => isSynced(each, known));
      return ok(graphView(traffic, nodes, readWindow(query, wall())));
    },
    'GET /api/config': () =>
      ok(
        configFileViews(deps.files(), {
          resources: controller.world?.resources ?? [],
          violations: controller.violationLog.violations,
        }),
      ),
  };
}

const DEFAULT_WINDOW_S = 60;
const LONGEST_WINDOW_S = 900;

/** `seconds=60&until=MS`; 0 or absent = now. */
function readWindow(query: URLSearchParams, nowMs: number) {
  const number = (name: string) => {
    const value = Number(query.get(name) ?? '');
    return Number.isFinite(value) && value > 0 ? value : 0;
  };
  const seconds = Math.min(LONGEST_WINDOW_S, Math.round(number('seconds') || DEFAULT_WINDOW_S));
  return { nowMs, seconds, untilMs: Math.min(nowMs, number('until') || nowMs) };
}
