import type { Socket } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import { copyOf } from '../codec/copy-of.ts';
import { type DirectReader, readDirectly } from '../http/direct-read.ts';

export interface RelayEnd {
  /** From the caller to the host. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly reason: 'closed' | 'idle' | 'too old' | 'error';
}

/** From DestinationRule.connectionPool.tcp; 0 = no limit. */
export interface RelayLimits {
  /** Both directions silent for so long. */
  readonly idleTimeoutMs: number;
  readonly maxConnectionMs: number;
}

export interface Relay {
  /** So far; of both directions. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
  /** Cuts both connections. */
  destroy(): void;
}

/**
 * Moves bytes between two sockets until both directions have ended. Each half-close is passed on by itself; a slow
 * reader pauses the other side's writer, so memory stays flat whatever the volume.
 */
export function relay(
  caller: Socket,
  host: Socket,
  clock: Clock,
  { idleTimeoutMs, maxConnectionMs }: RelayLimits,
  onOver: (end: RelayEnd) => void,
): Relay {
  let sentBytes = 0;
  let receivedBytes = 0;
  let isOver = false;
  let open = 2;
  let touchedAt = clock.now();
  let cancelIdle = () => {};
  let cancelAge = () => {};
  const finish = (reason: RelayEnd['reason']) => {
    if (isOver) return;
    isOver = true;
    cancelIdle();
    cancelAge();
    if (reason !== 'closed') {
      caller.destroy();
      host.destroy();
    }
    onOver({ sentBytes, receivedBytes, reason });
  };
  const connect = (from: Socket, to: Socket, count: (bytes: number) => void) => {
    const pass = (chunk: Buffer): boolean => {
      count(chunk.length);
      touchedAt = clock.now();
      if (!to.write(chunk)) from.pause();
      return to.writableLength === 0;
    };
    const reader: DirectReader = {
      read: pass,
      readLent: (bytes, length) => pass(copyOf(bytes, 0, length)),
    };
    const passFromStream = (chunk: Buffer) => {
      pass(chunk);
      readDirectly(from, reader);
    };
    // What was looked at before waits in the stream.
    if (!readDirectly(from, reader)) from.on('data', passFromStream);
    to.on('drain', () => from.resume());
    // A paused socket still tells its end, perhaps before anybody listened.
    if (from.readableEnded) to.end();
    else from.on('end', () => to.end());
    from.on('error', () => finish('error'));
    from.on('close', () => {
      // A reset has no 'end': the other side must not wait for one.
      if (!from.readableEnded) to.destroy();
      open -= 1;
      if (open === 0) finish('closed');
    });
    from.resume();
  };
  /** One timer that looks again when the silence could be long enough, not one per chunk. */
  const watchIdle = (delayMs: number) => {
    cancelIdle = clock.after(delayMs, () => {
      const leftMs = touchedAt + idleTimeoutMs - clock.now();
      if (leftMs <= 0) finish('idle');
      else watchIdle(leftMs);
    });
  };
  connect(caller, host, (bytes) => {
    sentBytes += bytes;
  });
  connect(host, caller, (bytes) => {
    receivedBytes += bytes;
  });
  if (idleTimeoutMs > 0) watchIdle(idleTimeoutMs);
  if (maxConnectionMs > 0) cancelAge = clock.after(maxConnectionMs, () => finish('too old'));
  return {
    get sentBytes() {
      return sentBytes;
    },
    get receivedBytes() {
      return receivedBytes;
    },
    destroy: () => finish('error'),
  };
}
