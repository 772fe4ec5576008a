import { hostOfAddress } from '../../base/socket-address.ts';
import type { FormatOperator } from '../../model/format-operators.ts';
import type { Headers } from '../codec/head.ts';
import { formatTime } from '../policy/format-time.ts';
import { GRPC_STATUS_NAMES } from '../policy/grpc.ts';
import { getHeader } from '../policy/headers.ts';
import type { Exchange } from './exchange-view.ts';
import type { ExchangeRecord } from './record.ts';
import { buildRecord } from './report.ts';

type Reader = (record: ExchangeRecord, argument: string) => string;

/** Envoy's command operators as they stand in access logs and header values; '' = no value. */
const READERS: Readonly<Record<FormatOperator, Reader>> = {
  BYTES_RECEIVED: ({ bytesReceived }) => String(bytesReceived),
  BYTES_SENT: ({ bytesSent }) => String(bytesSent),
  CONNECTION_TERMINATION_DETAILS: ({ terminationDetails = '' }) => terminationDetails,
  DOWNSTREAM_DIRECT_REMOTE_ADDRESS: ({ remoteAddress }) => remoteAddress,
  DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT: ({ remoteAddress }) => hostOfAddress(remoteAddress),
  DOWNSTREAM_DIRECT_REMOTE_PORT: ({ remoteAddress }) => portOf(remoteAddress),
  DOWNSTREAM_LOCAL_ADDRESS: ({ localAddress }) => localAddress,
  DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT: ({ localAddress }) => hostOfAddress(localAddress),
  DOWNSTREAM_LOCAL_PORT: ({ localAddress }) => portOf(localAddress),
  DOWNSTREAM_LOCAL_URI_SAN: ({ ownIdentity }) => ownIdentity,
  DOWNSTREAM_PEER_SUBJECT: ({ tls }) => tls?.subject ?? '',
  DOWNSTREAM_PEER_URI_SAN: ({ peerIdentity }) => peerIdentity,
  DOWNSTREAM_REMOTE_ADDRESS: ({ remoteAddress, clientAddress = remoteAddress }) => clientAddress,
  DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT: ({ remoteAddress, clientAddress = remoteAddress }) =>
    hostOfAddress(clientAddress),
  DOWNSTREAM_REMOTE_PORT: ({ remoteAddress, clientAddress = remoteAddress }) => portOf(clientAddress),
  DOWNSTREAM_TRANSPORT_FAILURE_REASON: ({ tlsFailure = '' }) => tlsFailure,
  EMIT_TIME: ({ startedAtMs, durationMs }, argument) => formatTime(startedAtMs + durationMs, argument),
  DOWNSTREAM_TLS_CIPHER: ({ tls }) => tls?.cipher ?? '',
  DOWNSTREAM_TLS_VERSION: ({ tls }) => tls?.version ?? '',
  DURATION: ({ durationMs }) => String(Math.round(durationMs)),
  GRPC_STATUS: readGrpcStatus,
  GRPC_STATUS_NUMBER: ({ grpcStatus }) => grpcStatus,
  HOSTNAME: ({ hostname }) => hostname,
  PATH: readPath,
  PROTOCOL: ({ protocol }) => protocol,
  QUERY_PARAM: ({ path }, argument) =>
    new URLSearchParams(path.includes('?') ? path.slice(path.indexOf('?')) : '').get(argument) ?? '',
  REQ: readRequest,
  REQUESTED_SERVER_NAME: ({ serverName }) => serverName,
  REQUEST_DURATION: ({ requestMs }) => millisecondsOf(requestMs),
  REQUEST_HEADERS_BYTES: ({ requestHeaders }) => bytesOf(requestHeaders),
  RESP: ({ responseHeaders }, argument) => readLine(responseHeaders, argument),
  RESPONSE_CODE: ({ status }) => String(status),
  RESPONSE_CODE_DETAILS: ({ details }) => details,
  RESPONSE_DURATION: ({ responseMs }) => millisecondsOf(responseMs),
  RESPONSE_FLAGS: ({ flags }) => flags,
  RESPONSE_FLAGS_LONG: ({ flags }) =>
    flags
      .split(',')
      .map((flag) => LONG_FLAGS[flag] ?? flag)
      .join(','),
  RESPONSE_HEADERS_BYTES: ({ responseHeaders }) => bytesOf(responseHeaders),
  RESPONSE_TX_DURATION: ({ responseMs, durationMs }) =>
    millisecondsOf(responseMs === undefined ? undefined : durationMs - responseMs),
  RESPONSE_TRAILERS_BYTES: ({ responseTrailers }) => bytesOf(responseTrailers),
  ROUTE_NAME: ({ routeName }) => routeName,
  START_TIME: ({ startedAtMs }, argument) => formatTime(startedAtMs, argument),
  TRACE_ID: ({ traceId = '' }) => traceId,
  TRAILER: ({ responseTrailers }, argument) => readLine(responseTrailers, argument),
  UPSTREAM_CLUSTER: ({ cluster }) => cluster,
  UPSTREAM_CLUSTER_RAW: ({ cluster }) => cluster,
  UPSTREAM_HOST: ({ upstream }) => upstream,
  UPSTREAM_LOCAL_ADDRESS: ({ upstreamLocalAddress }) => upstreamLocalAddress,
  UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT: ({ upstreamLocalAddress }) => hostOfAddress(upstreamLocalAddress),
  UPSTREAM_LOCAL_PORT: ({ upstreamLocalAddress }) => portOf(upstreamLocalAddress),
  UPSTREAM_REMOTE_ADDRESS: ({ upstream }) => upstream,
  UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT: ({ upstream }) => hostOfAddress(upstream),
  UPSTREAM_REMOTE_PORT: ({ upstream }) => portOf(upstream),
  UPSTREAM_REQUEST_ATTEMPT_COUNT: ({ attempts }) => String(attempts),
  UPSTREAM_TRANSPORT_FAILURE_REASON: ({ transportFailure }) => transportFailure,
};

export function readOperator(record: ExchangeRecord, name: string, argument: string): string {
  return (READERS as Readonly<Record<string, Reader | undefined>>)[name]?.(record, argument) ?? '';
}

/** In a header value, while the exchange goes on. */
export function formatOperator(exchange: Exchange, name: string, argument: string): string {
  return readOperator(buildRecord(exchange), name, argument);
}

/** `X?Y` = X, or Y where X is absent. */
function readRequest(record: ExchangeRecord, argument: string): string {
  for (const name of argument.toLowerCase().split('?')) {
    const value = readPseudo(record, name) ?? getHeader(record.requestHeaders, name);
    if (value !== undefined && value !== '') return value;
  }
  return '';
}

function readPseudo(record: ExchangeRecord, name: string): string | undefined {
  switch (name) {
    case ':method':
      return record.method;
    case ':path':
      return record.sentPath;
    case ':authority':
    case 'host':
      return record.authority;
    case ':scheme':
      return record.scheme;
    case 'x-request-id':
      return record.requestId;
    default:
      return undefined;
  }
}

/** `X?Y` = X, or Y where X is absent. */
function readLine(headers: Readonly<Headers>, argument: string): string {
  for (const name of argument.toLowerCase().split('?')) {
    const value = getHeader(headers, name);
    if (value !== undefined && value !== '') return value;
  }
  return '';
}

/** `%GRPC_STATUS(CAMEL_STRING|SNAKE_STRING|NUMBER)%`; CAMEL_STRING is the default. */
function readGrpcStatus({ grpcStatus }: ExchangeRecord, argument: string): string {
  const name = grpcStatus === '' ? undefined : GRPC_STATUS_NAMES[Number(grpcStatus)];
  if (name === undefined || argument === 'NUMBER') return grpcStatus;
  if (argument === 'SNAKE_STRING') return name;
  if (name === 'OK') return name;
  return name.toLowerCase().replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** `%PATH(WQ|NQ:ORIG|PATH|ORIG_OR_PATH)%`, with the query and the path as it was by default. */
function readPath({ path, sentPath }: ExchangeRecord, argument: string): string {
  const [query, which] = argument.split(':');
  const chosen = which === 'PATH' ? sentPath : path;
  return query === 'NQ' ? (chosen.split('?', 1)[0] ?? '') : chosen;
}

const millisecondsOf = (time: number | undefined) => (time === undefined ? '' : String(Math.round(time)));

const bytesOf = (headers: Readonly<Headers>) => String(headers.reduce((sum, text) => sum + text.length, 0));

const portOf = (address: string) => address.slice(address.lastIndexOf(':') + 1);

/** Envoy's `ResponseFlagUtils`, long names. */
const LONG_FLAGS: Readonly<Record<string, string>> = {
  UH: 'NoHealthyUpstream',
  UF: 'UpstreamConnectionFailure',
  UO: 'UpstreamOverflow',
  NR: 'NoRouteFound',
  NC: 'NoClusterFound',
  URX: 'UpstreamRetryLimitExceeded',
  UT: 'UpstreamRequestTimeout',
  UC: 'UpstreamConnectionTermination',
  UR: 'UpstreamRemoteReset',
  LR: 'LocalReset',
  DC: 'DownstreamConnectionTermination',
  DI: 'DelayInjected',
  FI: 'FaultInjected',
  DPE: 'DownstreamProtocolError',
  UPE: 'UpstreamProtocolError',
  SI: 'StreamIdleTimeout',
  RL: 'RateLimited',
  UAEX: 'UnauthorizedExternalService',
  OM: 'OverloadManagerTerminated',
  RLSE: 'RateLimitServiceError',
  DF: 'DnsResolutionFailed',
  RFCF: 'ResponseFromCacheFilter',
};
