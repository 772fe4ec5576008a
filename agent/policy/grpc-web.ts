import type { Headers } from '../codec/head.ts';
import { getHeader } from './headers.ts';

/** gRPC-Web over HTTP (grpc/doc/PROTOCOL-WEB.md): gRPC for callers that can read no trailers, as browsers are. */

const BINARY_TYPES: ReadonlySet<string> = new Set(['application/grpc-web', 'application/grpc-web+proto']);
const TEXT_TYPES: ReadonlySet<string> = new Set([
  'application/grpc-web-text',
  'application/grpc-web-text+proto',
]);

export interface GrpcWebCall {
  /** The body comes in base64. */
  readonly isTextRequest: boolean;
  /** So must the answer's. */
  readonly isTextResponse: boolean;
}

/** null = another kind of request. */
export function grpcWebCallOf(headers: Readonly<Headers>): GrpcWebCall | null {
  const type = getHeader(headers, 'content-type') ?? '';
  const isTextRequest = TEXT_TYPES.has(type);
  if (!isTextRequest && !BINARY_TYPES.has(type)) return null;
  return { isTextRequest, isTextResponse: TEXT_TYPES.has(getHeader(headers, 'accept') ?? '') };
}

/** Marks the last message of an answer, which holds its trailers. */
const TRAILERS_FLAG = 0x80;

export function trailersFrame(trailers: Readonly<Headers>): Buffer {
  let text = '';
  for (let i = 0; i < trailers.length; i += 2) text += `${trailers[i]?.toLowerCase()}:${trailers[i + 1]}\r\n`;
  const frame = Buffer.alloc(5 + text.length);
  frame.writeUInt8(TRAILERS_FLAG, 0);
  frame.writeUInt32BE(text.length, 1);
  frame.write(text, 5, 'latin1');
  return frame;
}

/** Base64 that comes in pieces of any length. */
export class Base64Reader {
  #rest = '';

  /** What is whole of it; null = it is no base64. */
  read(chunk: Buffer): Buffer | null {
    const text = this.#rest + chunk.toString('latin1');
    const whole = text.length - (text.length % 4);
    this.#rest = text.slice(whole);
    const part = text.slice(0, whole);
    return /^[A-Za-z0-9+/]*={0,2}$/.test(part) ? Buffer.from(part, 'base64') : null;
  }

  /** Nothing is missing at the end. */
  get isWhole(): boolean {
    return this.#rest === '';
  }
}
