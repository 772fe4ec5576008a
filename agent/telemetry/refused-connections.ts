import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { DownstreamPeer } from '../exchange/streams.ts';

/** One line per port and cause in this time: whoever tries again and again, and scanners, must not fill the log. */
const SILENCE_MS = 60_000;
const MAX_REMEMBERED = 1000;

/** Says which connections were closed before anything was served on them, and why. */
export function createRefusedConnectionsLog(
  clock: Clock,
  log: Logger,
): (peer: DownstreamPeer, reason: string, serverName: string) => void {
  const told = new Map<string, { atMs: number; untold: number }>();
  return ({ remoteAddress, originalDestination: { port } }, reason, serverName) => {
    const key = `${port}|${reason}`;
    const now = clock.now();
    const last = told.get(key);
    if (last !== undefined && now - last.atMs < SILENCE_MS) {
      last.untold += 1;
      return;
    }
    if (told.size >= MAX_REMEMBERED) told.clear();
    told.set(key, { atMs: now, untold: 0 });
    log.warn('a connection was closed unserved', {
      ...{ reason, port, caller: remoteAddress },
      ...(serverName !== '' && { serverName }),
      ...(last !== undefined && last.untold > 0 && { likeThisBefore: last.untold }),
    });
  };
}
