import type { Server, ServerResponse } from 'node:http';
import { createServer } from './node-http.ts';

export interface Page {
  readonly status: number;
  readonly body: string;
  readonly type?: 'text/plain' | 'application/json';
}

/** `GET /path` → page; a function is called for each request. Anything else is 404. */
export type Pages = Readonly<Record<string, (method: string) => Page>>;

/** A small server for the agent's own pages; never on the data path. */
export function servePages(pages: Pages, port: number, host: string): Promise<Server> {
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    const page = pages[path]?.(request.method ?? 'GET') ?? {
      status: 404,
      body: `${Object.keys(pages).join('\n')}\n`,
    };
    send(response, page);
  });
  // Probes come often and hold nothing: they must not keep a stopping agent waiting.
  server.keepAliveTimeout = 1000;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}

function send(response: ServerResponse, { status, body, type = 'text/plain' }: Page): void {
  response.writeHead(status, {
    'content-type': `${type}; charset=utf-8`,
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}
