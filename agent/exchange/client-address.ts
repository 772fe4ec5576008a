import type { Headers } from '../codec/head.ts';
import { parseAddress } from '../policy/authorization/ip-range.ts';
import { getHeader, getHeaderLines } from '../policy/headers.ts';

/**
 * Where the client is, by the word of proxies: what `remoteIpBlocks`, `useSourceIp`, limits per address and
 * `%DOWNSTREAM_REMOTE_ADDRESS%` mean (Envoy's downstream remote address). A gateway has written down whom its trusted
 * proxies vouch for; a sidecar believes the last entry of x-forwarded-for (`use_remote_address` is off there).
 * @returns the peer's own address where nobody vouches for another
 */
export function clientAddressOf(
  { headers }: { readonly headers: Readonly<Headers> },
  peer: { readonly remoteAddress: string },
  isGateway: boolean,
): string {
  const told = isGateway ? getHeader(headers, 'x-envoy-external-address') : lastForwardedFor(headers);
  return told === undefined || parseAddress(told) === null ? peer.remoteAddress : told;
}

function lastForwardedFor(headers: Readonly<Headers>): string | undefined {
  if (getHeader(headers, FORWARDED_FOR) === undefined) return undefined;
  const last = getHeaderLines(headers, FORWARDED_FOR).at(-1) ?? '';
  return last.slice(last.lastIndexOf(',') + 1).trim();
}

const FORWARDED_FOR = 'x-forwarded-for';
