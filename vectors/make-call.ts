import type { RequestHead } from '../agent/codec/head.ts';
import { ProtocolError } from '../agent/codec/protocol-error.ts';
import type { ExchangeRecord } from '../agent/exchange/record.ts';
import { SERVER_NAME } from '../agent/exchange/request-headers.ts';
import type { ManualClock } from '../base/clock.ts';
import { DEFAULT_NAMESPACE } from '../model/names.ts';
import { Caller } from './caller.ts';
import { countAnswers, describeArrival, describeHop, describeResponse } from './describe-answer.ts';
import { readHead } from './echo-application.ts';
import type { MemoryMesh } from './memory-mesh.ts';
import { splitUrl, writeRequestHead } from './request-text.ts';
import type { Answer, CallRequest, Hop } from './scenario.ts';

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
      records.slice(seenRecords.get(name)).map((record) => hopOf(mesh, name, record)),
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
  return countAnswers(Array.from({ length: request.times ?? 1 }, () => makeCall(mesh, clock, request)));
}

function send(mesh: MemoryMesh, request: CallRequest, caller: Caller): void {
  const { scheme, host, port } = splitUrl(request.url);
  const isTls = scheme === 'https';
  const from = request.from ?? null;
  const namespace = mesh.world.workloads.find(({ name }) => name === from)?.namespace ?? DEFAULT_NAMESPACE;
  const address = request.via === undefined ? mesh.resolve(host, namespace) : mesh.addressOf(request.via);
  let head: RequestHead;
  try {
    head = readHead(writeRequestHead(request));
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    refuse(caller, error, request);
    return;
  }
  mesh.open(from, address, port, isTls ? host : null).request(head, caller.hasBody, caller);
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

function describeResult(mesh: MemoryMesh, { head, body, failure }: Caller, request: CallRequest): Answer {
  if (failure !== '') return { noAnswer: failure };
  if (head === null) return { noAnswer: 'nothing' };
  return describeResponse({ ...head, body }, request, (name) => mesh.arrivals[Number(name || -1)]);
}

function hopOf(mesh: MemoryMesh, proxy: string, record: ExchangeRecord): Hop {
  const { routeName: route, cluster, upstream, status, flags, details, attempts, path } = record;
  const named = upstream === '' ? '' : mesh.nameOf(upstream);
  const hop = { proxy, route, cluster, upstream: named, status, flags, details, attempts, path };
  return describeHop({ ...hop, peer: record.peerIdentity });
}
