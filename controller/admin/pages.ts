import { METRIC_TYPES, negotiateFormat } from '../../base/exposition.ts';
import { DEFAULT_MESH_CONFIG } from '../../istio/mesh-config.ts';
import type { Resource } from '../../istio/resource.ts';
import type { KubernetesSecretSpec } from '../../istio/schema/kubernetes.ts';
import { LABEL } from '../../model/labels.ts';
import { DEFAULT_NAMESPACE } from '../../model/names.ts';
import { REDACTED, type SecretSpec } from '../../model/secret.ts';
import { RESOURCE_KINDS } from '../../model/snapshot.ts';
import type { Certificates } from '../ca/certificates.ts';
import { compileSnapshot } from '../compile/compile-snapshot.ts';
import type { Workload } from '../compile/world.ts';
import type { Controller } from '../controller.ts';
import type { PushHub } from '../push/push-hub.ts';
import type { TraceStore } from '../traces/trace-store.ts';
import type { TrafficStore } from '../traffic/traffic-store.ts';
import { workloadMetrics } from '../traffic/workload-metrics.ts';
import type { ContainerFacts } from '../world/container-facts.ts';
import { createFindRule } from '../world/find-rule.ts';
import { roleOf } from '../world/membership.ts';
import type { AdminPages, AdminReply } from './admin-server.ts';
import { scrapeTargets } from './http-sd.ts';
import { type AttachCounts, renderMetrics } from './metrics.ts';
import { rulePlaces } from './rule-places.ts';

export interface PagesDeps {
  readonly controller: Controller;
  readonly hub: PushHub;
  readonly version: string;
  readonly isDockerConnected: () => boolean;
  readonly containers: () => ReadonlyMap<string, ContainerFacts>;
  readonly certificates: Certificates;
  readonly traces: TraceStore;
  readonly traffic: TrafficStore;
  readonly attached: AttachCounts;
}

const NO_WORLD = { workloads: [], mesh: DEFAULT_MESH_CONFIG };

/** `/ready`, `/metrics` and the `/debug` pages under istiod's names. */
export function createPages(deps: PagesDeps): AdminPages {
  const { controller, hub } = deps;
  return {
    '/ready': () =>
      controller.index === null ? { status: 503, body: 'NOT READY\n' } : { status: 200, body: 'READY\n' },
    '/version': () => ok({ version: deps.version }),
    '/metrics': (_, accept) => {
      const format = negotiateFormat(accept);
      return { status: 200, body: renderMetrics(deps, format), type: METRIC_TYPES[format] };
    },
    '/http_sd': () =>
      ok(scrapeTargets(controller.world ?? NO_WORLD, 'lateen-controller', networksOfController(deps))),
    '/debug/syncz': () => ok(syncStatus(deps)),
    '/debug/registryz': () =>
      ok({
        services: controller.world?.services ?? [],
        workloads: controller.world?.workloads ?? [],
        nowMs: Date.now(),
      }),
    '/debug/configz': () =>
      ok({
        resources: (controller.world?.resources ?? []).map(withoutSecrets),
        mesh: controller.world?.mesh ?? null,
      }),
    '/debug/violations': () => ok(controller.violationLog.violations),
    '/debug/config_dump': (query) => configDump(deps, query.get('proxyID') ?? ''),
    '/debug/proxies': () => ok(hub.statuses),
    '/debug/tracing_audit': () => ok(deps.traces.audit()),
    '/debug/workload_metrics': (query) => {
      const nowMs = Date.now();
      const seconds = Math.min(900, Math.max(1, Number(query.get('seconds')) || 60));
      return ok(workloadMetrics(deps.traffic, { nowMs, untilMs: nowMs, seconds }));
    },
  };
}

/** A Secret's contents are nobody's to read here; its keys are. */
export function withoutSecrets(resource: Resource): Resource {
  if (resource.kind !== 'Secret') return resource;
  const { data, stringData, ...spec } = resource.spec as KubernetesSecretSpec;
  const redact = (values: Readonly<Record<string, string>>) =>
    Object.fromEntries(Object.keys(values).map((key) => [key, REDACTED]));
  return { ...resource, spec: { ...spec, data: redact({ ...data, ...stringData }) } };
}

function networksOfController({ containers }: PagesDeps): ReadonlySet<string> {
  const own = [...containers().values()].find((facts) => roleOf(facts) === 'controller');
  return new Set(own?.networks.map(({ id }) => id));
}

const ok = (body: unknown): AdminReply => ({ status: 200, body });

/** Every proxy that there should be, where it stands, and which content of which file is in force. */
function syncStatus({ controller, hub, containers, isDockerConnected }: PagesDeps) {
  const statuses = hub.statuses;
  const proxies = (controller.world?.workloads ?? [])
    .filter(({ proxy }) => proxy !== null)
    .map((workload) => {
      const status = statuses.find(
        ({ container }) =>
          container === workload.id || containers().get(container)?.labels[LABEL.agentFor] === workload.id,
      );
      return {
        proxy: `${workload.name}.${workload.namespace}`,
        workload: workload.workload,
        kind: workload.proxy,
        health: workload.health,
        ...(status ?? {
          state: 'NOT CONNECTED',
          version: '',
          lastError: '',
          lastReplyMs: 0,
          connectedMs: 0,
          lastRoundTripMs: 0,
        }),
      };
    });
  const files = Object.fromEntries(
    [...controller.files].map(([file, state]) => [file, state.kind === 'parsed' ? state.contentHash : '']),
  );
  return {
    meshId: controller.world?.meshId ?? '',
    isDockerConnected: isDockerConnected(),
    isSettled: controller.isCurrent && proxies.every(({ state }) => state === 'SYNCED'),
    files,
    proxies,
  };
}

/** As people call a proxy; several of one workload have the same. */
const shortName = ({ workload, namespace }: Workload) =>
  namespace === DEFAULT_NAMESPACE ? workload : `${workload}.${namespace}`;

/** A snapshot as it is compiled for one proxy, found by `name.namespace`, name or workload. */
function configDump(deps: PagesDeps, proxyId: string): AdminReply {
  const { index } = deps.controller;
  if (index === null) return { status: 503, body: { error: 'nothing has been read yet' } };
  const proxies = index.world.workloads.filter(({ proxy }) => proxy !== null);
  const [name = '', namespace] = proxyId.split('.');
  const found =
    proxies.find((workload) => `${workload.name}.${workload.namespace}` === proxyId) ??
    proxies.find((workload) => workload.id.startsWith(proxyId) && proxyId.length >= 8) ??
    proxies.find(
      (workload) => workload.workload === name && (namespace ?? workload.namespace) === workload.namespace,
    ) ??
    proxies.find((workload) => workload.labels[LABEL.app] === name);
  if (found === undefined) {
    const known = [...new Set(proxies.map(shortName))];
    return {
      status: 404,
      body: { error: `no proxy is called ${JSON.stringify(proxyId)}`, asked: proxyId, known },
    };
  }
  const snapshot = compileSnapshot(index, found);
  const { resources } = snapshot;
  const dump = Object.fromEntries(RESOURCE_KINDS.map((kind) => [kind, [...resources[kind].values()]]));
  const secret = [...ownSecrets(deps, found.id), ...resources.secret.values()];
  const places = rulePlaces(snapshot, createFindRule(index.world.resources));
  return { status: 200, body: { proxy: `${found.name}.${found.namespace}`, ...dump, secret, places } };
}

/** Its certificate of the mesh and what it trusts, under Istio's names; the controller has never had the key. */
function ownSecrets({ certificates, hub, containers }: PagesDeps, workloadId: string): SecretSpec[] {
  const proxy = hub.statuses.find(
    ({ container }) =>
      container === workloadId || containers().get(container)?.labels[LABEL.agentFor] === workloadId,
  );
  const nothing = { certificate: '', privateKey: null, trust: '', revoked: '', files: null };
  const certificate = certificates.heldBy(proxy?.container ?? '');
  return [
    ...(certificate === '' ? [] : [{ ...nothing, name: 'default', certificate }]),
    { ...nothing, name: 'ROOTCA', trust: certificates.roots },
  ];
}
