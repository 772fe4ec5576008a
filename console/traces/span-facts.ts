import type { SpanView } from '../../model/console.ts';

/** What a span says of itself, taken out of its tags. */
export interface SpanFacts {
  /** Container whose proxy reported it, '' = an application did, or it does not say. */
  readonly workload: string;
  readonly requestId: string;
  /** `GET http://reviews:9080/reviews/1`. */
  readonly request: string;
  /** `503 UH`, '' = none. */
  readonly outcome: string;
  /** Envoy's flags in words. */
  readonly flags: readonly string[];
  /** Tags that are not said otherwise. */
  readonly others: readonly (readonly [string, string])[];
}

/** Shown in words of their own. */
const TOLD = new Set([
  'node_id',
  'guid:x-request-id',
  'http.method',
  'http.url',
  'http.status_code',
  'response_flags',
  'error',
  'lateen.parent',
  'lateen.rule',
  'retry.count',
]);

export function factsOf({ tags }: SpanView): SpanFacts {
  const flags = (tags['response_flags'] ?? '-').split(',').filter((flag) => flag !== '-' && flag !== '');
  const status = tags['http.status_code'] ?? '';
  const grpc = tags['grpc.status_code'];
  return {
    workload: /^\w+~(.+)\.[^.]+$/.exec(tags['node_id'] ?? '')?.[1] ?? '',
    requestId: tags['guid:x-request-id'] ?? '',
    request: [tags['http.method'], tags['http.url']].filter((word) => word !== undefined).join(' '),
    outcome: [status === '0' ? 'no answer' : status, grpc === undefined ? '' : `gRPC ${grpc}`, ...flags]
      .filter((word) => word !== '')
      .join(' '),
    flags: flags.map((flag) => FLAGS[flag] ?? flag),
    others: Object.entries(tags)
      .filter(([name, value]) => !TOLD.has(name) && value !== '-' && value !== '')
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  };
}

/** Envoy's response flags (access log, %RESPONSE_FLAGS%). */
const FLAGS: Readonly<Record<string, string>> = {
  DC: 'DC: the caller went away',
  DI: 'DI: a fault held it up',
  FI: 'FI: a fault failed it',
  DPE: 'DPE: the caller broke the protocol',
  IH: 'IH: a header was not valid',
  LH: 'LH: the host failed its health check',
  LR: 'LR: the connection was reset here',
  NC: 'NC: there is no such cluster',
  NR: 'NR: no route fits',
  RL: 'RL: a rate limit refused it',
  RLSE: 'RLSE: the rate limit service failed',
  SI: 'SI: the stream was silent for too long',
  UAEX: 'UAEX: it was not allowed',
  UC: 'UC: the host closed the connection',
  UF: 'UF: the host could not be connected to',
  UH: 'UH: no host is healthy',
  UMSDR: 'UMSDR: it took longer than it may',
  UO: 'UO: the circuit breaker is open',
  UPE: 'UPE: the host broke the protocol',
  UR: 'UR: the host reset the stream',
  URX: 'URX: no retry is left',
  UT: 'UT: the timeout passed',
  RFCF: 'RFCF: the filter configuration is not there',
};
