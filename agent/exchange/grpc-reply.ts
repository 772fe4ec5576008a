import { encodeGrpcMessage, grpcStatusOf } from '../policy/grpc.ts';
import type { LocalReply } from './failure.ts';

/**
 * A local reply as a gRPC caller understands it: HTTP 200 without a body, status and text in headers
 * ("Trailers-Only"), as Envoy sends it.
 */
export function asGrpcReply(reply: LocalReply): LocalReply {
  const status = reply.grpcStatus ?? grpcStatusOf(reply.status);
  const message = reply.body === '' ? [] : ['grpc-message', encodeGrpcMessage(reply.body)];
  return {
    ...reply,
    status: 200,
    body: '',
    headers: [
      'content-type',
      'application/grpc',
      'grpc-status',
      String(status),
      ...message,
      ...reply.headers,
    ],
  };
}
