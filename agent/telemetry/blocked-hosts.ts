import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import { BLACK_HOLE_CLUSTER } from '../../model/names.ts';
import { ToldLately } from './told-lately.ts';

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

/** Says which ServiceEntry would let a blocked call pass. */
export function createBlockedHostsLog(clock: Clock, log: Logger): (call: BlockedCall) => void {
  const told = new ToldLately(clock, SILENCE_MS);
  return (call) => {
    const host = withoutPort(call.host) || call.address;
    const key = `${host}:${call.port}`;
    if (!told.isNews(key)) return;
    log.warn('blocked by outboundTrafficPolicy REGISTRY_ONLY: this proxy knows no such host', {
      ...{ cluster: BLACK_HOLE_CLUSTER, host, port: call.port, remedy: remedyFor(host, call) },
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
