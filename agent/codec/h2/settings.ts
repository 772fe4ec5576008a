import { ProtocolError } from '../protocol-error.ts';
import { readUint31 } from './frame-reader.ts';
import { DEFAULT_WINDOW, MAX_WINDOW, SETTING } from './protocol.ts';

/** What a peer told of itself that we heed (RFC 9113 §6.5.2). */
export interface PeerSettings {
  headerTableSize: number;
  maxConcurrentStreams: number;
  initialWindowSize: number;
  /** The server takes extended CONNECT: WebSocket over HTTP/2 (RFC 8441). */
  takesUpgrades: boolean;
}

export const initialSettings = (maxConcurrentStreams: number): PeerSettings => ({
  ...{ headerTableSize: 4096, maxConcurrentStreams, initialWindowSize: DEFAULT_WINDOW },
  takesUpgrades: false,
});

const SETTING_BYTES = 6;
/** More than a sane peer has. */
const MAX_SETTINGS = 64;
const LEAST_MAX_FRAME = 16_384;
const MOST_MAX_FRAME = 16_777_215;

/** Reads a payload into `into`; `onTableSize` is told of each value, since the smallest matters (RFC 7541 §4.2). */
export function readSettings(
  into: PeerSettings,
  bytes: Buffer,
  start: number,
  end: number,
  onTableSize: (size: number) => void,
): void {
  const length = end - start;
  if (length % SETTING_BYTES !== 0) throw new ProtocolError('h2_frame_size', 'SETTINGS is cut off');
  if (length > MAX_SETTINGS * SETTING_BYTES) throw new ProtocolError('h2_flood', 'too many settings', 429);
  for (let at = start; at < end; at += SETTING_BYTES) {
    const setting = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
    // The lower 31 bits, and whether the value is larger than they can say.
    const isHuge = (bytes[at + 2] as number) > 0x7f;
    const value = readUint31(bytes, at + 2);
    switch (setting) {
      case SETTING.headerTableSize:
        into.headerTableSize = isHuge ? MAX_WINDOW : value;
        onTableSize(into.headerTableSize);
        break;
      case SETTING.enablePush:
        if (isHuge || value > 1) throw new ProtocolError('h2_protocol', 'ENABLE_PUSH is neither 0 nor 1');
        break;
      case SETTING.maxConcurrentStreams:
        into.maxConcurrentStreams = isHuge ? MAX_WINDOW : value;
        break;
      case SETTING.initialWindowSize:
        if (isHuge) throw new ProtocolError('h2_flow_control', 'INITIAL_WINDOW_SIZE is too large');
        into.initialWindowSize = value;
        break;
      case SETTING.maxFrameSize:
        // Frames of ours stay at the least that everybody takes.
        if (isHuge || value < LEAST_MAX_FRAME || value > MOST_MAX_FRAME) {
          throw new ProtocolError('h2_protocol', 'MAX_FRAME_SIZE is out of range');
        }
        break;
      case SETTING.enableConnectProtocol:
        if (isHuge || value > 1)
          throw new ProtocolError('h2_protocol', 'ENABLE_CONNECT_PROTOCOL is neither 0 nor 1');
        into.takesUpgrades = value === 1;
        break;
    }
  }
}
