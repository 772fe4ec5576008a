import type { AccessLogSpec, JsonTemplate, JsonTemplateValue } from '../../model/telemetry.ts';
import { readOperator } from '../exchange/operators.ts';
import type { ExchangeRecord } from '../exchange/record.ts';
import { createFormat } from '../policy/format.ts';

/** Istio's default text (pilot/pkg/model/telemetry_logging.go, EnvoyTextLogFormat), less its newline. */
export const DEFAULT_FORMAT =
  '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% ' +
  '%RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% "%UPSTREAM_TRANSPORT_FAILURE_REASON%" %BYTES_RECEIVED% ' +
  '%BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" ' +
  '"%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%" %UPSTREAM_CLUSTER_RAW% %UPSTREAM_LOCAL_ADDRESS% ' +
  '%DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% %REQUESTED_SERVER_NAME% %ROUTE_NAME%';

/** Istio's default JSON (EnvoyJSONLogFormatIstio). */
const DEFAULT_JSON: JsonTemplate = {
  start_time: '%START_TIME%',
  route_name: '%ROUTE_NAME%',
  method: '%REQ(:METHOD)%',
  path: '%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%',
  protocol: '%PROTOCOL%',
  response_code: '%RESPONSE_CODE%',
  response_flags: '%RESPONSE_FLAGS%',
  response_code_details: '%RESPONSE_CODE_DETAILS%',
  connection_termination_details: '%CONNECTION_TERMINATION_DETAILS%',
  upstream_transport_failure_reason: '%UPSTREAM_TRANSPORT_FAILURE_REASON%',
  bytes_received: '%BYTES_RECEIVED%',
  bytes_sent: '%BYTES_SENT%',
  duration: '%DURATION%',
  upstream_service_time: '%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%',
  x_forwarded_for: '%REQ(X-FORWARDED-FOR)%',
  user_agent: '%REQ(USER-AGENT)%',
  request_id: '%REQ(X-REQUEST-ID)%',
  authority: '%REQ(:AUTHORITY)%',
  upstream_host: '%UPSTREAM_HOST%',
  upstream_cluster: '%UPSTREAM_CLUSTER_RAW%',
  upstream_local_address: '%UPSTREAM_LOCAL_ADDRESS%',
  downstream_local_address: '%DOWNSTREAM_LOCAL_ADDRESS%',
  downstream_remote_address: '%DOWNSTREAM_REMOTE_ADDRESS%',
  requested_server_name: '%REQUESTED_SERVER_NAME%',
};

/** Numbers stay numbers in JSON. */
const NUMERIC = new Set([
  'RESPONSE_CODE',
  'BYTES_RECEIVED',
  'BYTES_SENT',
  'DURATION',
  'REQUEST_DURATION',
  'RESPONSE_DURATION',
  'RESPONSE_TX_DURATION',
  'GRPC_STATUS_NUMBER',
  'REQUEST_HEADERS_BYTES',
  'RESPONSE_HEADERS_BYTES',
  'RESPONSE_TRAILERS_BYTES',
  'UPSTREAM_REQUEST_ATTEMPT_COUNT',
]);

export type AccessLogFormat = (record: ExchangeRecord) => string;

/** One line with its newline per record; a value that is absent is `-`, in JSON null, or left out. */
export function createAccessLogFormat({
  format,
  omitsEmpty,
}: Pick<AccessLogSpec, 'format' | 'omitsEmpty'>): AccessLogFormat {
  if (format.kind === 'json') {
    const render = compileJson(format.fields ?? DEFAULT_JSON, omitsEmpty);
    return (record) => `${JSON.stringify(render(record))}\n`;
  }
  const text = format.text ?? DEFAULT_FORMAT;
  const absent = omitsEmpty ? '' : '-';
  const render = createFormat(text.endsWith('\n') ? text.slice(0, -1) : text);
  return (record) =>
    `${render({ operator: (name, argument) => readOperator(record, name, argument) || absent })}\n`;
}

/** Attributes of an entry for a collector: all are texts there, and those without a value are left out. */
export function createAttributes(
  fields: JsonTemplate,
): (record: ExchangeRecord) => Readonly<Record<string, string>> {
  const render = compileJson(fields, true);
  return (record) =>
    Object.fromEntries(
      Object.entries(render(record) as Record<string, unknown>).map(([key, value]) => [
        key,
        typeof value === 'object' ? JSON.stringify(value) : String(value),
      ]),
    );
}

type JsonPart = (record: ExchangeRecord) => unknown;

function compileJson(value: JsonTemplateValue, omitsEmpty: boolean): JsonPart {
  if (typeof value === 'string') return compileText(value);
  if (typeof value !== 'object' || value === null) return () => value;
  if (Array.isArray(value)) {
    const items = value.map((item: JsonTemplateValue) => compileJson(item, omitsEmpty));
    return (record) => items.map((item) => item(record));
  }
  const parts = Object.entries(value).map(
    ([key, inner]) => [key, compileJson(inner as JsonTemplateValue, omitsEmpty)] as const,
  );
  return (record) => {
    const made: Record<string, unknown> = {};
    for (const [key, part] of parts) {
      const inner = part(record);
      if (!omitsEmpty || inner !== null) made[key] = inner;
    }
    return made;
  };
}

/** An operator that stands alone keeps its type. */
function compileText(text: string): JsonPart {
  const render = createFormat(text);
  const isNumber = NUMERIC.has(/^%([A-Z_]+)%$/.exec(text)?.[1] ?? '');
  return (record) => {
    const value = render({ operator: (name, argument) => readOperator(record, name, argument) });
    if (value === '') return null;
    return isNumber ? Number(value) : value;
  };
}
