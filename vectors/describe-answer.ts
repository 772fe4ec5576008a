import type { Answer, Backend, CallRequest, Hop } from './scenario.ts';

/** What was seen of a call, in the form of the recordings. */

/** Which arrival an answer belongs to; taken off before anything is compared. */
export const ARRIVAL_HEADER = 'x-echo-arrival';

/** A request that reached an application, and what was answered. */
export interface Arrival {
  readonly backend: Backend;
  readonly status: number;
}

export interface Response {
  readonly status: number;
  /** Name, value, name, value. */
  readonly headers: readonly string[];
  /** -1 = not said. */
  readonly contentLength: number;
  readonly body: string;
}

/** `arrivalOf`: the arrival that a value of `ARRIVAL_HEADER` names. */
export function describeResponse(
  { status, headers: list, contentLength, body }: Response,
  request: CallRequest,
  arrivalOf: (name: string) => Arrival | undefined,
): Answer {
  const headers = joinHeaders(list);
  if (contentLength >= 0) headers['content-length'] = String(contentLength);
  const arrival = arrivalOf(headers[ARRIVAL_HEADER] ?? '');
  delete headers['date'];
  if (arrival === undefined) return { status, headers, body };
  for (const name of [ARRIVAL_HEADER, 'content-type', 'content-length']) delete headers[name];
  // What reached an application was told in its answer's body, which HEAD has none of.
  if (request.method === 'HEAD') return { status, headers, body: '' };
  return { status, headers, backend: asRecorded(arrival.backend, request) };
}

/** Names in lower case, values of one name joined. */
export function joinHeaders(list: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let i = 0; i < list.length; i += 2) {
    const name = (list[i] ?? '').toLowerCase();
    const value = list[i + 1] ?? '';
    headers[name] = name in headers ? `${headers[name]}, ${value}` : value;
  }
  return headers;
}

/** The caller's own program named itself in the recordings, which says nothing. */
function asRecorded(backend: Backend, request: CallRequest): Backend {
  if (request.headers?.['user-agent'] !== undefined) return backend;
  const { 'user-agent': _, ...headers } = backend.headers;
  return { ...backend, headers };
}

export function describeArrival({ backend, status }: Arrival): string {
  return `${backend.workload} ${backend.method} ${backend.host}${backend.path} ${status}`;
}

/** A hop without what is '' in it. */
export function describeHop({ route, cluster, upstream, flags, peer, ...hop }: Hop): Hop {
  const { proxy, status, details, attempts, path } = hop;
  return {
    proxy,
    ...(route && { route }),
    ...(cluster && { cluster }),
    ...(upstream && { upstream }),
    status,
    ...(flags && { flags }),
    details,
    attempts,
    path,
    ...(peer && { peer }),
  };
}

/** How often which status came from which workload. */
export function countAnswers(answers: readonly Answer[]): Answer {
  const counts: Record<string, number> = {};
  for (const { status, backend, noAnswer } of answers) {
    const result = noAnswer ?? String(status);
    const key = backend === undefined ? result : `${result} ${backend.workload}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return { counts };
}
