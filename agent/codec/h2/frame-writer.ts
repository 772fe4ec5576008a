import type { Output } from './output.ts';
import { FLAG, FRAME, FRAME_HEAD_BYTES, PREFACE } from './protocol.ts';

/** Frames into bytes (RFC 9113 §6). */

export function writeFrameHead(
  bytes: Buffer,
  at: number,
  length: number,
  type: number,
  flags: number,
  streamId: number,
): void {
  bytes[at] = length >> 16;
  bytes[at + 1] = length >> 8;
  bytes[at + 2] = length;
  bytes[at + 3] = type;
  bytes[at + 4] = flags;
  writeUint32(bytes, at + 5, streamId);
}

function writeUint32(bytes: Buffer, at: number, value: number): void {
  bytes[at] = value >>> 24;
  bytes[at + 1] = value >> 16;
  bytes[at + 2] = value >> 8;
  bytes[at + 3] = value;
}

/** Starts a frame whose payload follows at once; gives the payload's place. */
function startFrame(output: Output, length: number, type: number, flags: number, streamId: number): number {
  const at = output.reserve(FRAME_HEAD_BYTES + length);
  writeFrameHead(output.bytes, at, length, type, flags, streamId);
  output.length = at + FRAME_HEAD_BYTES + length;
  return at + FRAME_HEAD_BYTES;
}

export function writePreface(output: Output): void {
  const at = output.reserve(PREFACE.length);
  PREFACE.copy(output.bytes, at);
  output.length = at + PREFACE.length;
}

/** Setting and value in turn. */
export function writeSettings(output: Output, settings: readonly number[]): void {
  let at = startFrame(output, settings.length * 3, FRAME.settings, 0, 0);
  for (let i = 0; i < settings.length; i += 2) {
    const setting = settings[i] as number;
    output.bytes[at] = setting >> 8;
    output.bytes[at + 1] = setting;
    writeUint32(output.bytes, at + 2, settings[i + 1] as number);
    at += 6;
  }
}

export function writeSettingsAck(output: Output): void {
  startFrame(output, 0, FRAME.settings, FLAG.ack, 0);
}

/** `payload`: eight bytes from `from` on. */
export function writePing(output: Output, flags: number, payload: Buffer, from: number): void {
  const at = startFrame(output, 8, FRAME.ping, flags, 0);
  payload.copy(output.bytes, at, from, from + 8);
}

export function writeGoAway(output: Output, lastStreamId: number, code: number): void {
  const at = startFrame(output, 8, FRAME.goAway, 0, 0);
  writeUint32(output.bytes, at, lastStreamId);
  writeUint32(output.bytes, at + 4, code);
}

export function writeResetStream(output: Output, streamId: number, code: number): void {
  // Two steps: starting the frame may replace the buffer.
  const at = startFrame(output, 4, FRAME.resetStream, 0, streamId);
  writeUint32(output.bytes, at, code);
}

/** `streamId` 0 = the connection's window. */
export function writeWindowUpdate(output: Output, streamId: number, bytes: number): void {
  const at = startFrame(output, 4, FRAME.windowUpdate, 0, streamId);
  writeUint32(output.bytes, at, bytes);
}

export function writeData(
  output: Output,
  streamId: number,
  chunk: Buffer,
  start: number,
  end: number,
  flags: number,
): void {
  const at = startFrame(output, end - start, FRAME.data, flags, streamId);
  chunk.copy(output.bytes, at, start, end);
}
