import { MAX_HEAD_BYTES, MAX_HEADERS } from '../h1/syntax.ts';
import type { ProtocolErrorCode } from '../protocol-error.ts';

/** Numbers of HTTP/2 (RFC 9113), and the limits that we announce. */

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

export const FRAME = {
  ...{ data: 0, headers: 1, priority: 2, resetStream: 3, settings: 4, pushPromise: 5, ping: 6, goAway: 7 },
  ...{ windowUpdate: 8, continuation: 9 },
} as const;

export const FLAG = { endStream: 0x1, ack: 0x1, endHeaders: 0x4, padded: 0x8, priority: 0x20 } as const;

export const SETTING = {
  ...{ headerTableSize: 1, enablePush: 2, maxConcurrentStreams: 3, initialWindowSize: 4, maxFrameSize: 5 },
  maxHeaderListSize: 6,
  /** RFC 8441 §3. */
  enableConnectProtocol: 8,
} as const;

/** RFC 9113 §7. */
export const ERROR = {
  ...{ none: 0, protocol: 1, internal: 2, flowControl: 3, settingsTimeout: 4, streamClosed: 5, frameSize: 6 },
  ...{ refusedStream: 7, cancel: 8, compression: 9, connect: 10, enhanceYourCalm: 11 },
} as const;

/** `flowControl` for 3; '' = none of RFC 9113's. */
export const errorName = (code: number): string =>
  Object.entries(ERROR).find(([, each]) => each === code)?.[0] ?? '';

const GO_AWAY_CODES: Partial<Record<ProtocolErrorCode, number>> = {
  h2_protocol: ERROR.protocol,
  h2_flow_control: ERROR.flowControl,
  h2_stream_closed: ERROR.streamClosed,
  h2_frame_size: ERROR.frameSize,
  h2_compression: ERROR.compression,
  h2_flood: ERROR.enhanceYourCalm,
  head_too_slow: ERROR.enhanceYourCalm,
};

export const goAwayCode = (code: ProtocolErrorCode): number => GO_AWAY_CODES[code] ?? ERROR.protocol;

export const FRAME_HEAD_BYTES = 9;
/** The least that a peer must take, and the most that either side of ours sends. */
export const MAX_FRAME_BYTES = 16_384;
/** Windows that every stream and connection begins with (RFC 9113 §6.9.2). */
export const DEFAULT_WINDOW = 65_535;
export const MAX_WINDOW = 0x7fff_ffff;
export const MAX_STREAM_ID = 0x7fff_ffff;

/** What one caller may have under way; Envoy's default. */
export const MAX_CONCURRENT_STREAMS = 1024;
/** Bytes of one body that may be on their way to us unread: as much as a fast network holds. */
export const STREAM_WINDOW = 256 * 1024;
/** The same over all streams: several slow readers must not stop the others. */
export const CONNECTION_WINDOW = 4 * 1024 * 1024;
/** Streams that a server is believed to take until its settings say it. */
export const ASSUMED_CONCURRENT_STREAMS = 100;

/** The same heads as in HTTP/1. */
export const HEADER_LIMITS = { maxListBytes: MAX_HEAD_BYTES, maxFields: MAX_HEADERS } as const;
