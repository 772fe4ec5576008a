import { type AddressInfo, createServer, type Server } from 'node:net';
import { createSystemClock } from '../../../base/clock.ts';
import { type Logger, silentLogger } from '../../../base/log.ts';
import { createSeededRandom } from '../../../base/random.ts';
import type { ClusterSpec, UpstreamTlsSpec } from '../../../model/cluster.ts';
import type { ListenerSpec } from '../../../model/listener.ts';
import { createDataplane } from '../../create-dataplane.ts';
import type { CapturedConnection, Dataplane } from '../../dataplane.ts';
import {
  clusterSpec,
  endpointSpec,
  listenerSpec,
  nodeSpec,
  routeSpec,
  snapshotOf,
  textLog,
} from '../../snapshot.fixture.ts';
import type { MeshIdentity } from '../identity.ts';

/** Client's and server's proxy on real sockets, with mutual TLS of the mesh between them if they agree on it. */

export const CLIENT = 'spiffe://cluster.local/ns/default/sa/client';
export const REVIEWS = 'spiffe://cluster.local/ns/default/sa/reviews';

const endings: (() => unknown)[] = [];
export const endAll = () => Promise.all(endings.splice(0).map((end) => end()));

export function listen(server: Server): Promise<number> {
  endings.push(() => server.close());
  return new Promise((resolve) =>
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)),
  );
}

function open(dataplane: Dataplane, capture: CapturedConnection): Promise<number> {
  endings.push(() => dataplane.drain(0));
  return listen(createServer({ pauseOnConnect: true }, (socket) => dataplane.accept(socket, capture)));
}

const parts = (log: Logger) => ({ clock: createSystemClock(), random: createSeededRandom(1), log });

export interface Inbound {
  readonly port: number;
  readonly dataplane: Dataplane;
  readonly lines: string[];
  apply(listener: Partial<ListenerSpec>): Promise<void>;
}

/** The proxy of an application on a port of this machine. */
export async function startInbound(
  appPort: number,
  identity: MeshIdentity,
  listener: Partial<ListenerSpec>,
  log: Logger = silentLogger,
): Promise<Inbound> {
  const lines: string[] = [];
  const dataplane = createDataplane({ ...parts(log), identity, writeAccessLog: (line) => lines.push(line) });
  const cluster = `inbound|${appPort}||`;
  const discovery = { kind: 'original-destination', sourceAddress: '', port: 0 } as const;
  const tcp = [
    {
      match: { sniHosts: [], destinationSubnets: [] },
      clusters: [{ name: cluster, weight: 1 }],
      idleTimeoutMs: 0,
      statPrefix: '',
    },
  ];
  const apply = (change: Partial<ListenerSpec>) =>
    dataplane.apply(
      snapshotOf({
        node: nodeSpec({
          identity: identity.held?.spiffeId ?? '',
          accessLogs: textLog('%RESPONSE_FLAGS% %DOWNSTREAM_PEER_URI_SAN%\n'),
        }),
        listeners: [
          listenerSpec({
            direction: 'inbound',
            port: appPort,
            mutualTls: 'permissive',
            protocol: 'auto',
            tcp,
            ...change,
          }),
        ],
        routes: [routeSpec([cluster], {}, { retry: null })],
        clusters: [[clusterSpec(cluster, { discovery, protocol: 'downstream' }), []]],
      }),
    );
  await apply(listener);
  const originalDestination = { address: '127.0.0.1', port: appPort };
  const port = await open(dataplane, { direction: 'inbound', originalDestination });
  return { port, dataplane, lines, apply };
}

export function meshTls(subjectAltNames: readonly string[]): UpstreamTlsSpec {
  return {
    ...{ mode: 'istio-mutual', sni: 'outbound_.9080_._.reviews.default.svc.cluster.local', alpn: [] },
    ...{ subjectAltNames, trust: '', certificate: '', skipVerify: false },
  };
}

/** A caller's proxy whose one cluster leads to that port, with automatic mutual TLS. */
export async function startOutbound(
  port: number,
  identity: MeshIdentity,
  change: Partial<ClusterSpec> = {},
  listener: Partial<ListenerSpec> = {},
  mutualTls = true,
) {
  const lines: string[] = [];
  const dataplane = createDataplane({
    ...parts(silentLogger),
    identity,
    writeAccessLog: (line) => lines.push(line),
  });
  const cluster = clusterSpec('reviews', { autoTls: meshTls([REVIEWS]), ...change });
  await dataplane.apply(
    snapshotOf({
      node: nodeSpec({
        identity: CLIENT,
        accessLogs: textLog('%RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%\n'),
      }),
      listeners: [listenerSpec(listener)],
      routes: [routeSpec(['reviews'], {}, { retry: null })],
      clusters: [[cluster, [endpointSpec(port, { mutualTls })]]],
    }),
  );
  const originalDestination = { address: '240.240.0.5', port: 9080 };
  return { port: await open(dataplane, { direction: 'outbound', originalDestination }), dataplane, lines };
}
