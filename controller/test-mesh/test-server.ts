import { rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { errorMessage } from '../../base/errors.ts';
import { readTarget } from '../../base/request-target.ts';
import type { TestRequestQuery } from '../../model/test-mesh.ts';
import { ADMIN_HEADERS, hasToken } from '../admin/admin-guard.ts';
import { readBody } from '../read-body.ts';
import type { TestAnswer, TestMesh } from './test-mesh.ts';

/** A Unix socket, or a port for who has the token. */
export type TestTarget = { readonly socketPath: string } | { readonly port: number; readonly token: string };

const PATIENCE_MS = 30_000;
const MAX_PATIENCE_MS = 600_000;
const MAX_BODY_BYTES = 2 * 1024 * 1024;

interface Reply {
  readonly status: number;
  readonly body: unknown;
}

/** What a mesh of tests is asked (model/test-mesh.ts). */
export async function openTestServer(mesh: TestMesh, target: TestTarget): Promise<Server> {
  const server = createServer((request, response) => {
    void serve(mesh, target, request, response);
  });
  server.requestTimeout = 0;
  if ('socketPath' in target) await rm(target.socketPath, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    if ('port' in target) server.listen(target.port, resolve);
    else server.listen(target.socketPath, resolve);
  });
  return server;
}

async function serve(
  mesh: TestMesh,
  target: TestTarget,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const mayAsk = 'socketPath' in target || hasToken(request.headers, target.token);
  const refused = {
    status: 403,
    body: { error: 'this answers to who has the token', remedy: '', violations: [] },
  };
  const { status, body } = mayAsk
    ? await answer(mesh, request).catch((error: unknown) => failed(errorMessage(error)))
    : refused;
  const text = `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    ...ADMIN_HEADERS,
    'content-type': 'application/json; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
}

const failed = (error: string): Reply => ({ status: 500, body: { error, remedy: '', violations: [] } });

async function answer(mesh: TestMesh, request: IncomingMessage): Promise<Reply> {
  const { pathname, searchParams: query } = readTarget(request.url);
  const patienceMs = Math.min(MAX_PATIENCE_MS, Number(query.get('patienceMs')) || PATIENCE_MS);
  switch (`${request.method} ${pathname}`) {
    case 'POST /v1/apply': {
      const yaml = await readBody(request, MAX_BODY_BYTES);
      if (yaml === null) throw new Error('the documents are too large');
      return reply(await mesh.apply(yaml.toString(), nameOf(query), patienceMs));
    }
    case 'POST /v1/restore':
      return reply(await mesh.restore(Number(query.get('id')), patienceMs));
    case 'GET /v1/settled':
      return reply(await mesh.settled(query.getAll('container'), patienceMs));
    case 'GET /v1/requests':
      return { status: 200, body: await mesh.requests(queryOf(query)) };
    default:
      return {
        status: 404,
        body: { error: `there is no ${request.method} ${pathname}`, remedy: '', violations: [] },
      };
  }
}

const reply = <T>(result: TestAnswer<T>): Reply =>
  result.ok ? { status: 200, body: result.value } : { status: result.status, body: result.refusal };

/** Shown in messages; nothing is written under it. */
const nameOf = (query: URLSearchParams) => (query.get('name') || 'apply.yaml').slice(0, 200);

function queryOf(query: URLSearchParams): TestRequestQuery {
  const [to, from, reporter] = [query.get('to'), query.get('from'), query.get('reporter')];
  return {
    ...(to !== null && { to }),
    ...(from !== null && { from }),
    ...((reporter === 'source' || reporter === 'destination') && { reporter }),
    since: Number(query.get('since')) || 0,
    after: Number(query.get('after')) || 0,
  };
}
