import type { Clock } from '../../base/clock.ts';
import type { Random } from '../../base/random.ts';
import type { PolicyWatch } from '../filters/policy-watch.ts';
import type { FlushQueue } from '../http/flush-queue.ts';
import type { MeshIdentity } from '../identity/identity.ts';
import type { OpenConnections } from './open-connections.ts';
import type { Refusals } from './refusals.ts';
import type { SilentDestinations } from './silent-destinations.ts';
import type { Tables } from './tables.ts';
import type { TcpTelemetry } from './tcp-telemetry.ts';

export interface AcceptorDeps {
  readonly clock: Clock;
  readonly random: Random;
  readonly queue: FlushQueue;
  readonly telemetry: TcpTelemetry;
  readonly identity?: MeshIdentity | undefined;
  readonly watch: PolicyWatch;
  /** The tables in force; null before the first snapshot. */
  readonly tables: () => Tables | null;
}

/** What all connections of one acceptor share. */
export interface Serving extends AcceptorDeps {
  readonly refusals: Refusals;
  readonly connections: OpenConnections;
  readonly silent: SilentDestinations;
  readonly isDraining: () => boolean;
}
