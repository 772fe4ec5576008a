import { mkdir, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { dirname } from 'node:path';

export interface AdminReply {
  readonly status: number;
  readonly body: unknown;
}

/** Path → answer; the query is handed in. A text body is sent as text, anything else as JSON. */
export type AdminPages = Readonly<Record<string, (query: URLSearchParams) => AdminReply>>;

/** The controller's pages (istiod's paths): on a TCP port for scrapers, and on a Unix socket for the CLI. */
export async function openAdminServer(
  pages: AdminPages,
  target: { port: number } | { socketPath: string },
): Promise<Server> {
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://controller');
    const page = pages[url.pathname];
    const { status, body } = page?.(url.searchParams) ?? { status: 404, body: { pages: Object.keys(pages) } };
    const isText = typeof body === 'string';
    const text = isText ? body : `${JSON.stringify(body, null, 2)}\n`;
    response.writeHead(status, {
      'content-type': isText ? 'text/plain; charset=utf-8' : 'application/json; charset=utf-8',
      'content-length': Buffer.byteLength(text),
    });
    response.end(text);
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
