import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { DownstreamPeer } from '../exchange/streams.ts';
import { ToldLately } from './told-lately.ts';

/** One line per port and cause in this time: whoever tries again and again, and scanners, must not fill the log. */
const SILENCE_MS = 60_000;

/** Says which connections were closed before anything was served on them, and why. */
export function createRefusedConnectionsLog(
  clock: Clock,
  log: Logger,
): (peer: DownstreamPeer, reason: string, serverName: string) => void {
  const told = new ToldLately(clock, SILENCE_MS);
  return ({ remoteAddress, originalDestination: { port } }, reason, serverName) => {
    if (!told.isNews(`${port}|${reason}`)) return;
    const name = serverName === '' ? {} : { serverName };
    log.warn('a connection was closed unserved', { reason, port, caller: remoteAddress, ...name });
  };
}
