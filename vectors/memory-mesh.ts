import { CONNECTION_REFUSED, createFailingPool, poolOf } from '../agent/exchange/memory-codec.ts';
import { createMemoryLink } from '../agent/exchange/memory-link.ts';
import type { DownstreamPeer, Pool } from '../agent/exchange/streams.ts';
import { NO_TLS_THERE } from '../agent/http/upstream-socket.ts';
import type { Listener } from '../agent/listener/listener-table.ts';
import { createTcpRouteTable } from '../agent/tcp/tcp-route.ts';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { World } from '../controller/compile/world.ts';
import { indexWorld } from '../controller/compile/world-index.ts';
import type { ListenerDirection } from '../model/listener.ts';
import { spiffeId } from '../model/names.ts';
import { INBOUND_SOURCE_ADDRESS } from '../model/ports.ts';
import type { Arrival } from './describe-answer.ts';
import { createEchoApplication } from './echo-application.ts';
import { MemoryProxy, MemoryTlsServer, type ProxyDeps } from './memory-proxy.ts';
import type { Scenario } from './scenario.ts';
import { createWorld } from './scenario-world.ts';

/** Where a caller that is no workload comes from. */
export const OUTSIDE_ADDRESS = '10.0.0.1';
/** What a name leads to that nobody has. */
const NOWHERE_ADDRESS = '240.240.0.1';

const UNREACHABLE = createFailingPool({
  kind: 'connect-failure',
  reason: 'delayed connect error: Network is unreachable',
});
const REFUSED = createFailingPool(CONNECTION_REFUSED);
/** Accepted and closed at once, as a listener does that serves none of this. */
const CLOSED = createFailingPool({ kind: 'reset', reason: 'closed', isUnprocessed: false });

const NO_TLS = createFailingPool({ kind: 'connect-failure', reason: NO_TLS_THERE });
/** No caller of the recordings has one. */
const CERTIFICATE_REQUIRED = createFailingPool({
  kind: 'connect-failure',
  reason: 'tls: certificate required',
});

/** Where a connection comes from; `isMutual` = by mutual TLS of the mesh. */
interface Source {
  readonly address: string;
  readonly isMutual: boolean;
}

interface Connection {
  readonly address: string;
  readonly port: number;
  readonly source: Source;
  readonly serverName: string | null;
}

export interface MeshDeps {
  readonly clock: Clock;
  readonly random: Random;
}

/** The cluster of a scenario in memory: applications, proxies, and the network between them. */
export class MemoryMesh {
  readonly world: World;
  readonly arrivals: Arrival[] = [];
  readonly proxies = new Map<string, MemoryProxy>();
  readonly #scenario: Scenario;
  readonly #deps: MeshDeps;
  readonly #workloads = new Map<string, World['workloads'][number]>();
  readonly #services = new Map<string, World['services'][number]>();

  constructor(scenario: Scenario, deps: MeshDeps) {
    this.#scenario = scenario;
    this.#deps = deps;
    this.world = createWorld(scenario);
    for (const service of this.world.services)
      for (const vip of service.vips) this.#services.set(vip, service);
    const index = indexWorld(this.world);
    for (const workload of this.world.workloads) {
      for (const { address } of workload.addresses) this.#workloads.set(address, workload);
      if (workload.proxy === null) continue;
      const connect: ProxyDeps['connect'] = (address, port, from, serverName, isMutual) =>
        this.#fromProxy(workload.name, address, port, from, serverName, isMutual);
      const resolve = (name: string) => this.resolve(name, workload.namespace);
      this.proxies.set(workload.name, new MemoryProxy(index, workload, { ...deps, connect, resolve }));
    }
  }

  /** The way of a caller's connection; `from` null = outside the mesh, `serverName` null = in plain text. */
  open(from: string | null, address: string, port: number, serverName: string | null): Pool {
    const source = { address: from === null ? OUTSIDE_ADDRESS : this.addressOf(from), isMutual: false };
    if (from === null || !this.proxies.has(from)) return this.#route(address, port, source, serverName);
    return this.#serve(from, 'outbound', { address, port, source, serverName });
  }

  /** What the cluster's DNS says to a workload of that namespace. */
  resolve(name: string, namespace: string): string {
    if (/^[0-9.]+$/.test(name)) return name;
    const lower = name.toLowerCase();
    const service = this.world.services.find(({ hostname, name: short, namespace: own }) => {
      const forms = [hostname, `${short}.${own}.svc`, `${short}.${own}`];
      return forms.includes(lower) || (own === namespace && short === lower);
    });
    const outside = this.#scenario.workloads.find(({ hosts }) => hosts?.includes(lower));
    return service?.vips[0] ?? (outside === undefined ? NOWHERE_ADDRESS : this.addressOf(outside.name));
  }

  /** Of a workload or, failing that, a service. */
  addressOf(name: string): string {
    const workload = this.world.workloads.find((each) => each.name === name);
    const service = this.world.services.find((each) => each.name === name);
    return workload?.addresses[0]?.address ?? service?.vips[0] ?? '';
  }

  /** `workload:port`, `service NAME:port`, else as it is. */
  nameOf(key: string): string {
    const [address = '', port] = key.split(':');
    const workload = this.#workloads.get(address);
    if (workload !== undefined) return `${workload.name}:${port}`;
    const service = this.#services.get(address);
    return service === undefined ? key : `service ${service.name}:${port}`;
  }

  /** A proxy calls from 127.0.0.6 only its own application, past its own capture. */
  #fromProxy(
    name: string,
    address: string,
    port: number,
    from: string,
    serverName: string | null,
    isMutual = false,
  ): Pool {
    const own = this.addressOf(name);
    const isOwn = address.startsWith('127.') || (from === INBOUND_SOURCE_ADDRESS && address === own);
    if (isOwn) return this.#application(name, port, serverName);
    return this.#route(address, port, { address: own, isMutual }, serverName);
  }

  #route(address: string, port: number, source: Source, serverName: string | null): Pool {
    const service = this.#services.get(address);
    if (service !== undefined) return this.#balance(service, port, source, serverName);
    const workload = this.#workloads.get(address);
    if (workload === undefined) return UNREACHABLE;
    if (!this.proxies.has(workload.name)) return this.#application(workload.name, port, serverName);
    const direction = workload.proxy === 'gateway' ? 'gateway' : 'inbound';
    return this.#serve(workload.name, direction, { address, port, source, serverName });
  }

  /** The cluster network's own balancing of a service's address, which knows nothing of the mesh. */
  #balance(
    { ports, members }: World['services'][number],
    port: number,
    source: Source,
    serverName: string | null,
  ): Pool {
    const entry = ports.find(({ number }) => number === port);
    const member = members[Math.floor(this.#deps.random() * members.length)];
    if (entry === undefined || member === undefined) return REFUSED;
    return this.#route(this.addressOf(member), entry.targetPort, source, serverName);
  }

  #serve(name: string, direction: ListenerDirection, connection: Connection): Pool {
    const { address, port, source, serverName } = connection;
    const listener = this.proxies.get(name)?.tables.listeners.pick(direction, address, port) ?? null;
    if (listener === null) return direction === 'gateway' ? REFUSED : CLOSED;
    const peer: DownstreamPeer = {
      ...{ remoteAddress: source.address, remotePort: 40000, localAddress: address, localPort: port },
      originalDestination: { address, port },
      ...{ identity: '', isTls: false },
    };
    if (source.isMutual) return this.#serveMutualTls(listener, peer, name, serverName ?? '');
    if (listener.spec.mutualTls === 'strict') return CLOSED;
    if (serverName !== null) return this.#serveTls(name, listener, peer, serverName);
    if (listener.tls !== null) return CLOSED;
    if (listener.pipeline !== null) return createMemoryLink(listener.pipeline, peer);
    return this.#relay(name, listener, peer, null);
  }

  /** Both certificates are good here: who they name is what counts. */
  #serveMutualTls(listener: Listener, peer: DownstreamPeer, name: string, serverName: string): Pool {
    if (listener.spec.mutualTls === undefined) return NO_TLS;
    const caller = this.#workloads.get(peer.remoteAddress);
    const identity = spiffeId(caller?.namespace ?? '', caller?.serviceAccount ?? '');
    const own = this.proxies.get(name)?.tables.node.identity ?? '';
    const secured = { ...peer, identity, serverName, isTls: true };
    const clientCertificate = `By=${own};Hash=hash;Subject="";URI=${identity}`;
    if (listener.pipeline === null) return this.#relay(name, listener, secured, null);
    return createMemoryLink(listener.pipeline, { ...secured, clientCertificate });
  }

  /** The handshake itself is tested over sockets; here counts who takes part in it, and what comes out. */
  #serveTls(name: string, listener: Listener, peer: DownstreamPeer, serverName: string): Pool {
    const chain = listener.tls?.pick(serverName) ?? null;
    if (chain === null) {
      const isHttpOnly = listener.spec.tcp === null;
      return isHttpOnly ? NO_TLS : this.#relay(name, listener, peer, serverName);
    }
    if (!(chain.server instanceof MemoryTlsServer)) return CLOSED;
    if (chain.server.mode === 'mutual') return CERTIFICATE_REQUIRED;
    const { pipeline } = chain.inside;
    return pipeline === null ? CLOSED : createMemoryLink(pipeline, { ...peer, isTls: true });
  }

  /** TCP: bytes pass untouched to a host of the cluster that the connection's rule names. */
  #relay(name: string, { spec }: Listener, peer: DownstreamPeer, serverName: string | null): Pool {
    const { address, port } = peer.originalDestination;
    const route = createTcpRouteTable(spec.tcp ?? []).match(serverName ?? '', address);
    const cluster = this.proxies.get(name)?.tables.clusters.get(route?.pick(this.#deps.random) ?? '');
    if (cluster === undefined) return CLOSED;
    const host =
      cluster.spec.discovery.kind === 'original-destination'
        ? cluster.originalHost(address, port, this.#deps.clock.now())
        : cluster.pick(null);
    if (host === null) return CLOSED;
    if (serverName !== null) return this.#fromProxy(name, host.spec.address, host.spec.port, '', serverName);
    return poolOf((head, hasBody, events) => host.pool.request(head, hasBody, events));
  }

  #application(name: string, port: number, serverName: string | null): Pool {
    if (!this.#listens(name, port)) return REFUSED;
    // No application of the recordings speaks TLS itself.
    if (serverName !== null) return NO_TLS;
    return createEchoApplication(name, port, { clock: this.#deps.clock, arrivals: this.arrivals });
  }

  #listens(name: string, port: number): boolean {
    const own = this.#scenario.workloads.find((each) => each.name === name);
    const ofServices = this.world.services
      .filter(({ members }) => members.includes(name))
      .flatMap(({ ports }) => ports.map(({ targetPort }) => targetPort));
    return own?.proxy !== 'gateway' && [...(own?.ports ?? []), ...ofServices].includes(port);
  }
}
