import { formatAddress } from '../../base/socket-address.ts';
import { BLACK_HOLE_CLUSTER, BLOCK_ALL_ROUTE } from '../../model/names.ts';
import { grpcStatusOf } from '../policy/grpc.ts';
import { getHeader } from '../policy/headers.ts';
import type { Host } from '../upstream/host.ts';
import { clientAddressOf } from './client-address.ts';
import type { Exchange } from './exchange-view.ts';
import type { ExchangeTelemetry, GrpcSample } from './pipeline.ts';
import type { ExchangeRecord, RecordSource } from './record.ts';

export function buildRecord(exchange: Exchange): ExchangeRecord {
  const { clock } = exchange.pipeline.services;
  const { peer, forwarder, pipeline } = exchange;
  return {
    side: pipeline.direction === 'inbound' ? 'server' : 'client',
    startedAtMs: clock.wall() - (clock.now() - exchange.startedAtMs),
    durationMs: clock.now() - exchange.startedAtMs,
    method: exchange.request.method,
    path: exchange.header('x-envoy-original-path') || exchange.request.path,
    sentPath: exchange.request.path,
    authority: exchange.request.authority,
    protocol: exchange.request.version,
    status: exchange.status,
    flags: exchange.flags,
    details: exchange.details,
    routeName: exchange.routeName,
    rule: exchange.rule,
    cluster: clusterOf(exchange),
    upstream: upstreamOf(exchange),
    upstreamServiceMs: forwarder?.upstreamServiceMs ?? null,
    attempts: forwarder?.attempts ?? 0,
    bytesReceived: exchange.requestBytes,
    bytesSent: exchange.responseBytes,
    remoteAddress: formatAddress(peer.remoteAddress, peer.remotePort),
    ...clientOf(exchange),
    ...(peer.tls !== undefined && { tls: peer.tls }),
    ...timesOf(exchange),
    traceId: exchange.traceId,
    localAddress: formatAddress(peer.localAddress, peer.localPort),
    peerIdentity: peer.identity,
    ownIdentity: peer.identity === '' ? '' : (pipeline.node.identity ?? ''),
    hostname: pipeline.node.name,
    requestId: exchange.requestId,
    scheme: exchange.scheme,
    requestHeaders: exchange.request.headers,
    responseHeaders: exchange.responseHead?.headers ?? NO_HEADERS,
    responseTrailers: exchange.responseTrailers ?? NO_HEADERS,
    grpcStatus: exchange.grpcMessages === null ? '' : grpcStatus(exchange),
    upstreamLocalAddress: forwarder?.upstreamLocalAddress ?? '',
    serverName: peer.serverName ?? '',
    transportFailure: transportFailureOf(exchange.details),
    dryRuns: exchange.dryRuns,
  };
}

function timesOf({ requestMs, forwarder }: Exchange): Pick<ExchangeRecord, 'requestMs' | 'responseMs'> {
  const responseMs = forwarder?.responseMs ?? null;
  return { ...(requestMs !== null && { requestMs }), ...(responseMs !== null && { responseMs }) };
}

/** `address:port`, '' = no host was chosen. */
function upstreamOf({ forwarder }: Exchange): string {
  const host = forwarder?.host ?? null;
  return host === null ? '' : formatAddress(host.address, host.port);
}

/** A client that a proxy vouches for has no port (Envoy writes 0). */
function clientOf({ request, peer, pipeline }: Exchange): Pick<ExchangeRecord, 'clientAddress'> {
  const address = clientAddressOf(request, peer, pipeline.direction === 'gateway');
  return address === peer.remoteAddress ? {} : { clientAddress: formatAddress(address, 0) };
}

/** It stands at the end of the details, as Envoy has it. */
function transportFailureOf(details: string): string {
  return /\{remote_connection_failure\|([^}]*)\}/.exec(details)?.[1] ?? '';
}

/** '' where the route names a cluster that does not exist (flag NC). */
function clusterOf({ destination }: Exchange): string {
  return destination === null || destination.cluster === null ? '' : destination.clusterName;
}

/** The answer to unknown hosts with REGISTRY_ONLY, which no cluster gives: Istio's metrics name one all the same. */
const isBlocked = ({ routeName }: Exchange) => routeName === BLOCK_ALL_ROUTE;

function grpcSample(exchange: Exchange): GrpcSample | null {
  const { grpcMessages: messages } = exchange;
  if (messages === null) return null;
  const { requests, responses } = messages;
  return {
    status: grpcStatus(exchange),
    requestMessages: requests.count,
    responseMessages: responses.count,
  };
}

/** In the trailers, or in the head of an answer that has nothing else; else what HTTP's status means. */
function grpcStatus({ status, responseHead, responseTrailers }: Exchange): string {
  const told =
    getHeader(responseTrailers ?? NO_HEADERS, 'grpc-status') ??
    getHeader(responseHead?.headers ?? NO_HEADERS, 'grpc-status') ??
    '';
  // A label of a metric: what a peer makes up must not become one.
  if (/^[0-9]{1,3}$/.test(told)) return told;
  return status === 0 ? '' : String(grpcStatusOf(status));
}

const NO_HEADERS: readonly string[] = [];

export function countExchange(
  exchange: Exchange & RecordSource & { readonly forwarder: { readonly host: Host | null } | null },
  telemetry: ExchangeTelemetry,
): void {
  telemetry.count({
    exchange,
    pipeline: exchange.pipeline,
    peer: exchange.peer,
    host: exchange.forwarder?.host ?? null,
    clusterName: exchange.destination?.clusterName ?? (isBlocked(exchange) ? BLACK_HOLE_CLUSTER : ''),
    authority: exchange.request.authority,
    traceId: exchange.traceId,
    status: exchange.status,
    flags: exchange.flags,
    grpc: grpcSample(exchange),
    durationMs: exchange.pipeline.services.clock.now() - exchange.startedAtMs,
    requestBytes: exchange.requestBytes,
    responseBytes: exchange.responseBytes,
  });
}
