import { jsonSchemas } from '../../istio/json-schemas.ts';
import type { ClusterHealthView } from '../../model/console.ts';
import { LABEL } from '../../model/labels.ts';
import type { ClusterReport } from '../../model/traffic.ts';
import { compileSnapshot } from '../compile/compile-snapshot.ts';
import type { WorldIndex } from '../compile/world-index.ts';
import { graphNodes } from '../traffic/graph-nodes.ts';
import { graphView } from '../traffic/graph-view.ts';
import { trafficView } from '../traffic/traffic-view.ts';
import type { ContainerFacts } from '../world/container-facts.ts';
import { createFindRule } from '../world/find-rule.ts';
import { preview, save } from './config-changes.ts';
import { configFileViews } from './config-views.ts';
import { ConfigWriter } from './config-writer.ts';
import type { ConsoleDeps } from './console-deps.ts';
import { type ApiReply, type ConsoleApi, failure } from './console-server.ts';
import { containerOf, logView, readTail } from './log-view.ts';
import { isSynced, proxiesByWorkload } from './proxies.ts';
import { routeViews } from './route-views.ts';
import { serviceViews } from './service-views.ts';
import { statusView } from './status-view.ts';
import { readTraceQuery, traceSummaries, traceView } from './trace-views.ts';
import { workloadViews } from './workload-views.ts';

const ok = (body: unknown): ApiReply => ({ status: 200, body });
const NO_WORKLOAD = failure(404, 'there is no such workload (any longer)', 'Look at the list again.');
const BAD_SEARCH = failure(400, 'that is no search', 'A status is 503, 5xx or error.');
const NOT_READ = failure(503, 'files and containers have not been read yet', 'Wait a moment.');

/** What the console asks (model/console.ts). */
export function createConsoleApi(deps: ConsoleDeps): ConsoleApi {
  const writer = new ConfigWriter(deps.configDirectory);
  let schemas: unknown = null;
  return {
    ...meshPages(deps),
    ...trafficPages(deps),
    ...tracePages(deps),
    'GET /api/config': () => ok(configFileViews(deps.files(), inForceOf(deps))),
    'GET /api/schemas': () => {
      schemas ??= jsonSchemas();
      return ok(schemas);
    },
    'POST /api/preview': ({ body }) => preview(deps, body),
    'PUT /api/config': ({ body }) => save(deps, writer, body),
    'GET /api/history': () => ok(deps.history.entries()),
    'GET /api/history/entry': ({ query }) => {
      const id = Number(query.get('id') ?? '');
      const entry = Number.isSafeInteger(id) ? deps.history.entry(id) : null;
      return entry === null
        ? failure(404, 'that entry is not kept (any longer)', 'Look at the list again.')
        : ok(entry);
    },
  };
}

function meshPages(deps: ConsoleDeps): ConsoleApi {
  const { controller, hub, containers, certificates, traffic } = deps;
  const proxies = () => proxiesByWorkload(hub.statuses, containers());
  const ejectedBy = (host: string) =>
    traffic.ejectedBy(host).flatMap((container) => {
      const owner = containers().get(container)?.labels[LABEL.agentFor] ?? container;
      return controller.index?.workloadsById.get(owner)?.name ?? [];
    });
  const withIndex = (make: (index: WorldIndex) => unknown) =>
    controller.index === null ? NOT_READ : ok(make(controller.index));
  const workloadNamed = (name: string) => controller.world?.workloads.find((each) => each.name === name);
  return {
    'GET /api/status': () => ok(statusView(deps)),
    'GET /api/services': () =>
      withIndex((index) => serviceViews(index, (address, port) => ejectedBy(`${address}:${port}`))),
    'GET /api/workloads': () =>
      withIndex((index) =>
        workloadViews(index, {
          ...{ containers: containers(), proxies: proxies(), certificates },
          clustersOf: (container) => traffic.clustersOf(container).map(clusterView),
        }),
      ),
    'GET /api/routes': ({ query }) => {
      const workload = workloadNamed(query.get('proxy') ?? '');
      if (workload === undefined || workload.proxy === null) return NO_WORKLOAD;
      return withIndex((index) =>
        routeViews(compileSnapshot(index, workload).resources, createFindRule(index.world.resources)),
      );
    },
    'GET /api/logs': async ({ query }) => {
      const workload = workloadNamed(query.get('workload') ?? '');
      const of = query.get('of') ?? 'app';
      if (workload === undefined || (of !== 'app' && of !== 'agent')) return NO_WORKLOAD;
      const isAgentOf = ({ labels }: ContainerFacts) => labels[LABEL.agentFor] === workload.id;
      const container = containerOf(workload, of, containers(), proxies(), isAgentOf);
      return ok(await logView(deps.docker, container, of, readTail(query.get('tail'))));
    },
  };
}

function trafficPages({ controller, hub, containers, traffic, wall }: ConsoleDeps): ConsoleApi {
  const isOfMesh = (hostname: string) => {
    const service = controller.index?.servicesByHost.get(hostname);
    return service !== undefined && service.external?.location !== 'MESH_EXTERNAL';
  };
  return {
    'GET /api/graph': ({ query }) => {
      const proxies = proxiesByWorkload(hub.statuses, containers());
      const nodes = graphNodes(controller.world?.workloads ?? [], (each) => isSynced(each, proxies));
      return ok(graphView(traffic, nodes, readWindow(query, wall()), isOfMesh));
    },
    'GET /api/traffic': ({ query }) =>
      ok(trafficView(traffic, query.get('node') ?? '', readWindow(query, wall()), isOfMesh)),
  };
}

function tracePages({ controller, traces, wall }: ConsoleDeps): ConsoleApi {
  return {
    'GET /api/traces': ({ query }) => {
      const asked = readTraceQuery(query, wall());
      return asked === null ? BAD_SEARCH : ok(traceSummaries(traces, asked));
    },
    'GET /api/trace': ({ query }) => {
      const view = traceView(
        traces,
        query.get('id') ?? '',
        createFindRule(controller.world?.resources ?? []),
      );
      return view === null ? failure(404, 'that trace is not kept (any longer)', 'Search again.') : ok(view);
    },
  };
}

function inForceOf({ controller }: ConsoleDeps) {
  return { resources: controller.world?.resources ?? [], violations: controller.violationLog.violations };
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
