import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createDataplane } from '../agent/create-dataplane.ts';
import { MeshIdentity, restoreIdentity } from '../agent/identity/identity.ts';
import { createSystemClock } from '../base/clock.ts';
import { silentLogger } from '../base/log.ts';
import { createSystemRandom } from '../base/random.ts';
import { compileSnapshot } from '../controller/compile/compile-snapshot.ts';
import type { Workload, World } from '../controller/compile/world.ts';
import { indexWorld } from '../controller/compile/world-index.ts';
import { DEFAULT_MESH_CONFIG } from '../istio/mesh-config.ts';
import { parseDocuments } from '../istio/parse-documents.ts';

/**
 * One of two sidecars with mutual TLS between them: `out` takes plain HTTP on 9116, `in` ends TLS on 9117 and asks the
 * backend on 9100. Both have what real documents compile to, and a certificate of the controller's own authority.
 */
const role = process.argv[2] === 'out' ? 'out' : 'in';
const PORTS = { out: 9116, in: 9117 };
const SERVICE = '240.240.0.5';

/** A new connection from proxy to proxy for each request. */
const FRESH = `
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: { name: ratings }
spec:
  host: ratings
  trafficPolicy: { connectionPool: { http: { maxRequestsPerConnection: 1 } } }
`;

/** Strict, so that nothing can be measured that came without mutual TLS. */
const DOCUMENTS = `
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: ratings }
spec: { mtls: { mode: STRICT } }
---
apiVersion: networking.istio.io/v1
kind: Sidecar
metadata: { name: ratings }
spec:
  workloadSelector: { labels: { app: ratings } }
  ingress: [{ port: { number: ${PORTS.in}, name: http, protocol: HTTP }, defaultEndpoint: "127.0.0.1:9100" }]
---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: { name: ratings }
spec:
  hosts: [ratings]
  http:
    - match: [{ uri: { prefix: /reviews } }]
      route: [{ destination: { host: ratings } }]
    - match: [{ uri: { prefix: /ratings } }]
      route: [{ destination: { host: ratings } }]
`;

function workload(name: string): Workload {
  return {
    ...{ id: name, name, workload: name, namespace: 'default', labels: { app: name }, serviceAccount: name },
    ...{ health: 'ready', openPorts: null, proxy: 'sidecar', locality: '' },
    addresses: [{ network: 'loopback', address: '127.0.0.1' }],
  };
}

const workloads = [workload('client'), workload('ratings')] as const;
const world: World = {
  ...{ meshId: 'bench', mesh: DEFAULT_MESH_CONFIG, workloads },
  services: [
    {
      ...{ hostname: 'ratings.default.svc.cluster.local', name: 'ratings', namespace: 'default' },
      ports: [{ name: 'http', number: 80, targetPort: PORTS.in, protocol: 'http' }],
      ...{ vips: [SERVICE], headless: false, members: ['ratings'], isDockerName: false, exportTo: ['*'] },
    },
  ],
  resources: parseDocuments(process.argv[4] === 'fresh' ? DOCUMENTS + FRESH : DOCUMENTS, 'bench.yaml')
    .resources,
};

const identity = new MeshIdentity();
identity.replace(restoreIdentity(readFileSync(join(process.argv[3] ?? '', `${role}.json`), 'utf8')));
const dataplane = createDataplane({
  ...{ clock: createSystemClock(), random: createSystemRandom(), log: silentLogger, identity },
});
await dataplane.apply(compileSnapshot(indexWorld(world), role === 'out' ? workloads[0] : workloads[1]));
const capture =
  role === 'out'
    ? ({ direction: 'outbound', originalDestination: { address: SERVICE, port: 80 } } as const)
    : ({ direction: 'inbound', originalDestination: { address: '127.0.0.1', port: PORTS.in } } as const);
createServer({ pauseOnConnect: true, noDelay: true }, (socket) => dataplane.accept(socket, capture)).listen(
  PORTS[role],
  '127.0.0.1',
);
