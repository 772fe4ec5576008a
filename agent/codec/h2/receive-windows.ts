import { ProtocolError } from '../protocol-error.ts';
import { writeWindowUpdate } from './frame-writer.ts';
import type { Output } from './output.ts';
import { CONNECTION_WINDOW, STREAM_WINDOW } from './protocol.ts';
import type { H2Stream } from './stream.ts';

/**
 * Our side of flow control (RFC 9113 §5.2): how much the peer may send. A window is opened again once half of it was
 * read; what a paused stream has got is given back when it goes on, so that a slow reader's memory stays bounded.
 */
export class ReceiveWindows {
  readonly #output: Output;
  #window = CONNECTION_WINDOW;
  #uncredited = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  /** @throws ProtocolError */
  takeConnection(bytes: number): void {
    this.#window -= bytes;
    if (this.#window < 0) throw new ProtocolError('h2_flow_control', 'connection window exceeded');
  }

  /** False = the peer sent more than the stream's window allows. */
  takeStream(stream: H2Stream, bytes: number): boolean {
    stream.receiveWindow -= bytes;
    return stream.receiveWindow >= 0;
  }

  /** Bytes of a stream were read. */
  credit(stream: H2Stream, bytes: number): void {
    if (stream.isPaused && !stream.isGone) {
      stream.heldBytes += bytes;
      return;
    }
    this.creditConnection(bytes);
    stream.uncreditedBytes += bytes;
    if (stream.uncreditedBytes < STREAM_WINDOW / 2 || stream.isReceiveClosed || stream.isGone) return;
    writeWindowUpdate(this.#output, stream.id, stream.uncreditedBytes);
    stream.receiveWindow += stream.uncreditedBytes;
    stream.uncreditedBytes = 0;
  }

  /** A paused stream goes on, or is gone. */
  release(stream: H2Stream): void {
    const held = stream.heldBytes;
    stream.heldBytes = 0;
    stream.isPaused = false;
    if (held > 0) this.credit(stream, held);
  }

  creditConnection(bytes: number): void {
    this.#uncredited += bytes;
    if (this.#uncredited < CONNECTION_WINDOW / 2) return;
    writeWindowUpdate(this.#output, 0, this.#uncredited);
    this.#window += this.#uncredited;
    this.#uncredited = 0;
  }
}
