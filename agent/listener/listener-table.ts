import type { ListenerDirection, ListenerSpec } from '../../model/listener.ts';
import type { HttpPipeline } from '../exchange/pipeline.ts';
import type { TcpRouteTable } from '../tcp/tcp-route.ts';
import type { TlsServer } from '../tls/tls-server.ts';
import { type AddressMatcher, createAddressMatcher } from './address.ts';

export interface Listener {
  readonly spec: ListenerSpec;
  /** null = HTTP is not served here. */
  readonly pipeline: HttpPipeline | null;
  /** null = only HTTP is served here. */
  readonly tcp: TcpRouteTable | null;
  /** Whatever is no HTTP is closed (BlackHoleCluster): its first bytes are read, to say what was wanted. */
  readonly isDeadEnd: boolean;
  /** null = no TLS ends here. */
  readonly tls: TlsChains | null;
}

/** One way out of TLS on a port. */
export interface TlsChain {
  /** null = it has no certificate that works; `mesh` = the proxy's own, for callers of the mesh. */
  readonly server: TlsServer | 'mesh' | null;
  /** What is served inside. */
  readonly inside: Listener;
}

export interface TlsChains {
  /** null = TLS is not ended for that name: it is passed on, or there is nobody for it. */
  pick(serverName: string): TlsChain | null;
}

export interface ListenerTable {
  /** The listener for a captured connection; null = none, flag NR. */
  pick(direction: ListenerDirection, address: string, port: number): Listener | null;
  /** The listener of that name, to find a connection's own one in a newer table. */
  named(name: string): Listener | null;
}

interface Addressed {
  readonly matches: AddressMatcher;
  readonly listener: Listener;
}

/** Those for one port and direction; `addressed` in the order given. */
interface PortListeners {
  readonly exact: Map<string, Listener>;
  readonly addressed: Addressed[];
  any: Listener | null;
}

/** Address and port beat any address with that port, which beats the catch-all of port 0 (Envoy's original_dst filter). */
export function createListenerTable(listeners: readonly Listener[]): ListenerTable {
  const ports = new Map<string, PortListeners>();
  const names = new Map<string, Listener>();
  for (const listener of listeners) {
    const { name, direction, port, addresses } = listener.spec;
    names.set(name, listener);
    const key = `${direction}|${port}`;
    const entry: PortListeners = ports.get(key) ?? { exact: new Map(), addressed: [], any: null };
    ports.set(key, entry);
    if (addresses.length === 0) entry.any ??= listener;
    for (const address of addresses) if (!address.includes('/')) entry.exact.set(address, listener);
    const ranges = addresses.filter((address) => address.includes('/'));
    if (ranges.length > 0) entry.addressed.push({ matches: createAddressMatcher(ranges), listener });
  }
  const byAddress = (entry: PortListeners | undefined, address: string): Listener | null =>
    entry?.exact.get(address) ?? entry?.addressed.find(({ matches }) => matches(address))?.listener ?? null;
  return {
    pick(direction, address, port) {
      const ofPort = ports.get(`${direction}|${port}`);
      const ofAny = ports.get(`${direction}|0`);
      return byAddress(ofPort, address) ?? ofPort?.any ?? byAddress(ofAny, address) ?? ofAny?.any ?? null;
    },
    named: (name) => names.get(name) ?? null,
  };
}
