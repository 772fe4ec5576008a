import type { ExchangeRecord } from '../exchange/record.ts';
import type { DownstreamPeer } from '../exchange/streams.ts';
import type { TcpRecord } from '../tcp/tcp-proxy.ts';

/** A connection that was no HTTP, as Envoy logs it: what belongs to requests is absent, the status 0. */
export function tcpAccessRecord(
  peer: DownstreamPeer,
  { cluster, host, flag, reason, sentBytes, receivedBytes, durationMs }: TcpRecord,
  serverName: string,
  endedAtMs: number,
): ExchangeRecord {
  return {
    ...{ startedAtMs: endedAtMs - durationMs, durationMs },
    ...{ method: '', path: '', authority: '', protocol: '', status: 0, flags: flag },
    details: cluster === '' && flag === 'NR' ? 'filter_chain_not_found' : '',
    ...{ routeName: '', cluster, upstream: host === null ? '' : `${host.address}:${host.port}` },
    ...{ upstreamServiceMs: null, attempts: host === null ? 0 : 1 },
    ...{ bytesReceived: sentBytes, bytesSent: receivedBytes },
    remoteAddress: `${peer.remoteAddress}:${peer.remotePort}`,
    localAddress: `${peer.localAddress}:${peer.localPort}`,
    peerIdentity: peer.identity,
    ...{ requestId: '', forwardedFor: '', userAgent: '', serverName },
    transportFailure: flag === 'UF' ? reason : '',
    terminationDetails: cluster === '' ? oneWord(reason) : '',
    tlsFailure: flag === 'DPE' || flag === 'DC' ? oneWord(reason) : '',
  };
}

/** Fields of a line are told apart by spaces: Envoy writes an underscore for each. */
const oneWord = (text: string) => text.replaceAll(' ', '_');
