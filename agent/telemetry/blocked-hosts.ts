import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';

/** A call that `REGISTRY_ONLY` refused. */
export interface BlockedCall {
  /** Host, SNI or address that was asked for, with or without port. */
  readonly host: string;
  readonly address: string;
  readonly port: number;
  readonly protocol: 'HTTP' | 'TLS' | 'TCP';
}

/** One line per host and port in this time: an application tries again and again. */
const SILENCE_MS = 300_000;
/** More hosts than any application calls by intent. */
const MAX_REMEMBERED = 1000;

/** Says which ServiceEntry would let a blocked call pass. */
export function createBlockedHostsLog(clock: Clock, log: Logger): (call: BlockedCall) => void {
  const told = new Map<string, number>();
  return (call) => {
    const host = withoutPort(call.host) || call.address;
    const key = `${host}:${call.port}`;
    const now = clock.now();
    const last = told.get(key);
    if (last !== undefined && now - last < SILENCE_MS) return;
    if (told.size >= MAX_REMEMBERED) told.clear();
    told.set(key, now);
    log.warn('blocked by outboundTrafficPolicy REGISTRY_ONLY: this proxy knows no such host', {
      ...{ host, port: call.port, remedy: remedyFor(host, call) },
    });
  };
}

const withoutPort = (host: string) => host.replace(/:\d+$/, '').toLowerCase();

function remedyFor(host: string, { address, port, protocol }: BlockedCall): string {
  if (host.endsWith('.cluster.local') || !host.includes('.'))
    return 'a service of the mesh: does it have this port, does its exportTo, or the Sidecar of this workload, hide it?';
  const isAddress = host === address;
  const hosts = isAddress ? `tcp-${port}.example` : host;
  const name = protocol.toLowerCase();
  const addresses = isAddress ? `, addresses: [${address}]` : '';
  const resolution = isAddress ? 'NONE' : 'DNS';
  return (
    `ServiceEntry spec: { hosts: [${hosts}]${addresses}, ports: [{ number: ${port}, name: ${name}, ` +
    `protocol: ${protocol} }], resolution: ${resolution} }`
  );
}
