import { chmod, mkdir, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import { errorMessage } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { TRUST_HEADER } from '../../model/identity.ts';
import type { Flushed, ObservedRequest } from '../../model/observation.ts';
import { type Claim, HEARTBEAT_MS, type Hello, type OpenPorts, PUSH_PROTOCOL } from '../../model/push.ts';
import type { Span } from '../../model/span.ts';
import type { TrafficReport } from '../../model/traffic.ts';
import type { Certificates } from '../ca/certificates.ts';
import { readBody } from '../read-body.ts';
import { readFlushed, readObservations } from '../test-mesh/read-observations.ts';
import { readSpans } from '../traces/read-spans.ts';
import { readReport } from '../traffic/read-report.ts';
import type { Challenges } from './challenges.ts';
import type { PushHub } from './push-hub.ts';
import {
  readAck,
  readCertificateRequest,
  readClaim,
  readHello,
  readOpenPorts,
  readProtocol,
} from './read-messages.ts';
import type { Sessions } from './sessions.ts';

export interface ControlServerDeps {
  readonly socketPath: string;
  readonly sessions: Sessions;
  readonly challenges: Challenges;
  readonly hub: PushHub;
  readonly log: Logger;
  /** The running container of that id, beginning of an id, or name; null = Docker knows of none (yet). */
  findContainer(claim: string): string | null;
  /** Only containers that Docker says are proxies of this mesh, and run, may speak. */
  isProxy(container: string): boolean;
  /** Whose certificate a container may have, by what Docker says of it; null = it is not known (yet). */
  identityOf(container: string): string | null;
  readonly certificates: Certificates;
  /** What the agent says of the application beside it. */
  onOpenPorts(container: string, report: OpenPorts): void;
  /** What proxies did, as traces tell it. */
  onSpans(spans: readonly Span[]): void;
  onTraffic(container: string, report: TrafficReport): void;
  /** Its stream has ended. */
  onGone(container: string): void;
  /** Requests that a proxy of a mesh of tests has seen. */
  onObservations?(requests: readonly ObservedRequest[]): void;
  onFlushed?(container: string, flushed: Flushed): void;
  /** A proxy got a token whose key it does not know. */
  onUnknownKey(): void;
}

/** Of one that has not proven who it is, and of everybody else. */
const MAX_BODY_BYTES = { stranger: 4096, proxy: 16 * 1024 * 1024 };
/** Each proxy has a stream and a few requests; more is one that was taken over. */
const MAX_CONNECTIONS = 4096;

/** Container → its stream. */
type Streams = Map<string, ServerResponse>;

/** The controller's end of the push protocol, on a Unix socket that only its agents' containers see. */
export async function openControlServer(deps: ControlServerDeps): Promise<Server> {
  const streams: Streams = new Map();
  const server = createServer((request, response) => {
    handle(deps, streams, request, response).catch((error: unknown) => {
      deps.log.warn('a request of an agent failed', { path: request.url, error: errorMessage(error) });
      response.destroy();
    });
  });
  server.requestTimeout = 0;
  server.maxConnections = MAX_CONNECTIONS;
  await mkdir(dirname(deps.socketPath), { recursive: true });
  await rm(deps.socketPath, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(deps.socketPath, resolve);
  });
  // Agents run as their own user; who may see the socket at all is decided by the volume.
  await chmod(deps.socketPath, 0o666);
  return server;
}

async function handle(
  deps: ControlServerDeps,
  streams: Streams,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== 'POST') return reply(response, 405);
  const credential = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  if (request.url === '/v1/challenge') {
    const claim = readClaim(await readText(request, MAX_BODY_BYTES.stranger));
    return claim === null ? reply(response, 400) : challenge(deps, claim, response);
  }
  if (request.url === '/v1/session') return openSession(deps, credential, response);
  const container = deps.sessions.containerOf(credential);
  if (container === null) return reply(response, 403);
  // A controller that has just started has not listed its containers yet: the session is good, and is tried again.
  if (!deps.isProxy(container)) return reply(response, 503);
  const body = await readText(request, MAX_BODY_BYTES.proxy);
  if (request.url === '/v1/config') return openStream(deps, streams, container, body, response);
  if (request.url === '/v1/certificates') return issue(deps, container, body, response);
  const isTaken = takeWord(deps, container, request.url ?? '', body);
  reply(response, isTaken === null ? 404 : isTaken ? 204 : 400);
}

/** What a proxy tells and wants no answer to; false = it cannot be read, null = there is no such path. */
function takeWord(deps: ControlServerDeps, container: string, path: string, body: string): boolean | null {
  switch (path) {
    case '/v1/ack':
      return withWord(readAck(body), (ack) => deps.hub.acknowledge(container, ack));
    case '/v1/open-ports':
      return withWord(readOpenPorts(body), (report) => deps.onOpenPorts(container, report));
    case '/v1/spans':
      return withWord(readSpans(body), (spans) => deps.onSpans(spans));
    case '/v1/traffic':
      return withWord(readReport(body), (report) => deps.onTraffic(container, report));
    case '/v1/observations':
      return withWord(readObservations(body), (requests) => deps.onObservations?.(requests));
    case '/v1/flushed':
      return withWord(readFlushed(body), (flushed) => deps.onFlushed?.(container, flushed));
    case '/v1/unknown-key':
      deps.onUnknownKey();
      return true;
    default:
      return null;
  }
}

function withWord<T>(word: T | null, take: (word: T) => void): boolean {
  if (word !== null) take(word);
  return word !== null;
}

function challenge(deps: ControlServerDeps, { container: claim }: Claim, response: ServerResponse): void {
  const container = deps.findContainer(claim);
  if (container !== null && deps.isProxy(container)) {
    reply(response, 200, JSON.stringify({ challenge: deps.challenges.issue(container) }));
    return;
  }
  if (container !== null)
    deps.log.warn('a container that is no proxy of this mesh, or has a terminal, asked to speak as one', {
      container: claim,
    });
  // Docker's event of its start may be a moment behind: the agent asks again.
  reply(response, container === null ? 503 : 403);
}

async function openSession(
  { challenges, sessions, log }: ControlServerDeps,
  credential: string,
  response: ServerResponse,
): Promise<void> {
  const container = await challenges.settle(credential);
  if (container !== null) return reply(response, 200, JSON.stringify({ session: sessions.issue(container) }));
  log.warn('a caller did not prove its container: nothing of it is in the log that Docker has of that one', {
    remedy: 'Give proxies that Compose starts a logging driver other than `none`.',
  });
  return reply(response, 403);
}

async function issue(
  deps: ControlServerDeps,
  container: string,
  body: string,
  response: ServerResponse,
): Promise<void> {
  const asked = readCertificateRequest(body);
  if (asked === null) return reply(response, 400);
  const identity = deps.identityOf(container);
  if (identity === null) return reply(response, 503);
  const issued = await deps.certificates.issue(container, identity, Buffer.from(asked.csr, 'base64'));
  if (issued !== null) return reply(response, 200, JSON.stringify(issued));
  deps.log.warn(
    'a request for a certificate was refused: not signed with its own key, answered before, or for another identity',
    {
      container,
      identity,
    },
  );
  return reply(response, 403);
}

function openStream(
  deps: ControlServerDeps,
  streams: Streams,
  container: string,
  body: string,
  response: ServerResponse,
): void {
  const hello = readGreeting(deps, container, body);
  if (hello === null) {
    reply(response, 400);
    return;
  }
  deps.certificates.learn(container, hello.certificate ?? '');
  response.writeHead(200, {
    'content-type': 'application/x-ndjson',
    [TRUST_HEADER]: deps.certificates.trust,
  });
  response.flushHeaders();
  // One stream each: what is written to one that nobody reads is kept in memory.
  streams.get(container)?.destroy();
  streams.set(container, response);
  const connection = deps.hub.connect(container, hello, (line) => response.write(line));
  if (connection === null) {
    response.destroy();
    return;
  }
  const heartbeat = setInterval(() => response.write('{"type":"heartbeat"}\n'), HEARTBEAT_MS);
  response.on('close', () => {
    clearInterval(heartbeat);
    if (streams.get(container) === response) streams.delete(container);
    deps.hub.disconnect(connection);
    if (!deps.hub.isConnected(container)) deps.onGone(container);
  });
}

/** null = it is none, or of another version. */
function readGreeting({ log }: ControlServerDeps, container: string, body: string): Hello | null {
  const said = readProtocol(body);
  if (said === null || said.protocol === PUSH_PROTOCOL) return readHello(body);
  log.error('an agent of another version speaks another protocol', {
    container,
    agent: said.agent,
    remedy: 'Recreate its container so that it gets the controller’s image.',
  });
  return null;
}

function reply(response: ServerResponse, status: number, body = ''): void {
  response.writeHead(status, { 'content-length': Buffer.byteLength(body) }).end(body);
}

/** '' = there is none, or it is too large: nobody says that much. */
async function readText(request: IncomingMessage, maxBytes: number): Promise<string> {
  return (await readBody(request, maxBytes))?.toString() ?? '';
}
