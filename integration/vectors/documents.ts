import { stringify } from 'yaml';
import { DEFAULT_NAMESPACE } from '../../model/names.ts';
import type { Scenario, ScenarioService } from '../../vectors/scenario.ts';
import { OUTSIDE } from './containers.ts';

/** Keys of the access log's lines, and what they hold. */
const LOG_LINE = {
  hopStart: '%START_TIME%',
  requestId: '%REQ(X-REQUEST-ID)%',
  route: '%ROUTE_NAME%',
  cluster: '%UPSTREAM_CLUSTER_RAW%',
  upstream: '%UPSTREAM_HOST%',
  status: '%RESPONSE_CODE%',
  flags: '%RESPONSE_FLAGS%',
  details: '%RESPONSE_CODE_DETAILS%',
  attempts: '%UPSTREAM_REQUEST_ATTEMPT_COUNT%',
  path: '%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%',
  peer: '%DOWNSTREAM_PEER_URI_SAN%',
};

export type LogLine = Readonly<Record<keyof typeof LOG_LINE, string | number | null>>;

/** All that a scenario's cluster is told, as one file: it comes into force, and goes, at once. */
export function writeDocuments(scenario: Scenario, addressOf: (name: string) => string): string {
  return [
    meshConfig(scenario),
    ...scenario.services.map(writeService),
    NO_GATEWAY_SERVICE,
    withAddresses(scenario, addressOf),
  ].join('\n---\n');
}

function meshConfig({ meshConfig: own = '' }: Scenario): string {
  const log = { accessLogFile: '/dev/stdout', accessLogEncoding: 'JSON', accessLogFormat: format() };
  // The recordings are without traces; by default one request of a hundred has one.
  const settings = { ...log, enableTracing: false };
  return `apiVersion: mesh.istio.io/v1alpha1\nkind: MeshConfig\n${stringify(settings)}${own}`;
}

const format = () => JSON.stringify(LOG_LINE);

function writeService({ name, namespace = DEFAULT_NAMESPACE, selector, ports }: ScenarioService): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace },
    spec: { selector, ports },
  });
}

/** The recorded gateway has no Service, so that it listens on the very ports that its servers name. */
const NO_GATEWAY_SERVICE = stringify({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'w-gate', namespace: 'istio-system' },
  spec: { ports: [{ name: 'none', port: 1 }] },
});

/** In the recordings the first workload had 10.1.0.1, the second 10.1.0.2, and so on; who is outside had 10.0.0.1. */
function withAddresses({ config, workloads }: Scenario, addressOf: (name: string) => string): string {
  return config
    .replace(/\b10\.0\.0\.1\b/g, addressOf(OUTSIDE))
    .replace(/\b10\.1\.0\.([0-9]+)\b/g, (all, number: string) => {
      const workload = workloads[Number(number) - 1];
      return workload === undefined ? all : addressOf(workload.name);
    });
}
