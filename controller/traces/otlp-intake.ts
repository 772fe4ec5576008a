import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { decodeTraces, readTracesJson } from '../../model/otlp.ts';
import type { Span } from '../../model/span.ts';
import { readBody } from '../read-body.ts';

export interface OtlpIntakeDeps {
  readonly port: number;
  onSpans(spans: readonly Span[]): void;
  /** Only applications of the mesh, and the machine itself, may add to its traces. */
  isWelcome(address: string): boolean;
}

const MAX_BODY_BYTES = 4 * 1024 * 1024;
const JSON_TYPE = 'application/json';
const PROTOBUF_TYPE = 'application/x-protobuf';

interface Answer {
  readonly status: number;
  readonly error?: string;
}

/** OTLP over HTTP for the applications' own spans (opentelemetry.io/docs/specs/otlp, "OTLP/HTTP"): `POST /v1/traces`. */
export async function openOtlpIntake(deps: OtlpIntakeDeps): Promise<Server> {
  const server = createServer((request, response) => {
    const type = (request.headers['content-type'] ?? '').split(';', 1)[0] ?? '';
    take(request, type, deps).then(
      (answer) => reply(response, type, answer),
      () => reply(response, type, { status: 400, error: 'the body could not be read' }),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(deps.port, resolve);
  });
  return server;
}

async function take(request: IncomingMessage, type: string, deps: OtlpIntakeDeps): Promise<Answer> {
  const address = (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  if (!deps.isWelcome(address))
    return { status: 403, error: 'spans are taken of applications of the mesh only' };
  if (request.url?.split('?', 1)[0] !== '/v1/traces') return { status: 404, error: 'spans go to /v1/traces' };
  if (request.method !== 'POST') return { status: 405, error: 'spans are posted' };
  if (type !== JSON_TYPE && type !== PROTOBUF_TYPE)
    return { status: 415, error: `spans come as ${PROTOBUF_TYPE} or ${JSON_TYPE}` };
  const body = await readPacked(request);
  if (body === null) return { status: 413, error: `a body has ${MAX_BODY_BYTES} bytes at most` };
  const spans = type === JSON_TYPE ? readTracesJson(body.toString()) : decodeTraces(body);
  if (spans === null) return { status: 400, error: 'the body is no ExportTraceServiceRequest' };
  deps.onSpans(spans);
  return { status: 200 };
}

/** null = it is too large, before or after it is unpacked. */
async function readPacked(request: IncomingMessage): Promise<Buffer | null> {
  const body = await readBody(request, MAX_BODY_BYTES);
  if (body === null || request.headers['content-encoding'] !== 'gzip') return body;
  try {
    return await promisify(gunzip)(body, { maxOutputLength: MAX_BODY_BYTES });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return null;
    throw error;
  }
}

/** An empty ExportTraceServiceResponse, or a google.rpc.Status, in the encoding of the question. */
function reply(response: ServerResponse, type: string, { status, error }: Answer): void {
  const isJson = type !== PROTOBUF_TYPE || error !== undefined;
  const body = isJson ? JSON.stringify(error === undefined ? {} : { message: error }) : '';
  response.writeHead(status, {
    'content-type': isJson ? JSON_TYPE : PROTOBUF_TYPE,
    'content-length': Buffer.byteLength(body),
    ...(status === 413 && { connection: 'close' }),
  });
  response.end(body);
}
