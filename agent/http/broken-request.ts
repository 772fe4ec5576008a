import { formatAddress } from '../../base/socket-address.ts';
import type { ProtocolError, ProtocolErrorCode } from '../codec/protocol-error.ts';
import type { HttpPipeline } from '../exchange/pipeline.ts';
import type { ExchangeRecord } from '../exchange/record.ts';
import type { DownstreamPeer } from '../exchange/streams.ts';

/** What log and metrics say of bytes of a caller that are no HTTP/1. */

export interface BrokenRequest {
  /** What its caller is answered. */
  readonly status: number;
  /** Envoy's `response_code_details`. */
  readonly details: string;
}

/** Envoy's names (Http1ResponseCodeDetails), which people search for; anything else is `http1.codec_error`. */
const DETAILS: { readonly [Code in ProtocolErrorCode]?: string } = {
  head_too_large: 'http1.headers_too_large',
  too_many_headers: 'http1.too_many_headers',
  bad_target: 'http1.invalid_url',
  bad_transfer_encoding: 'http1.invalid_transfer_encoding',
  head_too_slow: 'request_header_timeout',
};

export function describeBroken({ code, message, status }: ProtocolError): BrokenRequest {
  return { status, details: `${DETAILS[code] ?? 'http1.codec_error'}{${message.replaceAll(' ', '_')}}` };
}

/** A request of which not even the head was whole: there is no exchange that could tell of it. */
export function reportBroken(
  pipeline: HttpPipeline,
  peer: DownstreamPeer,
  broken: BrokenRequest,
  responseBytes: number,
): void {
  const { telemetry, clock } = pipeline.services;
  const toRecord = () => recordOf(pipeline, peer, broken, responseBytes);
  const nothing = {
    host: null,
    clusterName: '',
    authority: '',
    traceId: '',
    grpc: null,
    durationMs: 0,
    requestBytes: 0,
  };
  const { status } = broken;
  telemetry.count({
    ...nothing,
    ...{ pipeline, peer, status, flags: 'DPE', responseBytes },
    exchange: { startedAtMs: clock.now(), toRecord },
  });
  if (telemetry.wantsRecords) telemetry.record(toRecord(), pipeline);
}

/** What is known of such a request: its caller. */
function recordOf(
  { direction, node, services }: HttpPipeline,
  peer: DownstreamPeer,
  { status, details }: BrokenRequest,
  bytesSent: number,
): ExchangeRecord {
  return {
    ...{ method: '', path: '', sentPath: '', authority: '', scheme: '', protocol: 'HTTP/1.1' },
    ...{ requestHeaders: [], responseHeaders: [], responseTrailers: [], requestId: '', grpcStatus: '' },
    ...{ routeName: '', rule: '', cluster: '', upstream: '', upstreamLocalAddress: '', transportFailure: '' },
    ...{ upstreamServiceMs: null, attempts: 0, bytesReceived: 0, durationMs: 0 },
    ...{ side: direction === 'inbound' ? 'server' : 'client', hostname: node.name },
    ...{ startedAtMs: services.clock.wall(), status, flags: 'DPE', details, bytesSent },
    remoteAddress: formatAddress(peer.remoteAddress, peer.remotePort),
    localAddress: formatAddress(peer.localAddress, peer.localPort),
    peerIdentity: peer.identity,
    ownIdentity: peer.identity === '' ? '' : (node.identity ?? ''),
    serverName: peer.serverName ?? '',
  };
}
