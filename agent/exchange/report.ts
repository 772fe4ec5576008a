import type { Host } from '../upstream/host.ts';
import type { Exchange } from './exchange-view.ts';
import type { ExchangeTelemetry } from './pipeline.ts';
import type { ExchangeRecord } from './record.ts';

export function buildRecord(exchange: Exchange): ExchangeRecord {
  const { clock } = exchange.pipeline.services;
  const { peer, forwarder } = exchange;
  return {
    startedAtMs: clock.wall() - (clock.now() - exchange.startedAtMs),
    durationMs: clock.now() - exchange.startedAtMs,
    method: exchange.request.method,
    path: exchange.header('x-envoy-original-path') || exchange.request.path,
    authority: exchange.request.authority,
    protocol: exchange.request.version,
    status: exchange.status,
    flags: exchange.flags,
    details: exchange.details,
    routeName: exchange.routeName,
    cluster: clusterOf(exchange),
    upstream: forwarder?.hostKey ?? '',
    upstreamServiceMs: forwarder?.upstreamServiceMs ?? null,
    attempts: forwarder?.attempts ?? 0,
    bytesReceived: exchange.requestBytes,
    bytesSent: exchange.responseBytes,
    remoteAddress: `${peer.remoteAddress}:${peer.remotePort}`,
    localAddress: `${peer.localAddress}:${peer.localPort}`,
    peerIdentity: peer.identity,
    requestId: exchange.requestId,
    forwardedFor: exchange.header('x-forwarded-for'),
    userAgent: exchange.header('user-agent'),
  };
}

/** '' where the route names a cluster that does not exist (flag NC). */
function clusterOf({ destination }: Exchange): string {
  return destination === null || destination.cluster === null ? '' : destination.clusterName;
}

export function countExchange(
  exchange: Exchange & { readonly forwarder: { readonly host: Host | null } | null },
  telemetry: ExchangeTelemetry,
): void {
  telemetry.count({
    pipeline: exchange.pipeline,
    peer: exchange.peer,
    host: exchange.forwarder?.host ?? null,
    clusterName: exchange.destination?.clusterName ?? '',
    authority: exchange.request.authority,
    status: exchange.status,
    flags: exchange.flags,
    isGrpc: false,
    durationMs: exchange.pipeline.services.clock.now() - exchange.startedAtMs,
    requestBytes: exchange.requestBytes,
    responseBytes: exchange.responseBytes,
  });
}
