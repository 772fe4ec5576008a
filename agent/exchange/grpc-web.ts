import { BODY_UNKNOWN_LENGTH, type Headers, type RequestHead, type ResponseHead } from '../codec/head.ts';
import { Base64Reader, type GrpcWebCall, grpcWebCallOf, trailersFrame } from '../policy/grpc-web.ts';
import { getHeader, setHeader } from '../policy/headers.ts';
import type { DownstreamPeer, DownstreamStream } from './streams.ts';

/**
 * A gRPC-Web call turned into gRPC, and its answer back (Envoy's `grpc_web` filter, which Istio puts on ports of
 * protocol GRPC-Web): everything between the caller and here is an ordinary gRPC exchange.
 */
export class GrpcWebStream implements DownstreamStream {
  readonly #inner: DownstreamStream;
  readonly #isTextResponse: boolean;
  readonly #base64: Base64Reader | null;
  /** The answer is gRPC with a body, so that its trailers go into that. */
  #wrapsTrailers = false;
  #isGrpc = false;

  constructor(inner: DownstreamStream, { isTextRequest, isTextResponse }: GrpcWebCall) {
    this.#inner = inner;
    this.#isTextResponse = isTextResponse;
    this.#base64 = isTextRequest ? new Base64Reader() : null;
  }

  get peer(): DownstreamPeer {
    return this.#inner.peer;
  }

  /** A piece of the request's body as gRPC has it; null = it cannot be read. */
  readRequest(chunk: Buffer): Buffer | null {
    return this.#base64 === null ? chunk : this.#base64.read(chunk);
  }

  get isRequestWhole(): boolean {
    return this.#base64?.isWhole ?? true;
  }

  sendInterim(head: ResponseHead): void {
    this.#inner.sendInterim(head);
  }

  /** An answer that is not gRPC's goes on as it is: its status tells the caller enough. */
  sendHead(head: ResponseHead, hasBody: boolean): void {
    this.#isGrpc = getHeader(head.headers, 'content-type')?.startsWith('application/grpc') === true;
    if (this.#isGrpc) {
      const type = this.#isTextResponse ? 'application/grpc-web-text+proto' : 'application/grpc-web+proto';
      setHeader(head.headers, 'content-type', type);
      this.#wrapsTrailers = hasBody;
      if (hasBody) head.contentLength = BODY_UNKNOWN_LENGTH;
    }
    this.#inner.sendHead(head, hasBody);
  }

  sendData(chunk: Buffer): boolean {
    const isText = this.#isGrpc && this.#isTextResponse;
    return this.#inner.sendData(isText ? Buffer.from(chunk.toString('base64'), 'latin1') : chunk);
  }

  sendEnd(trailers: Headers | null): void {
    if (!this.#wrapsTrailers || trailers === null) {
      this.#inner.sendEnd(trailers);
      return;
    }
    this.sendData(trailersFrame(trailers));
    this.#inner.sendEnd(null);
  }

  abort(): void {
    this.#inner.abort();
  }

  pauseRequest(): void {
    this.#inner.pauseRequest();
  }

  resumeRequest(): void {
    this.#inner.resumeRequest();
  }

  startTunnel(): void {
    this.#inner.startTunnel();
  }
}

/** Turns the head of a gRPC-Web call into gRPC's; null = it is another kind of request. */
export function openGrpcWeb(head: RequestHead, downstream: DownstreamStream): GrpcWebStream | null {
  const call = grpcWebCallOf(head.headers);
  if (call === null) return null;
  setHeader(head.headers, 'content-type', 'application/grpc');
  setHeader(head.headers, 'te', 'trailers');
  setHeader(head.headers, 'grpc-accept-encoding', 'identity,deflate,gzip');
  if (head.contentLength > 0) head.contentLength = BODY_UNKNOWN_LENGTH;
  return new GrpcWebStream(downstream, call);
}
