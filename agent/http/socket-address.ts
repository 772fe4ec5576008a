import type { Socket } from 'node:net';
import { formatAddress } from '../../base/socket-address.ts';

/** `address:port` of this end of a connection; '' = it is closed. */
export function addressOf({ localAddress, localPort }: Socket): string {
  return localAddress === undefined ? '' : formatAddress(localAddress, localPort ?? 0);
}
