import { getHeader } from '../policy/headers.ts';
import type { Exchange } from './exchange-view.ts';

/** Envoy's command operators as they stand in header values and access logs; '' = no value. */
export function formatOperator(exchange: Exchange, name: string, argument: string): string {
  switch (name) {
    case 'REQ':
      return readRequest(exchange, argument);
    case 'RESP':
      return readResponse(exchange, argument);
    case 'PROTOCOL':
      return exchange.request.version;
    case 'DOWNSTREAM_REMOTE_ADDRESS':
      return `${exchange.peer.remoteAddress}:${exchange.peer.remotePort}`;
    case 'DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT':
    case 'DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT':
      return exchange.peer.remoteAddress;
    case 'DOWNSTREAM_LOCAL_ADDRESS':
      return `${exchange.peer.localAddress}:${exchange.peer.localPort}`;
    case 'DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT':
      return exchange.peer.localAddress;
    case 'DOWNSTREAM_LOCAL_PORT':
      return String(exchange.peer.localPort);
    case 'DOWNSTREAM_PEER_URI_SAN':
      return exchange.peer.identity;
    case 'RESPONSE_CODE':
      return exchange.status === 0 ? '0' : String(exchange.status);
    case 'RESPONSE_CODE_DETAILS':
      return exchange.details;
    case 'RESPONSE_FLAGS':
      return exchange.flags;
    case 'ROUTE_NAME':
      return exchange.routeName;
    case 'UPSTREAM_CLUSTER':
    case 'UPSTREAM_CLUSTER_RAW':
      return exchange.destination?.clusterName ?? '';
    case 'UPSTREAM_HOST':
      return exchange.forwarder?.hostKey ?? '';
    case 'START_TIME':
      return new Date(exchange.pipeline.services.clock.wall()).toISOString();
    case 'HOSTNAME':
      return exchange.pipeline.node.name;
    default:
      return '';
  }
}

/** `X?Y` = X, or Y where X is absent. */
function readRequest(exchange: Exchange, argument: string): string {
  for (const name of argument.toLowerCase().split('?')) {
    const value = readPseudo(exchange, name) ?? getHeader(exchange.request.headers, name);
    if (value !== undefined && value !== '') return value;
  }
  return '';
}

function readPseudo(exchange: Exchange, name: string): string | undefined {
  switch (name) {
    case ':method':
      return exchange.request.method;
    case ':path':
      return exchange.request.path;
    case ':authority':
    case 'host':
      return exchange.request.authority;
    case ':scheme':
      return exchange.scheme;
    default:
      return undefined;
  }
}

function readResponse(exchange: Exchange, argument: string): string {
  const headers = exchange.responseHead?.headers;
  return headers === undefined ? '' : (getHeader(headers, argument.toLowerCase()) ?? '');
}
