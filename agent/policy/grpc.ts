import type { Headers } from '../codec/head.ts';
import { getHeader } from './headers.ts';

/** gRPC over HTTP, as far as a proxy knows it: a content type, a status beside HTTP's, a timeout of the caller's. */

const CONTENT_TYPE = 'application/grpc';

/** `application/grpc` and `application/grpc+proto`; not `application/grpc-web` (Envoy's isGrpcRequestHeaders). */
export function isGrpcRequest(headers: Readonly<Headers>): boolean {
  const type = getHeader(headers, 'content-type');
  return type !== undefined && (type === CONTENT_TYPE || type.startsWith(`${CONTENT_TYPE}+`));
}

/** The status of an answer that is none of gRPC's (grpc/doc/http-grpc-status-mapping.md). */
export function grpcStatusOf(httpStatus: number): number {
  switch (httpStatus) {
    case 400:
      return 13;
    case 401:
      return 16;
    case 403:
      return 7;
    case 404:
      return 12;
    case 429:
    case 502:
    case 503:
    case 504:
      return 14;
    default:
      return 2;
  }
}

/** By number (grpc/doc/statuscodes.md). */
export const GRPC_STATUS_NAMES: readonly string[] = [
  ...['OK', 'CANCELLED', 'UNKNOWN', 'INVALID_ARGUMENT', 'DEADLINE_EXCEEDED', 'NOT_FOUND', 'ALREADY_EXISTS'],
  ...['PERMISSION_DENIED', 'RESOURCE_EXHAUSTED', 'FAILED_PRECONDITION', 'ABORTED', 'OUT_OF_RANGE'],
  ...['UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS', 'UNAUTHENTICATED'],
];

/** By gRPC's status (0 to 16). */
const HTTP_STATUS: readonly number[] = [
  ...[200, 499, 500, 400, 504, 404, 409, 403, 429],
  ...[400, 409, 400, 501, 500, 503, 500, 401],
];

/** What outlier detection takes an answer's head for: the gRPC status, where it stands there (Envoy's grpcToHttpStatus). */
export function httpStatusOf(httpStatus: number, headers: Readonly<Headers>): number {
  const status = getHeader(headers, 'grpc-status');
  return status === undefined ? httpStatus : (HTTP_STATUS[Number(status)] ?? 500);
}

/** `grpc-message` is percent-encoded ASCII (PROTOCOL-HTTP2.md, "Status-Message"). */
export function encodeGrpcMessage(text: string): string {
  return text.replace(
    /[^ -$&-~]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

/** The way back; what is no such encoding stays as it is. */
export function decodeGrpcMessage(text: string): string {
  const bytes = text.replace(/%([0-9a-fA-F]{2})/g, (_all, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return Buffer.from(bytes, 'latin1').toString();
}

const UNIT_MS: Readonly<Record<string, number>> = {
  ...{ H: 3_600_000, M: 60_000, S: 1000, m: 1, u: 0.001, n: 0.000_001 },
};

/**
 * `grpc-timeout` of the request: at most 8 digits and a unit, rounded up to whole milliseconds.
 * @returns 0 = there is none, or it cannot be read
 */
export function grpcTimeoutMs(headers: Readonly<Headers>): number {
  const [, digits, unit = ''] =
    /^([0-9]{1,8})([HMSmun])$/.exec(getHeader(headers, 'grpc-timeout') ?? '') ?? [];
  return digits === undefined ? 0 : Math.ceil(Number(digits) * (UNIT_MS[unit] ?? 0));
}
