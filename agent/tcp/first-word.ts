import type { Socket } from 'node:net';

/**
 * Waits until one side of a connection speaks, for ports on which nobody said whether the server greets first. Both
 * sockets are paused again when it is told; `null` = the side that ended without a word is for the relay to find.
 */
export function waitForFirstWord(
  caller: Socket,
  host: Socket,
  onWord: (speaker: 'caller' | 'host', chunk: Buffer | null) => void,
): void {
  const stop = (speaker: 'caller' | 'host', chunk: Buffer | null) => {
    caller.pause();
    host.pause();
    caller.off('data', fromCaller).off('end', ended).off('close', ended);
    host.off('data', fromHost).off('end', ended).off('close', ended);
    onWord(speaker, chunk);
  };
  const fromCaller = (chunk: Buffer) => stop('caller', chunk);
  const fromHost = (chunk: Buffer) => stop('host', chunk);
  const ended = () => stop('host', null);
  caller.on('data', fromCaller).on('end', ended).on('close', ended);
  host.on('data', fromHost).on('end', ended).on('close', ended);
  caller.resume();
  host.resume();
}
