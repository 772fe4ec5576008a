import type { Socket } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import type { ClusterSpec } from '../../model/cluster.ts';
import type { MeshIdentity } from '../identity/identity.ts';
import type { ClusterUsage } from '../upstream/usage.ts';
import type { FlushQueue } from './flush-queue.ts';
import { describeConnectError, openEvent, openSocket } from './upstream-socket.ts';

export interface PoolDeps {
  readonly clock: Clock;
  readonly queue: FlushQueue;
  /** Connections and waiting requests of the whole cluster, over which its limits hold. */
  readonly usage: ClusterUsage;
  readonly counters: { upstream_cx_total: number; upstream_cx_overflow: number };
  /** What each connection begins with, before TLS; absent = nothing. */
  readonly preface?: Buffer;
  /** Needed where a cluster speaks mutual TLS of the mesh. */
  readonly identity?: MeshIdentity | undefined;
}

/** What a container sent last may still be on its way when Docker says that it ended. */
export const ABANDON_AFTER_MS = 500;

export interface Opening {
  onOpen(): void;
  onFailed(reason: string): void;
}

/** A connection of a pool to its host, with TLS where the cluster asks for it; it is counted from now on. */
export function openConnection(
  spec: ClusterSpec,
  address: string,
  port: number,
  deps: PoolDeps,
  { onOpen, onFailed }: Opening,
): Socket {
  deps.usage.connections += 1;
  deps.counters.upstream_cx_total += 1;
  const socket = openSocket(spec, address, port, deps.identity, deps.preface);
  const cancelTimer = deps.clock.after(spec.connectTimeoutMs, () =>
    socket.destroy(new Error('connection timeout')),
  );
  const onError = (error: Error) => {
    cancelTimer();
    deps.usage.connections -= 1;
    deps.queue.run(() => onFailed(describeConnectError(error)));
  };
  socket.once('error', onError);
  socket.once(openEvent(spec), () => {
    cancelTimer();
    socket.off('error', onError);
    onOpen();
  });
  return socket;
}

/** Ends a connection gracefully once it is as old as it may be; gives what takes that back. */
export function endWithAge(
  { connections }: ClusterSpec,
  { clock }: PoolDeps,
  connection: { drain(): void },
): () => void {
  const { maxConnectionMs } = connections;
  return maxConnectionMs > 0 ? clock.after(maxConnectionMs, () => connection.drain()) : noLimit;
}

const noLimit = () => {};
