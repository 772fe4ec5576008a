import { isIP } from 'node:net';

export interface RequestedHost {
  /** Lower-case, without brackets and final dot. */
  readonly name: string;
  readonly port: number;
  readonly isAddress: boolean;
}

/** `host`, `host:port`, `[address]:port`: what a request's Host leads to. */
export function nameAndPort(authority: string, defaultPort: number): RequestedHost {
  const [, bracketed, bare = '', digits] = AUTHORITY.exec(authority) ?? [];
  const name = (bracketed ?? bare).toLowerCase().replace(/\.$/, '');
  const port = digits === undefined ? defaultPort : Number(digits);
  return { name, port: port > 0 && port < 65_536 ? port : defaultPort, isAddress: isIP(name) !== 0 };
}

const AUTHORITY = /^(?:\[([^\]]*)\]|([^:]*))(?::([0-9]{1,5}))?$/;
