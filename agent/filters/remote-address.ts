import type { FilteredExchange } from '../exchange/filter.ts';
import { getHeader, getHeaderLines } from '../policy/headers.ts';

/**
 * Where the client is, by the word of proxies (`remote.ip`, `remoteIpBlocks`). A gateway has written down whom its
 * trusted proxies vouch for; a sidecar believes the last entry of x-forwarded-for, as Envoy does there.
 */
export function remoteAddressOf({ request, peer }: FilteredExchange, isGateway: boolean): string {
  if (isGateway) return getHeader(request.headers, 'x-envoy-external-address') ?? peer.remoteAddress;
  const last = getHeaderLines(request.headers, 'x-forwarded-for').at(-1);
  if (last === undefined) return peer.remoteAddress;
  return last.slice(last.lastIndexOf(',') + 1).trim();
}
