import type { ExchangeRecord } from '../exchange/record.ts';

export type Attributes = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/**
 * Envoy's attributes ("Attributes" in its manual), as CEL expressions of Telemetry read them. Integers are bigint, CEL's
 * `int`. What does not exist has no key, so that `has(response.code)` is false for a connection that is no HTTP.
 */
export function attributesOf(record: ExchangeRecord): Attributes {
  const isHttp = record.method !== '';
  const [sourceAddress, sourcePort] = splitAddress(record.clientAddress ?? record.remoteAddress);
  const [address, port] = splitAddress(record.localAddress);
  return {
    request: isHttp ? requestOf(record) : {},
    response: isHttp ? responseOf(record) : { flags: flagBits(record.flags) },
    source: { address: sourceAddress, port: sourcePort },
    destination: { address, port },
    connection: {
      mtls: record.peerIdentity !== '',
      ...present('requested_server_name', record.serverName),
      ...present('termination_details', record.terminationDetails ?? ''),
      ...present('uri_san_peer_certificate', record.peerIdentity),
      ...present('uri_san_local_certificate', record.ownIdentity),
    },
    upstream: upstreamOf(record),
    xds: {
      cluster_name: record.cluster,
      route_name: record.routeName,
      listener_direction: record.side === 'server' ? 1n : 2n,
    },
  };
}

function requestOf(record: ExchangeRecord): Readonly<Record<string, unknown>> {
  const headers = mapOf(record.requestHeaders);
  const queryAt = record.sentPath.indexOf('?');
  return {
    path: record.sentPath,
    url_path: queryAt < 0 ? record.sentPath : record.sentPath.slice(0, queryAt),
    query: queryAt < 0 ? '' : record.sentPath.slice(queryAt + 1),
    host: record.authority,
    scheme: record.scheme,
    method: record.method,
    headers,
    protocol: record.protocol,
    id: record.requestId,
    time: new Date(record.startedAtMs),
    size: BigInt(record.bytesReceived),
    total_size: BigInt(record.bytesReceived + bytesOf(record.requestHeaders)),
    ...present('referer', headers.referer ?? ''),
    ...present('useragent', headers['user-agent'] ?? ''),
  };
}

function responseOf(record: ExchangeRecord): Readonly<Record<string, unknown>> {
  return {
    ...(record.status !== 0 && { code: BigInt(record.status) }),
    ...present('code_details', record.details),
    ...(record.grpcStatus !== '' && { grpc_status: BigInt(record.grpcStatus) }),
    headers: mapOf(record.responseHeaders),
    trailers: mapOf(record.responseTrailers),
    flags: flagBits(record.flags),
    size: BigInt(record.bytesSent),
    total_size: BigInt(record.bytesSent + bytesOf(record.responseHeaders) + bytesOf(record.responseTrailers)),
  };
}

function upstreamOf(record: ExchangeRecord): Readonly<Record<string, unknown>> {
  if (record.upstream === '') return {};
  const [, port] = splitAddress(record.upstream);
  return {
    address: record.upstream,
    port,
    ...present('local_address', record.upstreamLocalAddress),
    ...present('transport_failure_reason', record.transportFailure),
    request_attempt_count: BigInt(record.attempts),
  };
}

/** Envoy's bit vector: each flag by its place in `CoreResponseFlag`. */
const FLAG_ORDER = [
  ...['LH', 'UH', 'UT', 'LR', 'UR', 'UF', 'UC', 'UO', 'NR', 'DI', 'FI', 'RL', 'UAEX', 'RLSE', 'DC', 'URX'],
  ...['SI', 'IH', 'DPE', 'UMSDR', 'RFCF', 'NFCF', 'DT', 'UPE', 'NC', 'OM', 'DF'],
];

function flagBits(flags: string): bigint {
  let bits = 0n;
  for (const flag of flags.split(',')) {
    const place = FLAG_ORDER.indexOf(flag);
    if (place >= 0) bits |= 1n << BigInt(place);
  }
  return bits;
}

const bytesOf = (headers: readonly string[]) => headers.reduce((sum, text) => sum + text.length, 0);

function present(key: string, value: string): Readonly<Record<string, string>> {
  return value === '' ? {} : { [key]: value };
}

/** Lines of one name are joined by commas (Envoy's HeaderMap::getAllOfHeaderAsString). */
function mapOf(headers: readonly string[]): Readonly<Record<string, string>> {
  const map: Record<string, string> = {};
  for (let i = 0; i < headers.length; i += 2) {
    const name = (headers[i] as string).toLowerCase();
    const value = headers[i + 1] as string;
    map[name] = map[name] === undefined ? value : `${map[name]},${value}`;
  }
  return map;
}

function splitAddress(address: string): [address: string, port: bigint] {
  const port = Number(address.slice(address.lastIndexOf(':') + 1));
  return [address, BigInt(Number.isInteger(port) ? port : 0)];
}
