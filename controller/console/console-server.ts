import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { errorMessage } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { readTarget } from '../../base/request-target.ts';
import type { ApiError } from '../../model/console.ts';
import { ADMIN_HEADERS, hasToken, isFromAnotherSite, refuseCaller } from '../admin/admin-guard.ts';
import { callerOf } from '../admin/admin-server.ts';
import { readBody } from '../read-body.ts';
import type { EventHub } from './event-hub.ts';
import { encode, type StaticFiles } from './static-files.ts';

export interface ApiReply {
  readonly status: number;
  readonly body: unknown;
}

export interface ApiRequest {
  readonly query: URLSearchParams;
  /** Parsed JSON of a POST or PUT; undefined elsewhere. */
  readonly body: unknown;
}

/** `GET /api/status` → answer. */
export type ConsoleApi = Readonly<Record<string, (request: ApiRequest) => ApiReply | Promise<ApiReply>>>;

export interface ConsoleServerDeps {
  readonly port: number;
  readonly api: ConsoleApi;
  readonly files: StaticFiles;
  readonly events: EventHub;
  readonly log: Logger;
  /** LATEEN_ADMIN_TOKEN; '' = none: then loopback and the machine itself may read. */
  readonly adminToken: string;
  /** LATEEN_WRITE_TOKEN; '' = none: nothing is written. */
  readonly writeToken: string;
  readonly hosts: ReadonlySet<string>;
}

/** A file of the config directory has 2 MiB at most; JSON writes some of its bytes twice. */
const MAX_BODY_BYTES = 5 * 1024 * 1024;
const MAX_CONNECTIONS = 256;

/** Scripts, styles and pictures of the console's own, and nothing of anybody else's. */
const PAGE_HEADERS = {
  ...ADMIN_HEADERS,
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
};

/** The console on its port: files that anybody may have, and the API below `/api` for who may read the mesh. */
export async function openConsoleServer(deps: ConsoleServerDeps): Promise<Server> {
  const server = createServer((request, response) => {
    const url = readTarget(request.url);
    const isApi = url.pathname === '/api' || url.pathname.startsWith('/api/');
    if (!isApi) return sendFile(deps.files, url.pathname, request, response);
    handle(deps, url, request, response).catch((error: unknown) => {
      deps.log.warn('a page of the console failed', { path: url.pathname, error: errorMessage(error) });
      if (response.headersSent) response.destroy();
      else sendJson(response, failure(500, `it could not be made: ${errorMessage(error)}`, 'Try again.'));
    });
  });
  server.maxConnections = MAX_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(deps.port, resolve);
  });
  return server;
}

async function handle(
  deps: ConsoleServerDeps,
  url: URL,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const method = request.method === 'HEAD' ? 'GET' : (request.method ?? '');
  const refusal = refuse(deps, method, request);
  if (refusal !== null) return sendJson(response, refusal);
  if (url.pathname === '/api/events' && request.method === 'GET') {
    if (!deps.events.add(response, ADMIN_HEADERS))
      sendJson(response, failure(503, 'too many pages look at once', 'Close some of them.'));
    return;
  }
  const answer = Object.hasOwn(deps.api, `${method} ${url.pathname}`)
    ? deps.api[`${method} ${url.pathname}`]
    : undefined;
  if (answer === undefined)
    return sendJson(response, failure(404, `there is no ${method} ${url.pathname}`, 'See model/console.ts.'));
  const body = method === 'GET' ? undefined : await readJson(request);
  if (body === null)
    return sendJson(response, failure(400, 'the body is no JSON, or too large', 'Send less, and as JSON.'));
  sendJson(response, await answer({ query: url.searchParams, body }));
}

/** null = the caller may. Reading as on the other admin ports, or with the token for writing; PUT with that alone. */
function refuse(
  { adminToken, writeToken, hosts, port }: ConsoleServerDeps,
  method: string,
  request: IncomingMessage,
): ApiReply | null {
  const { headers, socket } = request;
  const remoteAddress = callerOf({ port, token: adminToken, hosts }, socket);
  const mayWrite = hasToken(headers, writeToken);
  const refusal = mayWrite ? null : refuseCaller({ headers, remoteAddress }, adminToken);
  if (refusal !== null) return failure(refusal.status, refusal.error, refusal.remedy);
  if (method === 'GET') return null;
  if (isFromAnotherSite(headers))
    return failure(403, 'asked from the page of another site', 'Open the console itself.');
  // A form of another site can send text, but no JSON.
  if (!/^application\/json\s*(;|$)/i.test(headers['content-type'] ?? ''))
    return failure(415, 'a change comes as application/json', 'Say so in Content-Type.');
  if (method !== 'PUT' || mayWrite) return null;
  return failure(
    401,
    writeToken === ''
      ? 'nothing is saved here: no write token is set'
      : 'the write token is missing or wrong',
    'Set LATEEN_WRITE_TOKEN for the controller, and send it as `Authorization: Bearer …`.',
  );
}

/** null = it is none, or too large. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  const body = await readBody(request, MAX_BODY_BYTES);
  if (body === null) return null;
  try {
    return JSON.parse(body.toString());
  } catch {
    return null;
  }
}

export function failure(status: number, error: string, remedy: string): ApiReply {
  const body: ApiError = { error, remedy };
  return { status, body };
}

function sendJson(response: ServerResponse, { status, body }: ApiReply): void {
  const text = JSON.stringify(body);
  response.writeHead(status, {
    ...ADMIN_HEADERS,
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
    // What is left of a body that was too large is not read.
    ...(response.req.complete ? {} : { connection: 'close' }),
  });
  response.end(response.req.method === 'HEAD' ? '' : text);
}

function sendFile(
  files: StaticFiles,
  path: string,
  { method, headers }: IncomingMessage,
  response: ServerResponse,
): void {
  const file = method === 'GET' || method === 'HEAD' ? files.find(path) : null;
  if (file === null) {
    response.writeHead(method === 'GET' || method === 'HEAD' ? 404 : 405, ADMIN_HEADERS).end();
    return;
  }
  const { body, encoding } = encode(file, String(headers['accept-encoding'] ?? ''));
  const caching = {
    etag: file.etag,
    vary: 'accept-encoding',
    'cache-control': file.isHashed ? 'public, max-age=31536000, immutable' : 'no-cache',
  };
  if (headers['if-none-match'] === file.etag) {
    response.writeHead(304, { ...PAGE_HEADERS, ...caching }).end();
    return;
  }
  response.writeHead(200, {
    ...PAGE_HEADERS,
    ...caching,
    'content-type': file.type,
    'content-length': body.length,
    ...(encoding !== '' && { 'content-encoding': encoding }),
  });
  response.end(method === 'HEAD' ? '' : body);
}
