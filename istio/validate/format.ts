import { closestWord } from '../../base/closest-word.ts';
import { FORMAT_OPERATORS, OPERATOR_PATTERN } from '../../model/format-operators.ts';
import type { FieldPath } from '../field-path.ts';
import type { Findings } from './finding.ts';

const KNOWN: ReadonlySet<string> = new Set(FORMAT_OPERATORS);

/** Operators that Envoy has and that have no value here. */
const WITHOUT_VALUE = new Set([
  ...['ACCESS_LOG_TYPE', 'CEL', 'CLUSTER_METADATA', 'COMMON_DURATION', 'CONNECTION_ID', 'DYNAMIC_METADATA'],
  ...['DOWNSTREAM_LOCAL_SUBJECT', 'DOWNSTREAM_PEER_CERT', 'DOWNSTREAM_PEER_CERT_V_END'],
  ...['DOWNSTREAM_PEER_CERT_V_START', 'DOWNSTREAM_PEER_FINGERPRINT_256', 'DOWNSTREAM_PEER_ISSUER'],
  ...['DOWNSTREAM_PEER_SERIAL', 'DOWNSTREAM_TLS_SESSION_ID', 'DOWNSTREAM_WIRE_BYTES_RECEIVED'],
  ...['DOWNSTREAM_WIRE_BYTES_SENT', 'DOWNSTREAM_HEADER_BYTES_RECEIVED', 'DOWNSTREAM_HEADER_BYTES_SENT'],
  ...['ENVIRONMENT', 'FILTER_CHAIN_NAME', 'FILTER_STATE', 'LOCAL_REPLY_BODY', 'METADATA'],
  ...['REQUEST_TX_DURATION', 'START_TIME_LOCAL'],
  ...['STREAM_ID', 'UNIQUE_ID', 'UPSTREAM_CLUSTER_METADATA', 'UPSTREAM_CONNECTION_ID'],
  ...['UPSTREAM_FILTER_STATE', 'UPSTREAM_HEADER_BYTES_RECEIVED', 'UPSTREAM_HEADER_BYTES_SENT'],
  ...['UPSTREAM_HOST_NAME', 'UPSTREAM_METADATA', 'UPSTREAM_PEER_CERT', 'UPSTREAM_PEER_SUBJECT'],
  ...['UPSTREAM_PROTOCOL', 'UPSTREAM_TLS_CIPHER', 'UPSTREAM_TLS_VERSION', 'UPSTREAM_WIRE_BYTES_RECEIVED'],
  ...['UPSTREAM_WIRE_BYTES_SENT', 'VIRTUAL_CLUSTER_NAME'],
]);

/** Every text within a log's format: Envoy refuses a configuration with an operator that it does not know. */
export function checkFormat(value: unknown, path: FieldPath, findings: Findings): void {
  if (typeof value === 'string') checkText(value, path, findings);
  else if (Array.isArray(value)) {
    value.forEach((item: unknown, index) => {
      checkFormat(item, [...path, index], findings);
    });
  } else if (typeof value === 'object' && value !== null)
    for (const [key, inner] of Object.entries(value)) checkFormat(inner, [...path, key], findings);
}

function checkText(text: string, path: FieldPath, findings: Findings): void {
  for (const [operator, name] of text.matchAll(OPERATOR_PATTERN)) {
    if (name === undefined || KNOWN.has(name)) continue;
    if (WITHOUT_VALUE.has(name)) {
      findings.warn(path, `the operator ${operator} has no value in this version`, '', 'LAT0005');
      continue;
    }
    const nearest = closestWord(name, FORMAT_OPERATORS);
    findings.error(
      path,
      `${operator} is not one of Envoy's command operators`,
      nearest === null ? '' : `Did you mean %${nearest}%?`,
    );
  }
}
