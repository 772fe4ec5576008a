import type { Clock } from '../../base/clock.ts';
import type { Logger } from '../../base/log.ts';
import type { WorkloadSpec } from '../../model/workload.ts';
import type { DownstreamPeer } from '../exchange/streams.ts';

/** One line per caller and port in this time: a caller tries again and again. */
const SILENCE_MS = 60_000;
const MAX_REMEMBERED = 1000;

/** Says who called in plaintext where PeerAuthentication demands mutual TLS. */
export function createRefusedPlaintextLog(
  clock: Clock,
  log: Logger,
  workloadAt: (address: string) => WorkloadSpec | undefined,
): (peer: DownstreamPeer) => void {
  const told = new Map<string, number>();
  return ({ remoteAddress, originalDestination: { port } }) => {
    const key = `${remoteAddress}|${port}`;
    const now = clock.now();
    const last = told.get(key);
    if (last !== undefined && now - last < SILENCE_MS) return;
    if (told.size >= MAX_REMEMBERED) told.clear();
    told.set(key, now);
    log.warn('plaintext was refused: PeerAuthentication STRICT', {
      caller: workloadAt(remoteAddress)?.name ?? 'not of this mesh',
      ...{ address: remoteAddress, port },
      remedy:
        'Give the caller a sidecar (label lateen.inject), or set the mode of this workload or port to PERMISSIVE.',
    });
  };
}
