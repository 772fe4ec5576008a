import { mkdir, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { dirname } from 'node:path';
import { ADMIN_HEADERS, refuseAdminRequest } from './admin-guard.ts';

export interface AdminReply {
  readonly status: number;
  readonly body: unknown;
}

/** Path → answer; the query is handed in. A text body is sent as text, anything else as JSON. */
export type AdminPages = Readonly<Record<string, (query: URLSearchParams) => AdminReply>>;

/** `token`: who has it may read everything from anywhere; '' = nobody. */
export type AdminTarget = { readonly port: number; readonly token: string } | { readonly socketPath: string };

/** The controller's pages (istiod's paths): on a TCP port for scrapers, and on a Unix socket for the CLI. */
export async function openAdminServer(pages: AdminPages, target: AdminTarget): Promise<Server> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://controller');
    const { status, body } = answer(pages, url, request, target);
    const isText = typeof body === 'string';
    const text = isText ? body : `${JSON.stringify(body, null, 2)}\n`;
    response.writeHead(status, {
      ...ADMIN_HEADERS,
      'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8',
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

function answer(
  pages: AdminPages,
  url: URL,
  { method, headers, socket }: IncomingMessage,
  target: AdminTarget,
): AdminReply {
  const remoteAddress = 'socketPath' in target ? null : (socket.remoteAddress ?? '');
  const asked = { method: method ?? '', path: url.pathname, headers, remoteAddress };
  const refusal = refuseAdminRequest(asked, 'token' in target ? target.token : '');
  if (refusal !== null) return { status: refusal.status, body: refusal };
  return pages[url.pathname]?.(url.searchParams) ?? { status: 404, body: { pages: Object.keys(pages) } };
}
