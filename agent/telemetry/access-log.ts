import type { NodeSpec } from '../../model/node.ts';
import type { ExchangeRecord } from '../exchange/record.ts';
import { createFormat, type FormatContext } from '../policy/format.ts';

/** Istio's default text (pilot/pkg/model/telemetry_logging.go, EnvoyTextLogFormat), less its newline. */
export const DEFAULT_FORMAT =
  '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% ' +
  '%RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "%UPSTREAM_TRANSPORT_FAILURE_REASON%" %BYTES_RECEIVED% ' +
  '%BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" ' +
  '"%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%" %UPSTREAM_CLUSTER_RAW% %UPSTREAM_LOCAL_ADDRESS% ' +
  '%DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% %REQUESTED_SERVER_NAME% %ROUTE_NAME%';

/** Keys of Istio's default JSON, and what they hold. */
const DEFAULT_JSON: readonly (readonly [key: string, operator: string])[] = [
  ['start_time', '%START_TIME%'],
  ['route_name', '%ROUTE_NAME%'],
  ['method', '%REQ(:METHOD)%'],
  ['path', '%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%'],
  ['protocol', '%PROTOCOL%'],
  ['response_code', '%RESPONSE_CODE%'],
  ['response_flags', '%RESPONSE_FLAGS%'],
  ['response_code_details', '%RESPONSE_CODE_DETAILS%'],
  ['connection_termination_details', '%CONNECTION_TERMINATION_DETAILS%'],
  ['upstream_transport_failure_reason', '%UPSTREAM_TRANSPORT_FAILURE_REASON%'],
  ['bytes_received', '%BYTES_RECEIVED%'],
  ['bytes_sent', '%BYTES_SENT%'],
  ['duration', '%DURATION%'],
  ['upstream_service_time', '%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%'],
  ['x_forwarded_for', '%REQ(X-FORWARDED-FOR)%'],
  ['user_agent', '%REQ(USER-AGENT)%'],
  ['request_id', '%REQ(X-REQUEST-ID)%'],
  ['authority', '%REQ(:AUTHORITY)%'],
  ['upstream_host', '%UPSTREAM_HOST%'],
  ['upstream_cluster', '%UPSTREAM_CLUSTER_RAW%'],
  ['upstream_local_address', '%UPSTREAM_LOCAL_ADDRESS%'],
  ['downstream_local_address', '%DOWNSTREAM_LOCAL_ADDRESS%'],
  ['downstream_remote_address', '%DOWNSTREAM_REMOTE_ADDRESS%'],
  ['requested_server_name', '%REQUESTED_SERVER_NAME%'],
];

/** Numbers stay numbers in JSON. */
const NUMERIC = new Set([
  'RESPONSE_CODE',
  'BYTES_RECEIVED',
  'BYTES_SENT',
  'DURATION',
  'UPSTREAM_REQUEST_ATTEMPT_COUNT',
]);

export type AccessLogFormat = (record: ExchangeRecord) => string;

/** One line with its newline per record; a value that is absent is `-`, in JSON null. */
export function createAccessLogFormat({ format, json }: NonNullable<NodeSpec['accessLog']>): AccessLogFormat {
  if (json) {
    const fields = format === null ? DEFAULT_JSON : readJsonFormat(format);
    return (record) => {
      const values: Record<string, string | number | null> = {};
      for (const [key, text] of fields) values[key] = jsonValue(text, record);
      return `${JSON.stringify(values)}\n`;
    };
  }
  const text = format ?? DEFAULT_FORMAT;
  const render = createFormat(text.endsWith('\n') ? text.slice(0, -1) : text);
  return (record) =>
    `${render({ operator: (name, argument) => readOperator(record, name, argument) || '-' })}\n`;
}

/** A JSON object of name to operator; anything else is one field. */
function readJsonFormat(format: string): (readonly [string, string])[] {
  try {
    const parsed: unknown = JSON.parse(format);
    if (typeof parsed === 'object' && parsed !== null) {
      return Object.entries(parsed).map(([key, value]) => [key, String(value)] as const);
    }
  } catch {
    // Not JSON: logged as text under one key, so that nothing is lost.
  }
  return [['message', format]];
}

function jsonValue(text: string, record: ExchangeRecord): string | number | null {
  const context: FormatContext = { operator: (name, argument) => readOperator(record, name, argument) };
  const value = createFormat(text)(context);
  const single = /^%([A-Z_]+)%$/.exec(text)?.[1];
  if (value === '') return null;
  return single !== undefined && NUMERIC.has(single) ? Number(value) : value;
}

function readOperator(record: ExchangeRecord, name: string, argument: string): string {
  switch (name) {
    case 'START_TIME':
      return new Date(record.startedAtMs).toISOString();
    case 'REQ':
      return readRequest(record, argument.toLowerCase());
    case 'RESP':
      return argument.toLowerCase() === 'x-envoy-upstream-service-time' && record.upstreamServiceMs !== null
        ? String(record.upstreamServiceMs)
        : '';
    case 'PROTOCOL':
      return record.protocol;
    case 'RESPONSE_CODE':
      return String(record.status);
    case 'RESPONSE_FLAGS':
      return record.flags;
    case 'RESPONSE_CODE_DETAILS':
      return record.details;
    case 'BYTES_RECEIVED':
      return String(record.bytesReceived);
    case 'BYTES_SENT':
      return String(record.bytesSent);
    case 'DURATION':
      return String(Math.round(record.durationMs));
    case 'UPSTREAM_HOST':
      return record.upstream;
    case 'UPSTREAM_CLUSTER':
    case 'UPSTREAM_CLUSTER_RAW':
      return record.cluster;
    case 'UPSTREAM_REQUEST_ATTEMPT_COUNT':
      return String(record.attempts);
    case 'DOWNSTREAM_LOCAL_ADDRESS':
      return record.localAddress;
    case 'DOWNSTREAM_REMOTE_ADDRESS':
      return record.remoteAddress;
    case 'DOWNSTREAM_PEER_URI_SAN':
      return record.peerIdentity;
    case 'REQUESTED_SERVER_NAME':
      return record.serverName ?? '';
    case 'UPSTREAM_TRANSPORT_FAILURE_REASON':
      return record.transportFailure ?? '';
    case 'CONNECTION_TERMINATION_DETAILS':
      return record.terminationDetails ?? '';
    case 'DOWNSTREAM_TRANSPORT_FAILURE_REASON':
      return record.tlsFailure ?? '';
    case 'ROUTE_NAME':
      return record.routeName;
    default:
      return '';
  }
}

/** Only what a record keeps; `X?Y` falls back to the second. */
function readRequest(record: ExchangeRecord, argument: string): string {
  const values: Readonly<Record<string, string>> = {
    ':method': record.method,
    ':path': record.path,
    'x-envoy-original-path': '',
    ':authority': record.authority,
    'x-forwarded-for': record.forwardedFor,
    'user-agent': record.userAgent,
    'x-request-id': record.requestId,
  };
  for (const name of argument.split('?')) {
    const value = values[name] ?? '';
    if (value !== '') return value;
  }
  return '';
}
