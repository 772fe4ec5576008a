// The first documents of a project, and the labels that they need, chosen from what its compose file has.
import { LABEL } from '../../model/labels.ts';
import type { ComposeConfig, ConfigService } from '../up/compose-config.ts';
import type { MeshPlan } from '../up/plan-mesh.ts';

/** `reviews-v2`, `reviews_v2`: version v2 of reviews. */
const VERSIONED = /^(.+?)[-_](v\d+)$/;

export interface FirstMesh {
  readonly labels: ReadonlyMap<string, Readonly<Record<string, string>>>;
  /** File below `mesh/` → its text. */
  readonly files: Readonly<Record<string, string>>;
}

export function firstMesh(config: ComposeConfig, { meshed }: MeshPlan): FirstMesh {
  const joined = joinedServices(meshed);
  const labels = new Map(
    meshed.map((name) => {
      const [, app = '', version = ''] = VERSIONED.exec(name) ?? [];
      const own = config.services[name]?.labels ?? {};
      const isJoined = joined.has(app) && own[LABEL.app] === undefined;
      return [
        name,
        { [LABEL.inject]: 'true', ...(isJoined ? { [LABEL.app]: app, [LABEL.version]: version } : {}) },
      ];
    }),
  );
  const door = chooseDoor(config, meshed);
  return {
    labels,
    files: {
      ...(door === null ? {} : { 'gateway.yaml': gateway(door.host, door.port) }),
      ...Object.fromEntries([...joined].map(([app, versions]) => [`${app}.yaml`, subsets(app, versions)])),
    },
  };
}

/** Services that are there in several versions. */
function joinedServices(names: readonly string[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const name of names) {
    const [, app = '', version = ''] = VERSIONED.exec(name) ?? [];
    if (app !== '') groups.set(app, [...(groups.get(app) ?? []), version].sort());
  }
  return new Map([...groups].filter(([app, versions]) => versions.length > 1 && !names.includes(app)));
}

const DOOR_NAMES = /^(web|www|frontend|front|ui|app|gateway|proxy|nginx|page|productpage)$/;
/** Ports of what is no website, by the numbers that its images expose. */
const NO_HTTP = new Set([22, 1433, 3306, 5432, 5672, 6379, 9042, 9092, 11211, 27017]);

/** What the gateway leads to: the service that a person would open. */
function chooseDoor(
  config: ComposeConfig,
  meshed: readonly string[],
): { readonly host: string; readonly port: number } | null {
  const candidates = meshed.flatMap((name) => {
    const port = httpPort(config.services[name] ?? {});
    return port === null ? [] : [{ host: name, port, isPublished: isPublished(config.services[name] ?? {}) }];
  });
  return (
    candidates.find(({ host, isPublished: is }) => is && DOOR_NAMES.test(host)) ??
    candidates.find(({ isPublished: is }) => is) ??
    candidates.find(({ host }) => DOOR_NAMES.test(host)) ??
    null
  );
}

const isPublished = ({ ports = [] }: ConfigService) => ports.length > 0;

function httpPort({ ports = [], expose = [] }: ConfigService): number | null {
  const all = [
    ...ports.filter(({ protocol }) => protocol !== 'udp').map(({ target }) => target),
    ...expose.map(Number),
  ];
  return all.find((port) => Number.isInteger(port) && !NO_HTTP.has(port)) ?? null;
}

const gateway = (host: string, port: number) => `# The way in: http://127.0.0.1:8080 leads to ${host}.
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: ingress }
spec:
  selector: { istio: ingressgateway }
  servers:
    - port: { number: 80, name: http, protocol: HTTP }
      hosts: ["*"]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ingress }
spec:
  hosts: ["*"]
  gateways: [ingress]
  http:
    - route: [{ destination: { host: ${host}, port: { number: ${port} } } }]
`;

/** All to the first version: the weights are there to be moved. */
const subsets = (
  app: string,
  versions: readonly string[],
) => `# ${app} in ${versions.length} versions: move the weights.
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: ${app} }
spec:
  host: ${app}
  subsets:
${versions.map((version) => `    - { name: ${version}, labels: { version: ${version} } }\n`).join('')}---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ${app} }
spec:
  hosts: [${app}]
  http:
    - route:
${versions.map((version, at) => `        - { destination: { host: ${app}, subset: ${version} }, weight: ${at === 0 ? 100 : 0} }\n`).join('')}`;
