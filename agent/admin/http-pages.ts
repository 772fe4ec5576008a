import type { IncomingHttpHeaders, Server, ServerResponse } from 'node:http';
import { readTarget } from '../../base/request-target.ts';
import { isLoopbackHost } from '../../model/loopback.ts';
import { createServer } from './node-http.ts';

export interface Page {
  readonly status: number;
  readonly body: string;
  /** Default `text/plain; charset=utf-8`. */
  readonly type?: string;
}

export interface PageRequest {
  readonly method: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
}

/** `GET /path` → page; a function is called for each request. Anything else is 404. */
export type Pages = Readonly<Record<string, (request: PageRequest) => Page | Promise<Page>>>;

/**
 * A small server for the agent's own pages; never on the data path. Pages that tell of the configuration, or end the
 * agent, are for programs beside the application: `isPrivate` refuses pages of a browser, by a name that was made to
 * point to loopback (DNS rebinding) or from any site, as there is none of our own.
 */
export function servePages(pages: Pages, port: number, host: string, isPrivate = false): Promise<Server> {
  const server = createServer((request, response) => {
    if (isPrivate && !isAskedByProgram(request.headers)) return send(response, NOT_FOR_BROWSERS);
    const { pathname, searchParams: query } = readTarget(request.url);
    const { method = 'GET', headers } = request;
    const page = pages[pathname]?.({ method, query, headers }) ?? {
      status: 404,
      body: `${Object.keys(pages).join('\n')}\n`,
    };
    if (page instanceof Promise) void page.then((made) => send(response, made));
    else send(response, page);
  });
  // Probes come often and hold nothing: they must not keep a stopping agent waiting.
  server.keepAliveTimeout = 1000;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => resolve(server));
  });
}

const NOT_FOR_BROWSERS: Page = { status: 403, body: 'ask for localhost, and not from a page of a browser\n' };

function isAskedByProgram(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'] ?? 'none';
  return isLoopbackHost(headers.host ?? '') && headers.origin === undefined && site === 'none';
}

function send(response: ServerResponse, { status, body, type = 'text/plain; charset=utf-8' }: Page): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
}
