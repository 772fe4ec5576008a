import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { WorkloadSpec } from '../../model/workload.ts';
import type { DownstreamPeer } from '../exchange/streams.ts';
import { ToldLately } from './told-lately.ts';

/** One line per caller and port in this time: a caller tries again and again. */
const SILENCE_MS = 60_000;

/** Says who called in plaintext where PeerAuthentication demands mutual TLS. */
export function createRefusedPlaintextLog(
  clock: Clock,
  log: Logger,
  workloadAt: (address: string) => WorkloadSpec | undefined,
): (peer: DownstreamPeer) => void {
  const told = new ToldLately(clock, SILENCE_MS);
  return ({ remoteAddress, originalDestination: { port } }) => {
    if (!told.isNews(`${remoteAddress}|${port}`)) return;
    log.warn('plaintext was refused: PeerAuthentication STRICT', {
      caller: workloadAt(remoteAddress)?.name ?? 'not of this mesh',
      ...{ address: remoteAddress, port },
      remedy:
        'Give the caller a sidecar (label lateen.inject), or set the mode of this workload or port to PERMISSIVE.',
    });
  };
}
