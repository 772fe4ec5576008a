import { mkdir, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { dirname } from 'node:path';
import { errorMessage } from '../../base/errors.ts';
import { readTarget } from '../../base/request-target.ts';
import { ADMIN_HEADERS, refuseAdminRequest } from './admin-guard.ts';

export interface AdminReply {
  readonly status: number;
  readonly body: unknown;
  /** Default: plain text for a text, else JSON. */
  readonly type?: string;
}

/** Path → answer; the query and the header `accept` are handed in. */
export type AdminPages = Readonly<Record<string, (query: URLSearchParams, accept: string) => AdminReply>>;

/** null = there is no such page. */
export type AnswerPage = (url: URL, accept: string) => AdminReply | null;

export type AdminTarget = AdminPort | { readonly socketPath: string };

export interface AdminPort {
  readonly port: number;
  /** Who has it may read everything from anywhere; '' = nobody. */
  readonly token: string;
  /**
   * Addresses under which the machine itself calls, by a published port: as good as loopback, but only where no token is
   * set, since an address can be forged.
   */
  readonly hosts?: ReadonlySet<string>;
}

export function answerFrom(pages: AdminPages): AnswerPage {
  return ({ pathname, searchParams }, accept) =>
    pages[pathname]?.(searchParams, accept) ?? { status: 404, body: { pages: Object.keys(pages) } };
}

/** The controller's pages (istiod's paths): on a TCP port for scrapers, and on a Unix socket for the CLI. */
export async function openAdminServer(answerPage: AnswerPage, target: AdminTarget): Promise<Server> {
  const server = createServer((request, response) => {
    const url = readTarget(request.url);
    const { status, body, type } = answerSafely(() => answer(answerPage, url, request, target));
    const isText = typeof body === 'string';
    const text = isText ? body : `${JSON.stringify(body, null, 2)}\n`;
    response.writeHead(status, {
      ...ADMIN_HEADERS,
      'content-type': type ?? (isText ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8'),
      'content-length': Buffer.byteLength(text),
    });
    response.end(request.method === 'HEAD' ? '' : text);
  });
  if ('socketPath' in target) {
    await mkdir(dirname(target.socketPath), { recursive: true, mode: 0o700 });
    await rm(target.socketPath, { force: true });
  }
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    if ('port' in target) server.listen(target.port, resolve);
    else server.listen(target.socketPath, resolve);
  });
  return server;
}

/** A page that cannot be made must not end the controller. */
function answerSafely(make: () => AdminReply): AdminReply {
  try {
    return make();
  } catch (error) {
    return { status: 500, body: { error: `the page could not be made: ${errorMessage(error)}` } };
  }
}

function answer(
  answerPage: AnswerPage,
  url: URL,
  { method, headers, socket }: IncomingMessage,
  target: AdminTarget,
): AdminReply {
  const asked = {
    method: method ?? '',
    path: url.pathname,
    headers,
    remoteAddress: callerOf(target, socket),
  };
  const refusal = refuseAdminRequest(asked, 'token' in target ? target.token : '');
  if (refusal !== null) return { status: refusal.status, body: refusal };
  return (
    answerPage(url, headers.accept ?? '') ?? {
      status: 404,
      body: { error: `there is no page ${url.pathname}` },
    }
  );
}

/** null = it came over the Unix socket. */
export function callerOf(
  target: AdminTarget,
  { remoteAddress = '' }: Pick<Socket, 'remoteAddress'>,
): string | null {
  if ('socketPath' in target) return null;
  const address = remoteAddress.replace(/^::ffff:/, '');
  const isMachine = target.token === '' && target.hosts?.has(address) === true;
  return isMachine ? '127.0.0.1' : remoteAddress;
}
