import { formatAddress } from '../../base/socket-address.ts';
import type { NodeSpec } from '../../model/node.ts';
import type { TrafficSide } from '../../model/telemetry.ts';
import type { ExchangeRecord } from '../exchange/record.ts';
import type { DownstreamPeer } from '../exchange/streams.ts';
import type { TcpRecord } from '../tcp/tcp-proxy.ts';

export interface TcpRecordContext {
  readonly side: TrafficSide;
  readonly node: NodeSpec;
  readonly peer: DownstreamPeer;
  readonly serverName: string;
  readonly endedAtMs: number;
}

/** A connection that was no HTTP, as Envoy logs it: what belongs to requests is absent, the status 0. */
export function tcpAccessRecord(
  { cluster, host, localAddress = '', flag, reason, sentBytes, receivedBytes, durationMs }: TcpRecord,
  { side, node, peer, serverName, endedAtMs }: TcpRecordContext,
): ExchangeRecord {
  return {
    ...{ side, hostname: node.name, startedAtMs: endedAtMs - durationMs, durationMs },
    ...{ method: '', path: '', sentPath: '', authority: '', scheme: '', protocol: '' },
    ...{ status: 0, flags: flag, routeName: '', rule: '', cluster },
    details: cluster === '' && flag === 'NR' ? 'filter_chain_not_found' : '',
    ...{
      upstream: host === null ? '' : formatAddress(host.address, host.port),
      upstreamLocalAddress: localAddress,
    },
    ...{ upstreamServiceMs: null, attempts: host === null ? 0 : 1 },
    ...{ bytesReceived: sentBytes, bytesSent: receivedBytes },
    ...{ requestHeaders: [], responseHeaders: [], responseTrailers: [], requestId: '', grpcStatus: '' },
    remoteAddress: formatAddress(peer.remoteAddress, peer.remotePort),
    localAddress: formatAddress(peer.localAddress, peer.localPort),
    peerIdentity: peer.identity,
    ownIdentity: peer.identity === '' ? '' : (node.identity ?? ''),
    serverName,
    ...(peer.tls !== undefined && { tls: peer.tls }),
    transportFailure: flag === 'UF,URX' ? reason : '',
    terminationDetails: cluster === '' ? oneWord(reason) : '',
    tlsFailure: flag === 'DPE' || flag === 'DC' ? oneWord(reason) : '',
  };
}

/** Fields of a line are told apart by spaces: Envoy writes an underscore for each. */
const oneWord = (text: string) => text.replaceAll(' ', '_');
