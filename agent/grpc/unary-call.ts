import type { Clock } from '../../base/clock.ts';
import { parseClusterName } from '../../model/names.ts';
import { BODY_UNKNOWN_LENGTH, type Headers, type RequestHead } from '../codec/head.ts';
import { type ExternalAnswer, ExternalCall } from '../exchange/external-call.ts';
import { decodeGrpcMessage, grpcStatusOf } from '../policy/grpc.ts';
import { getHeader } from '../policy/headers.ts';
import type { Cluster } from '../upstream/cluster.ts';

/**
 * One message to a service and one back (gRPC's PROTOCOL-HTTP2.md), over the connections of a cluster. The cluster must
 * speak HTTP/2: its port is named `grpc` or `http2`, or its protocol is that of the caller.
 */
export interface UnaryRequest {
  /** `/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit`. */
  readonly path: string;
  /** '' = the service's host. Envoy's own calls have the cluster's name, whose `|` servers refuse. */
  readonly authority: string;
  readonly message: Buffer;
  /** Beside what gRPC needs; names in lower case. */
  readonly headers: Readonly<Headers>;
  readonly timeoutMs: number;
}

/** Status 0 has the message; any other has what the service, or nobody, said of it. */
export type UnaryAnswer =
  | { readonly status: 0; readonly message: Buffer }
  | { readonly status: number; readonly text: string };

const UNAVAILABLE = 14;
const DEADLINE_EXCEEDED = 4;
const INTERNAL = 13;
const UNIMPLEMENTED = 12;
/** Flag of compression and length of the message. */
const PREFIX_BYTES = 5;
const NO_ANSWER: UnaryAnswer = { status: UNAVAILABLE, text: 'no answer' };
const TOO_LATE: UnaryAnswer = { status: DEADLINE_EXCEEDED, text: 'deadline exceeded' };

/** `onDone` is called once, possibly before this returns, unless the call is cancelled. */
export function unaryCall(
  cluster: Cluster,
  request: UnaryRequest,
  clock: Clock,
  onDone: (answer: UnaryAnswer) => void,
): { cancel(): void } {
  let isLate = false;
  const call = new ExternalCall(
    cluster,
    headOf(cluster, request),
    (answer) => {
      cancelTimer();
      onDone(isLate ? TOO_LATE : answer === null ? NO_ANSWER : readAnswer(answer));
    },
    withPrefix(request.message),
  );
  const cancelTimer = clock.after(request.timeoutMs, () => {
    isLate = true;
    call.timeOut();
  });
  call.start();
  return {
    cancel() {
      cancelTimer();
      call.cancel();
    },
  };
}

function headOf({ name }: Cluster, { path, authority, headers, timeoutMs }: UnaryRequest): RequestHead {
  const own = ['content-type', 'application/grpc', 'te', 'trailers'];
  return {
    ...{
      method: 'POST',
      path,
      authority: authority || (parseClusterName(name)?.hostname ?? name),
      version: 'HTTP/2',
    },
    headers: [...own, 'grpc-timeout', `${Math.ceil(timeoutMs)}m`, ...headers],
    ...{ contentLength: BODY_UNKNOWN_LENGTH, upgrade: '', expectContinue: false },
  };
}

function withPrefix(message: Buffer): Buffer {
  const body = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
  body[0] = 0;
  body.writeUInt32BE(message.length, 1);
  message.copy(body, PREFIX_BYTES);
  return body;
}

function readAnswer({ head, body, trailers }: ExternalAnswer): UnaryAnswer {
  if (head.status !== 200) return { status: grpcStatusOf(head.status), text: `HTTP ${head.status}` };
  // Without a message the status may stand in the head ("Trailers-Only").
  const end = trailers ?? head.headers;
  const status = Number(getHeader(end, 'grpc-status') ?? Number.NaN);
  if (Number.isNaN(status)) return { status: INTERNAL, text: 'no grpc-status' };
  if (status !== 0) return { status, text: decodeGrpcMessage(getHeader(end, 'grpc-message') ?? '') };
  if (body[0] === 1) return { status: UNIMPLEMENTED, text: 'the answer is compressed' };
  if (body.length < PREFIX_BYTES || body.length !== PREFIX_BYTES + body.readUInt32BE(1))
    return { status: INTERNAL, text: 'the answer is not one message' };
  return { status: 0, message: body.subarray(PREFIX_BYTES) };
}
