import { createDataplane } from '../agent/create-dataplane.ts';
import { createSystemClock } from '../base/clock.ts';
import { silentLogger } from '../base/log.ts';
import { createSystemRandom } from '../base/random.ts';
import { compileSnapshot } from '../controller/compile/compile-snapshot.ts';
import type { ServicePort, Workload, World } from '../controller/compile/world.ts';
import { indexWorld } from '../controller/compile/world-index.ts';
import { DEFAULT_MESH_CONFIG } from '../istio/mesh-config.ts';
import { parseDocuments } from '../istio/parse-documents.ts';

/**
 * The agent's data path alone, as a gateway before the backend on 9100, with what real documents compile to: the process
 * that the one-hop comparison measures. On 9104; with the argument `many` on 9105, with 2,000 rules more; with `http2`
 * on 9106, before an HTTP/2 backend on 9108; with `tcp` on 9112, before plain TCP on 9110;
 * with `https FOLDER` on 9114, with the certificate in that folder.
 */
const isMany = process.argv[2] === 'many';
const isHttp2 = process.argv[2] === 'http2';
const isTcp = process.argv[2] === 'tcp';
const certificates = process.argv[2] === 'https' ? (process.argv[3] ?? '') : '';
const isHttps = certificates !== '';
const PORT = isMany ? 9105 : isHttp2 ? 9106 : isTcp ? 9112 : isHttps ? 9114 : 9104;
const PROTOCOL = isTcp ? 'TCP' : isHttps ? 'HTTPS' : 'HTTP';
const FILES = `serverCertificate: ${certificates}/tls.crt, privateKey: ${certificates}/tls.key`;
const TLS = isHttps ? `, tls: { mode: SIMPLE, ${FILES} }` : '';
const GATEWAY = `
apiVersion: networking.istio.io/v1
kind: Gateway
metadata: { name: bench }
spec:
  selector: { app: proxy }
  servers:
    - { port: { number: ${PORT}, name: in, protocol: ${PROTOCOL} }, hosts: ["*"]${TLS} }
`;

const THREE_RULES = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: bench }
spec:
  hosts: ["*"]
  gateways: [bench]
  http:
    - match: [{ uri: { prefix: /reviews } }]
      route: [{ destination: { host: ratings } }]
    - match: [{ uri: { prefix: /details } }]
      route: [{ destination: { host: ratings } }]
    - match: [{ uri: { prefix: /ratings } }]
      route: [{ destination: { host: ratings } }]
`;

const TCP_RULE = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: bench }
spec:
  hosts: ["*"]
  gateways: [bench]
  tcp: [{ route: [{ destination: { host: ratings } }] }]
`;

/** One of many VirtualServices: twenty rules, of which the last one takes the load's requests. */
function twentyRules(host: string): string {
  const prefixes = Array.from({ length: 10 }, (_, index) => `{ uri: { prefix: /section-${index}/ } }`);
  const headers = Array.from(
    { length: 6 },
    (_, index) => `{ headers: { x-tenant: { exact: tenant-${index} } } }`,
  );
  const patterns = Array.from(
    { length: 3 },
    (_, index) => `{ uri: { regex: "/items/[0-9]+/part-${index}" } }`,
  );
  const rules = [...prefixes, ...headers, ...patterns, '{ uri: { prefix: /ratings } }'];
  return `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ${host} }
spec:
  hosts: [${host}.example.com]
  gateways: [bench]
  http:
${rules.map((match) => `    - { match: [${match}], route: [{ destination: { host: ratings } }] }`).join('\n')}
`;
}

const MANY_RULES = Array.from({ length: 100 }, (_, index) => twentyRules(`host-${index}`));
const RULES = isMany ? MANY_RULES : [isTcp ? TCP_RULE : THREE_RULES];

function workload(name: string, proxy: Workload['proxy']): Workload {
  return {
    id: name,
    name,
    workload: name,
    namespace: 'default',
    labels: { app: name },
    serviceAccount: name,
    addresses: [{ network: 'loopback', address: '127.0.0.1' }],
    health: 'ready',
    openPorts: null,
    proxy,
    locality: '',
  };
}

const proxy = workload('proxy', 'gateway');
const backend: ServicePort = isHttp2
  ? { name: 'http2', number: 9108, targetPort: 9108, protocol: 'http2' }
  : isTcp
    ? { name: 'tcp', number: 9110, targetPort: 9110, protocol: 'tcp' }
    : { name: 'http', number: 9100, targetPort: 9100, protocol: 'http' };
const world: World = {
  meshId: 'bench',
  mesh: DEFAULT_MESH_CONFIG,
  workloads: [proxy, workload('ratings', null)],
  services: [
    {
      hostname: 'ratings.default.svc.cluster.local',
      name: 'ratings',
      namespace: 'default',
      ports: [backend],
      vips: [],
      headless: false,
      members: ['ratings'],
      isDockerName: true,
      exportTo: ['*'],
    },
  ],
  resources: parseDocuments([GATEWAY, ...RULES].join('---'), 'bench.yaml').resources,
};

const dataplane = createDataplane({
  clock: createSystemClock(),
  random: createSystemRandom(),
  log: silentLogger,
});
await dataplane.apply(compileSnapshot(indexWorld(world), proxy));
