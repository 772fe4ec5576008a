import { chmod, mkdir, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { dirname } from 'node:path';
import { errorMessage } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { type CertificateRequest, TRUST_HEADER } from '../../model/identity.ts';
import type { Flushed, ObservedRequest } from '../../model/observation.ts';
import {
  type Ack,
  type Claim,
  HEARTBEAT_MS,
  type Hello,
  type OpenPorts,
  PUSH_PROTOCOL,
} from '../../model/push.ts';
import type { Span } from '../../model/span.ts';
import type { TrafficReport } from '../../model/traffic.ts';
import type { Certificates } from '../ca/certificates.ts';
import { readBody } from '../read-body.ts';
import { readFlushed, readObservations } from '../test-mesh/read-observations.ts';
import { readSpans } from '../traces/read-spans.ts';
import { readReport } from '../traffic/read-report.ts';
import type { Challenges } from './challenges.ts';
import type { PushHub } from './push-hub.ts';
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

const MAX_BODY_BYTES = 16 * 1024 * 1024;

/** The controller's end of the push protocol, on a Unix socket that only its agents' containers see. */
export async function openControlServer(deps: ControlServerDeps): Promise<Server> {
  const server = createServer((request, response) => {
    handle(deps, request, response).catch((error: unknown) => {
      deps.log.warn('a request of an agent failed', { path: request.url, error: errorMessage(error) });
      response.destroy();
    });
  });
  server.requestTimeout = 0;
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
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const credential = /^Bearer (.+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  const bytes = await readBody(request, MAX_BODY_BYTES);
  if (bytes === null) throw new Error('the body is too large');
  const body = bytes.toString();
  if (request.method !== 'POST') return reply(response, 405);
  if (request.url === '/v1/challenge') return challenge(deps, JSON.parse(body) as Claim, response);
  if (request.url === '/v1/session') return openSession(deps, credential, response);
  const container = deps.sessions.containerOf(credential);
  if (container === null) return reply(response, 403);
  // A controller that has just started has not listed its containers yet: the session is good, and is tried again.
  if (!deps.isProxy(container)) return reply(response, 503);
  switch (request.url) {
    case '/v1/config':
      return openStream(deps, container, JSON.parse(body) as Hello, response);
    case '/v1/ack':
      deps.hub.acknowledge(container, JSON.parse(body) as Ack);
      return reply(response, 204);
    case '/v1/certificates':
      return issue(deps, container, JSON.parse(body) as CertificateRequest, response);
    case '/v1/open-ports':
      deps.onOpenPorts(container, JSON.parse(body) as OpenPorts);
      return reply(response, 204);
    case '/v1/spans':
      return takeSpans(deps, body, response);
    case '/v1/traffic': {
      const report = readReport(body);
      if (report !== null) deps.onTraffic(container, report);
      return reply(response, report === null ? 400 : 204);
    }
    case '/v1/observations': {
      const requests = readObservations(body);
      if (requests !== null) deps.onObservations?.(requests);
      return reply(response, requests === null ? 400 : 204);
    }
    case '/v1/flushed': {
      const flushed = readFlushed(body);
      if (flushed !== null) deps.onFlushed?.(container, flushed);
      return reply(response, flushed === null ? 400 : 204);
    }
    case '/v1/unknown-key':
      deps.onUnknownKey();
      return reply(response, 204);
    default:
      return reply(response, 404);
  }
}

function takeSpans(deps: ControlServerDeps, body: string, response: ServerResponse): void {
  const spans = readSpans(body);
  if (spans !== null) deps.onSpans(spans);
  reply(response, spans === null ? 400 : 204);
}

function challenge(deps: ControlServerDeps, { container: claim }: Claim, response: ServerResponse): void {
  const container = deps.findContainer(String(claim));
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
  { csr }: CertificateRequest,
  response: ServerResponse,
): Promise<void> {
  const identity = deps.identityOf(container);
  if (identity === null) return reply(response, 503);
  const issued = await deps.certificates.issue(container, identity, Buffer.from(csr, 'base64'));
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
  container: string,
  hello: Hello,
  response: ServerResponse,
): void {
  if (hello.protocol !== PUSH_PROTOCOL) {
    deps.log.error('an agent of another version speaks another protocol', {
      container,
      agent: hello.agent,
      remedy: 'Recreate its container so that it gets the controller’s image.',
    });
    reply(response, 400);
    return;
  }
  deps.certificates.learn(container, hello.certificate ?? '');
  response.writeHead(200, {
    'content-type': 'application/x-ndjson',
    [TRUST_HEADER]: deps.certificates.trust,
  });
  response.flushHeaders();
  const connection = deps.hub.connect(container, hello, (line) => response.write(line));
  if (connection === null) {
    response.destroy();
    return;
  }
  const heartbeat = setInterval(() => response.write('{"type":"heartbeat"}\n'), HEARTBEAT_MS);
  response.on('close', () => {
    clearInterval(heartbeat);
    deps.hub.disconnect(connection);
    if (!deps.hub.isConnected(container)) deps.onGone(container);
  });
}

function reply(response: ServerResponse, status: number, body = ''): void {
  response.writeHead(status, { 'content-length': Buffer.byteLength(body) }).end(body);
}
