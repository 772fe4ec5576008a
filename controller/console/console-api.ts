import type { ClusterHealthView } from '../../model/console.ts';
import { LABEL } from '../../model/labels.ts';
import type { ClusterReport } from '../../model/traffic.ts';
import { graphNodes } from '../traffic/graph-nodes.ts';
import { graphView } from '../traffic/graph-view.ts';
import { trafficView } from '../traffic/traffic-view.ts';
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
  const isOfMesh = (hostname: string) => {
    const service = controller.index?.servicesByHost.get(hostname);
    return service !== undefined && service.external?.location !== 'MESH_EXTERNAL';
  };
  const ejectedBy = (host: string) =>
    traffic.ejectedBy(host).flatMap((container) => {
      const owner = containers().get(container)?.labels[LABEL.agentFor] ?? container;
      return controller.index?.workloadsById.get(owner)?.name ?? [];
    });
  return {
    'GET /api/status': () => ok(statusView(deps)),
    'GET /api/services': () =>
      controller.index === null
        ? NOT_READ
        : ok(serviceViews(controller.index, (address, port) => ejectedBy(`${address}:${port}`))),
    'GET /api/workloads': () =>
      controller.index === null
        ? NOT_READ
        : ok(
            workloadViews(controller.index, {
              ...{ containers: containers(), proxies: proxies(), certificates },
              clustersOf: (container) => traffic.clustersOf(container).map(clusterView),
            }),
          ),
    'GET /api/graph': ({ query }) => {
      const known = proxies();
      const nodes = graphNodes(controller.world?.workloads ?? [], (each) => isSynced(each, known));
      return ok(graphView(traffic, nodes, readWindow(query, wall()), isOfMesh));
    },
    'GET /api/traffic': ({ query }) =>
      ok(trafficView(traffic, query.get('node') ?? '', readWindow(query, wall()), isOfMesh)),
    'GET /api/config': () =>
      ok(
        configFileViews(deps.files(), {
          resources: controller.world?.resources ?? [],
          violations: controller.violationLog.violations,
        }),
      ),
  };
}

function clusterView({ ejected, ...report }: ClusterReport): ClusterHealthView {
  return { ...report, ejectedHosts: ejected.length };
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
