import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { ProtocolError } from '../codec/protocol-error.ts';
import type { DownstreamPeer } from '../exchange/streams.ts';
import { ToldLately } from './told-lately.ts';

const SILENCE_MS = 60_000;

/** Says whose connection was ended because it broke the protocol, or cost more than it may. */
export function createBrokenProtocolLog(
  clock: Clock,
  log: Logger,
): (peer: DownstreamPeer, error: ProtocolError) => void {
  const told = new ToldLately(clock, SILENCE_MS);
  return ({ remoteAddress, identity, originalDestination: { port } }, { code, message }) => {
    if (!told.isNews(`${remoteAddress}|${port}|${code}`)) return;
    const caller = identity === '' ? {} : { caller: identity };
    const what = code === 'h2_flood' ? 'a flood of HTTP/2 frames' : 'a caller broke HTTP/2';
    log.warn(`${what}: its connection was ended`, { ...caller, address: remoteAddress, port, code, message });
  };
}
