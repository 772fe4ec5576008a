import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';

export interface Reply {
  readonly status: number;
  readonly body: string;
  readonly type?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export type Handler = (request: IncomingMessage, url: URL) => Promise<Reply> | Reply;

export function json(value: unknown, status = 200): Reply {
  return { status, body: JSON.stringify(value), type: 'application/json' };
}

export const NOT_FOUND = json({ error: 'not found' }, 404);

/** Serves on 9080, answers `/health`, and on SIGTERM lets what is in flight finish. */
export function serve(name: string, handler: Handler): void {
  const server = createServer((request, response) => {
    void answer(handler, request, response);
  });
  server.keepAliveTimeout = 60_000;
  const port = Number(process.env['PORT'] ?? '9080');
  server.listen(port, () => console.log(`${name} listens on ${port}`));
  process.on('SIGTERM', () => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
    setTimeout(() => process.exit(0), 8000).unref();
  });
}

async function answer(handler: Handler, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://bookinfo');
  const {
    status,
    body,
    type = 'text/plain',
    headers,
  } = url.pathname === '/health'
    ? { status: 200, body: 'ok', headers: {} }
    : await respond(handler, request, url);
  response.writeHead(status, {
    'content-type': `${type}; charset=utf-8`,
    'content-length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}

async function respond(handler: Handler, request: IncomingMessage, url: URL): Promise<Reply> {
  try {
    return await handler(request, url);
  } catch (error) {
    console.error(error);
    return json({ error: 'internal error' }, 500);
  }
}

export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}
