import { chmod, mkdir, rm } from 'node:fs/promises';
import { createServer, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2';
import { dirname } from 'node:path';
import { RATE_LIMIT_SERVICE, readQuestion, writeAnswer } from '../../model/rate-limit-service.ts';
import type { RateLimitService } from './rate-limit-service.ts';

export interface RateLimitServer {
  close(): void;
}

/** A question is a few descriptors; the longest header is 64 KiB. */
const MAX_QUESTION_BYTES = 1024 * 1024;
const STATUS = { ok: '0', invalidArgument: '3', resourceExhausted: '8', unimplemented: '12' } as const;
/** gRPC's "Length-Prefixed-Message": a flag and four bytes of length. */
const PREFIX_BYTES = 5;

/** gRPC on a Unix socket that only the mesh's proxies see: who may ask is decided by the volume. */
export async function openRateLimitServer(
  socketPath: string,
  service: RateLimitService,
): Promise<RateLimitServer> {
  const server: Http2Server = createServer();
  const sessions = new Set<ServerHttp2Session>();
  server.on('session', (session) => {
    sessions.add(session);
    session.on('close', () => sessions.delete(session));
    // A proxy that goes away is no event here.
    session.on('error', () => {});
  });
  server.on('stream', (stream: ServerHttp2Stream, headers) => {
    stream.on('error', () => {});
    if (headers[':path'] !== RATE_LIMIT_SERVICE) refuse(stream, STATUS.unimplemented);
    else read(stream, (body) => reply(stream, body, service));
  });
  await mkdir(dirname(socketPath), { recursive: true });
  await rm(socketPath, { force: true });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, resolve);
  });
  // Agents run as their own user.
  await chmod(socketPath, 0o666);
  return {
    close() {
      server.close();
      for (const session of sessions) session.destroy();
    },
  };
}

function read(stream: ServerHttp2Stream, onWhole: (body: Buffer) => void): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > MAX_QUESTION_BYTES) refuse(stream, STATUS.resourceExhausted);
    else chunks.push(chunk);
  });
  stream.on('end', () => {
    if (!stream.headersSent) onWhole(Buffer.concat(chunks));
  });
}

function reply(stream: ServerHttp2Stream, body: Buffer, service: RateLimitService): void {
  const isWhole = body.length >= PREFIX_BYTES && body.length === PREFIX_BYTES + body.readUInt32BE(1);
  const isPlain = body[0] === 0;
  const question = isWhole && isPlain ? readQuestion(body.subarray(PREFIX_BYTES)) : null;
  if (question === null) {
    refuse(stream, isWhole && !isPlain ? STATUS.unimplemented : STATUS.invalidArgument);
    return;
  }
  const message = writeAnswer(service.answer(question));
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt32BE(message.length, 1);
  stream.respond({ ':status': 200, 'content-type': 'application/grpc' }, { waitForTrailers: true });
  stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': STATUS.ok }));
  stream.end(Buffer.concat([prefix, message]));
}

/** "Trailers-Only". */
function refuse(stream: ServerHttp2Stream, status: string): void {
  if (stream.headersSent || stream.destroyed) return;
  const headers = { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': status };
  stream.respond(headers, { endStream: true });
}
