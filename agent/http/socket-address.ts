import type { Socket } from 'node:net';

/** `address:port` of this end of a connection; '' = it is closed. */
export function addressOf({ localAddress, localPort }: Socket): string {
  return localAddress === undefined ? '' : `${localAddress}:${localPort}`;
}
