import { setTimeout as sleep } from 'node:timers/promises';
import {
  countAnswers,
  describeArrival,
  describeHop,
  describeResponse,
  joinHeaders,
} from '../../vectors/describe-answer.ts';
import { readResponse } from '../../vectors/read-response.ts';
import { splitUrl, writeRequestHead } from '../../vectors/request-text.ts';
import type { Answer, Backend, CallRequest, Hop } from '../../vectors/scenario.ts';
import type { EchoOutcome } from '../app/echo.ts';
import { OUTSIDE } from './containers.ts';
import type { EngineMesh, LoggedHop, SeenArrival } from './engine-mesh.ts';

/** Between two calls, so that what a proxy logged can be told apart by its time. */
const PAUSE_MS = 20;
/** A log's time is the wall clock's, cut to whole milliseconds, less a span of another clock. */
const TOLERANCE_MS = 2;
/** Of a log line, or a mirror's copy; only what never comes is waited for so long. */
const MAX_LATENESS_MS = 20_000;

/** What was seen of one call: its own outcomes, and what belongs to it of logs and arrivals. */
interface Made {
  readonly request: CallRequest;
  readonly outcomes: readonly EchoOutcome[];
  readonly arrivals: SeenArrival[];
  readonly hops: LoggedHop[];
}

/** A call, and what will be seen of it at least: a log line comes some milliseconds late. */
export interface AwaitedCall {
  readonly request: CallRequest;
  readonly hops: number;
  readonly arrivals: number;
}

/** Makes a scenario's calls in order, and tells them in the form of the recordings. */
export async function makeCalls(engine: EngineMesh, calls: readonly AwaitedCall[]): Promise<Answer[]> {
  await engine.takeSeen();
  const made: Made[] = [];
  for (const { request } of calls) {
    made.push({ request, outcomes: await makeCall(engine, request), arrivals: [], hops: [] });
    await sleep(PAUSE_MS);
  }
  const untilMs = performance.now() + MAX_LATENESS_MS;
  do {
    await sleep(PAUSE_MS);
    assign(made, await engine.takeSeen());
  } while (!isWhole(made, calls) && performance.now() < untilMs);
  return made.map((each) => describe(engine, each));
}

function isWhole(made: readonly Made[], calls: readonly AwaitedCall[]): boolean {
  return made.every(({ hops, arrivals }, index) => {
    const awaited = calls[index];
    return awaited !== undefined && hops.length >= awaited.hops && arrivals.length >= awaited.arrivals;
  });
}

function assign(made: readonly Made[], seen: { arrivals: SeenArrival[]; hops: LoggedHop[] }): void {
  for (const hop of seen.hops) madeAt(made, Date.parse(String(hop.hopStart)))?.hops.push(hop);
  for (const arrival of seen.arrivals) causeOf(made, arrival)?.arrivals.push(arrival);
}

function makeCall(engine: EngineMesh, request: CallRequest): Promise<EchoOutcome[]> {
  const { host, port } = splitUrl(request.url);
  return engine.call(request.from ?? OUTSIDE, {
    host: request.via === undefined ? host : engine.addressOf(request.via),
    port,
    text: writeRequestHead(request, { connection: 'close' }) + (request.body ?? ''),
    times: request.times ?? 1,
  });
}

/** The call that was under way at a time, or the last one before it. */
function madeAt(made: readonly Made[], atMs: number): Made | undefined {
  return made.findLast(({ outcomes }) => (outcomes[0]?.startMs ?? Infinity) <= atMs + TOLERANCE_MS);
}

/** A copy for a mirror may arrive when the next call is under way already: its id tells whose it is. */
function causeOf(made: readonly Made[], arrival: SeenArrival): Made | undefined {
  const id = joinHeaders(arrival.headers)['x-request-id'] ?? '';
  const owners = made.filter(({ hops }) => hops.some(({ requestId }) => requestId === id));
  return owners.length === 1 ? owners[0] : madeAt(made, arrival.atMs);
}

function describe(engine: EngineMesh, { request, outcomes, arrivals, hops }: Made): Answer {
  const answers = outcomes.map((outcome) => describeOutcome(outcome, request, arrivals));
  if (request.times !== undefined) return countAnswers(answers);
  const described = hops
    .map((hop) => hopOf(engine, hop))
    .sort((a, b) => (a.proxy === b.proxy ? 0 : a.proxy < b.proxy ? -1 : 1));
  return {
    ...answers[0],
    ...(described.length > 0 && { hops: described }),
    arrivals: arrivals.map((arrival) => describeArrival(arrivalOf(arrival))).sort(),
    ms: Math.round(outcomes[0]?.ms ?? 0),
  };
}

function describeOutcome(
  outcome: EchoOutcome,
  request: CallRequest,
  arrivals: readonly SeenArrival[],
): Answer {
  const response = readResponse(request.method ?? 'GET', Buffer.from(outcome.bytes, 'base64'));
  if (response === null) return { noAnswer: noAnswer(outcome.error) };
  return describeResponse(response, request, (id) => {
    const arrival = arrivals.find((each) => each.id === id);
    return arrival === undefined ? undefined : arrivalOf(arrival);
  });
}

function noAnswer(error: string): string {
  if (error === 'ECONNREFUSED') return 'refused';
  return error === '' || error === 'ECONNRESET' || error === 'EPIPE' ? 'closed' : error;
}

function arrivalOf({ workload, port, method, path, proto, headers, status }: SeenArrival) {
  const { host = '', ...others } = joinHeaders(headers);
  const backend: Backend = { workload, port, method, path, host, proto, headers: others };
  return { backend, status };
}

function hopOf(engine: EngineMesh, hop: LoggedHop): Hop {
  const text = (value: string | number | null) => String(value ?? '');
  return describeHop({
    proxy: hop.proxy,
    route: text(hop.route),
    cluster: text(hop.cluster),
    upstream: engine.nameOf(text(hop.upstream)),
    status: Number(hop.status),
    flags: text(hop.flags),
    details: text(hop.details),
    attempts: Number(hop.attempts),
    path: text(hop.path),
    peer: text(hop.peer),
  });
}
