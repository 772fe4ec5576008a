import type { RequestHead } from '../agent/codec/head.ts';
import { ProtocolError } from '../agent/codec/protocol-error.ts';
import type { ExchangeRecord } from '../agent/exchange/record.ts';
import { SERVER_NAME } from '../agent/exchange/request-headers.ts';
import type { ManualClock } from '../base/clock.ts';
import { DEFAULT_NAMESPACE } from '../model/names.ts';
import { Caller } from './caller.ts';
import { ARRIVAL_HEADER, type Arrival, readHead } from './echo-application.ts';
import type { MemoryMesh } from './memory-mesh.ts';
import type { Answer, Backend, CallRequest, Hop } from './scenario.ts';

/** What the runner itself cannot do yet. */
export class NotInMemory extends Error {
  override readonly name = 'NotInMemory';
}

/** Longer than any call of the recordings. */
const MAX_CALL_MS = 30_000;

/** Makes one call, drives the clock until it is answered, and tells it in the form of the recordings. */
export function makeCall(mesh: MemoryMesh, clock: ManualClock, request: CallRequest): Answer {
  const startedAtMs = clock.now();
  const seenRecords = new Map([...mesh.proxies].map(([name, { records }]) => [name, records.length]));
  const seenArrivals = mesh.arrivals.length;
  const caller = new Caller(request.body ?? '');
  send(mesh, request, caller);
  while (!caller.isOver && clock.now() - startedAtMs < MAX_CALL_MS) clock.advance(1);
  const hops = [...mesh.proxies]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, { records }]) =>
      records.slice(seenRecords.get(name)).map((record) => describeHop(mesh, name, record)),
    );
  return {
    ...describeResult(mesh, caller, request),
    ...(hops.length > 0 && { hops }),
    arrivals: mesh.arrivals.slice(seenArrivals).map(describeArrival).sort(),
    ms: clock.now() - startedAtMs,
  };
}

/** As many calls as are asked, counted by status and the workload that answered. */
export function countCalls(mesh: MemoryMesh, clock: ManualClock, request: CallRequest): Answer {
  const counts: Record<string, number> = {};
  for (let i = 0; i < (request.times ?? 1); i++) {
    const { status, backend, noAnswer } = makeCall(mesh, clock, request);
    const result = noAnswer ?? String(status);
    const key = backend === undefined ? result : `${result} ${backend.workload}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return { counts };
}

function send(mesh: MemoryMesh, request: CallRequest, caller: Caller): void {
  const { scheme, authority, target } = splitUrl(request.url);
  if (scheme !== 'http') throw new NotInMemory('callers speak no TLS here yet');
  const [, host = '', port = '80'] = /^(.*?)(?::([0-9]+))?$/.exec(authority) ?? [];
  const from = request.from ?? null;
  const namespace = mesh.world.workloads.find(({ name }) => name === from)?.namespace ?? DEFAULT_NAMESPACE;
  const address = request.via === undefined ? mesh.resolve(host, namespace) : mesh.addressOf(request.via);
  let head: RequestHead;
  try {
    head = readHead(writeRequest(request, authority, target));
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    refuse(caller, error, request);
    return;
  }
  mesh.open(from, address, Number(port)).request(head, caller.hasBody, caller);
}

/** What the proxy's codec answers before there is an exchange. */
function refuse(caller: Caller, error: ProtocolError, { via }: CallRequest): void {
  const body = 'Bad Request';
  const server = SERVER_NAME[via === undefined ? 'outbound' : 'gateway'];
  const headers = ['content-type', 'text/plain', 'server', server];
  const head = { status: error.status, reason: '', version: 'HTTP/1.1' as const, headers, upgrade: '' };
  caller.onResponse({ ...head, contentLength: body.length });
  caller.onResponseData(Buffer.from(body));
  caller.onResponseEnd(null);
}

/** Not by `URL`, which would normalise the path. */
function splitUrl(url: string): { scheme: string; authority: string; target: string } {
  const [, scheme = '', authority = '', target = ''] = /^([a-z]+):\/\/([^/?#]*)([^#]*)/.exec(url) ?? [];
  // A URL holds no backslash: the callers of the recordings escaped it.
  const escaped = target.replaceAll('\\', '%5C');
  return { scheme, authority, target: escaped.startsWith('/') ? escaped : `/${escaped}` };
}

function writeRequest(request: CallRequest, authority: string, target: string): string {
  const { method = 'GET', headers = {}, body = '' } = request;
  const { host = authority, ...others } = headers;
  const lines = [`${method} ${target} HTTP/1.1`, `host: ${host}`];
  for (const [name, value] of Object.entries(others)) lines.push(`${name}: ${value}`);
  if (body !== '') lines.push(`content-length: ${Buffer.byteLength(body)}`);
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function describeResult(mesh: MemoryMesh, caller: Caller, request: CallRequest): Answer {
  const { head, body, failure } = caller;
  if (failure !== '') return { noAnswer: failure };
  if (head === null) return { noAnswer: 'nothing' };
  const headers: Record<string, string> = {};
  for (let i = 0; i < head.headers.length; i += 2) {
    const name = (head.headers[i] as string).toLowerCase();
    headers[name] =
      name in headers ? `${headers[name]}, ${head.headers[i + 1]}` : (head.headers[i + 1] ?? '');
  }
  if (head.contentLength >= 0) headers['content-length'] = String(head.contentLength);
  const arrival = mesh.arrivals[Number(headers[ARRIVAL_HEADER] ?? -1)];
  delete headers['date'];
  if (arrival === undefined) return { status: head.status, headers, body };
  for (const name of [ARRIVAL_HEADER, 'content-type', 'content-length']) delete headers[name];
  return { status: head.status, headers, backend: asRecorded(arrival.backend, request) };
}

/** The caller's own program named itself in the recordings, which says nothing. */
function asRecorded(backend: Backend, request: CallRequest): Backend {
  if (request.headers?.['user-agent'] !== undefined) return backend;
  const { 'user-agent': _, ...headers } = backend.headers;
  return { ...backend, headers };
}

function describeHop(mesh: MemoryMesh, proxy: string, record: ExchangeRecord): Hop {
  const { routeName, cluster, upstream, status, flags, details, attempts, path, peerIdentity } = record;
  return {
    proxy,
    ...(routeName !== '' && { route: routeName }),
    ...(cluster !== '' && { cluster }),
    ...(upstream !== '' && { upstream: mesh.nameOf(upstream) }),
    status,
    ...(flags !== '' && { flags }),
    details,
    attempts,
    path,
    ...(peerIdentity !== '' && { peer: peerIdentity }),
  };
}

function describeArrival({ backend, status }: Arrival): string {
  return `${backend.workload} ${backend.method} ${backend.host}${backend.path} ${status}`;
}
