import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

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

const MAX_BODY_BYTES = 16_384;
/** Below Docker's 10 s between SIGTERM and SIGKILL. */
const DRAIN_MS = 8000;

/** Serves on 9080, answers `/health`, and on SIGTERM lets what is in flight finish. */
export function serve(name: string, handler: Handler): void {
  const server = createServer((request, response) => {
    void answer(name, handler, request, response, () => !server.listening);
  });
  server.keepAliveTimeout = 60_000;
  server.listen(Number(process.env['PORT'] ?? '9080'), () => {
    console.log(`${name} listens on ${(server.address() as AddressInfo).port}`);
  });
  process.on('SIGTERM', () => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
    setTimeout(() => process.exit(0), DRAIN_MS).unref();
  });
}

async function answer(
  name: string,
  handler: Handler,
  request: IncomingMessage,
  response: ServerResponse,
  isClosing: () => boolean,
): Promise<void> {
  const reply = await respond(name, handler, request);
  response.writeHead(reply.status, {
    'content-type': `${reply.type ?? 'text/plain'}; charset=utf-8`,
    'content-length': Buffer.byteLength(reply.body),
    // A kept connection would hold the process until its idle timeout.
    ...(isClosing() ? { connection: 'close' } : {}),
    ...reply.headers,
  });
  response.end(reply.body);
}

async function respond(name: string, handler: Handler, request: IncomingMessage): Promise<Reply> {
  const url = URL.parse(request.url ?? '/', 'http://bookinfo');
  if (url === null) return json({ error: 'bad request' }, 400);
  if (url.pathname === '/health') return json({ status: `${name} is healthy` });
  try {
    return await handler(request, url);
  } catch (error) {
    console.error(error);
    return json({ error: 'internal error' }, 500);
  }
}

/** '' for more than a form of ours can hold. */
export async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes <= MAX_BODY_BYTES) chunks.push(chunk as Buffer);
  }
  return bytes <= MAX_BODY_BYTES ? Buffer.concat(chunks).toString() : '';
}

/** The number at the end of `/details/0`; null if it is none. */
export function productId(url: URL, service: string): number | null {
  const match = /^\/([a-z]+)\/(\d{1,9})$/.exec(url.pathname);
  return match !== null && match[1] === service ? Number(match[2]) : null;
}
