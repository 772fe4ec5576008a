import { CONNECTION_REFUSED, createFailingPool, poolOf } from '../agent/exchange/memory-codec.ts';
import { createMemoryLink } from '../agent/exchange/memory-link.ts';
import type { DownstreamPeer, Pool } from '../agent/exchange/streams.ts';
import type { Listener } from '../agent/listener/listener-table.ts';
import { createTcpRouteTable } from '../agent/tcp/tcp-route.ts';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { World } from '../controller/compile/world.ts';
import { indexWorld } from '../controller/compile/world-index.ts';
import type { ListenerDirection } from '../model/listener.ts';
import { INBOUND_SOURCE_ADDRESS } from '../model/ports.ts';
import type { Arrival } from './describe-answer.ts';
import { createEchoApplication } from './echo-application.ts';
import { MemoryProxy } from './memory-proxy.ts';
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
      const connect = (address: string, port: number, from: string) =>
        this.#fromProxy(workload.name, address, port, from);
      const resolve = (name: string) => this.resolve(name, workload.namespace);
      this.proxies.set(workload.name, new MemoryProxy(index, workload, { ...deps, connect, resolve }));
    }
  }

  /** The way of a caller's connection; `from` null = outside the mesh. */
  open(from: string | null, address: string, port: number): Pool {
    const source = from === null ? OUTSIDE_ADDRESS : this.addressOf(from);
    const proxy = from === null ? undefined : this.proxies.get(from);
    if (proxy === undefined) return this.#route(address, port, source);
    return this.#serve(proxy, 'outbound', address, port, source);
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
  #fromProxy(name: string, address: string, port: number, from: string): Pool {
    const own = this.addressOf(name);
    const isOwn = address.startsWith('127.') || (from === INBOUND_SOURCE_ADDRESS && address === own);
    return isOwn ? this.#application(name, port) : this.#route(address, port, own);
  }

  #route(address: string, port: number, source: string): Pool {
    const service = this.#services.get(address);
    if (service !== undefined) return this.#balance(service, port, source);
    const workload = this.#workloads.get(address);
    if (workload === undefined) return UNREACHABLE;
    const proxy = this.proxies.get(workload.name);
    if (proxy === undefined) return this.#application(workload.name, port);
    const direction = workload.proxy === 'gateway' ? 'gateway' : 'inbound';
    return this.#serve(proxy, direction, address, port, source);
  }

  /** The cluster network's own balancing of a service's address, which knows nothing of the mesh. */
  #balance({ ports, members }: World['services'][number], port: number, source: string): Pool {
    const entry = ports.find(({ number }) => number === port);
    const member = members[Math.floor(this.#deps.random() * members.length)];
    if (entry === undefined || member === undefined) return REFUSED;
    return this.#route(this.addressOf(member), entry.targetPort, source);
  }

  #serve(
    proxy: MemoryProxy,
    direction: ListenerDirection,
    address: string,
    port: number,
    source: string,
  ): Pool {
    const listener = proxy.tables.listeners.pick(direction, address, port);
    if (listener === null) return direction === 'gateway' ? REFUSED : CLOSED;
    const peer: DownstreamPeer = {
      ...{ remoteAddress: source, remotePort: 40000, localAddress: address, localPort: port },
      originalDestination: { address, port },
      ...{ identity: '', isTls: false },
    };
    if (listener.pipeline !== null) return createMemoryLink(listener.pipeline, peer);
    return this.#relay(proxy, listener, peer);
  }

  /** TCP: the request passes untouched to a host of the cluster that the connection's rule names. */
  #relay(proxy: MemoryProxy, { spec }: Listener, { originalDestination: to }: DownstreamPeer): Pool {
    const route = createTcpRouteTable(spec.tcp ?? []).match('', to.address);
    const cluster = proxy.tables.clusters.get(route?.pick(this.#deps.random) ?? '');
    if (cluster === undefined) return CLOSED;
    const host =
      cluster.spec.discovery.kind === 'original-destination'
        ? cluster.originalHost(to.address, to.port, this.#deps.clock.now())
        : cluster.pick(null);
    return host === null
      ? CLOSED
      : poolOf((head, hasBody, events) => host.pool.request(head, hasBody, events));
  }

  #application(name: string, port: number): Pool {
    if (!this.#listens(name, port)) return REFUSED;
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
