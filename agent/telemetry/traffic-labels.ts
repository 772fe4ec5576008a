import type { EdgeReport, PeerReport } from '../../model/traffic.ts';

/** Who a series is about, read from its labels: what Telemetry has removed of them is not known here either. */
export interface SeriesParties
  extends Pick<EdgeReport, 'reporter' | 'peer' | 'service' | 'protocol' | 'isMutualTls'> {
  /** Equal for equal parties. */
  readonly key: string;
  readonly code: number;
  readonly flags: string;
  readonly grpcStatus: string;
}

const LABEL = /(\w+)="((?:[^"\\]|\\.)*)"/g;
const ESCAPED = /\\(.)/g;

/** null = a series of no parties: the one that counts what was too much. */
export function readParties(labels: string): SeriesParties | null {
  const all = new Map<string, string>();
  for (const [, name = '', value = ''] of labels.matchAll(LABEL))
    all.set(
      name,
      value.includes('\\')
        ? value.replace(ESCAPED, (_, char: string) => (char === 'n' ? '\n' : char))
        : value,
    );
  const known = (name: string) => {
    const value = all.get(name) ?? '';
    return value === 'unknown' ? '' : value;
  };
  const reporter = all.get('reporter');
  if (reporter !== 'source' && reporter !== 'destination') return null;
  const side = reporter === 'source' ? 'destination' : 'source';
  const protocol = protocolOf(known('request_protocol'));
  const isMutualTls =
    reporter === 'source'
      ? known('destination_principal') !== ''
      : known('connection_security_policy') === 'mutual_tls';
  const parties = {
    reporter,
    peer: peerOf(side, known),
    service: known('destination_service'),
    protocol,
    isMutualTls,
  };
  const flags = known('response_flags');
  return {
    ...(parties as Pick<EdgeReport, 'reporter' | 'peer' | 'service' | 'protocol' | 'isMutualTls'>),
    key: JSON.stringify(parties),
    code: Number(known('response_code')) || 0,
    flags: flags === '-' ? '' : flags,
    grpcStatus: known('grpc_response_status'),
  };
}

function protocolOf(text: string): EdgeReport['protocol'] {
  return text === 'grpc' || text === 'tcp' ? text : 'http';
}

function peerOf(side: string, known: (name: string) => string): PeerReport | null {
  const workload = known(`${side}_workload`);
  if (workload === '') return null;
  return {
    workload,
    namespace: known(`${side}_workload_namespace`),
    version: known(`${side}_version`),
    app: known(`${side}_canonical_service`),
  };
}
