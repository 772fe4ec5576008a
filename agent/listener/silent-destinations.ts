import type { DownstreamPeer } from '../exchange/streams.ts';
import type { Listener } from './listener-table.ts';

/** More than any container calls. */
const MAX_REMEMBERED = 4096;

/** Destinations whose server speaks first: their callers' silence need not be waited out again. */
export class SilentDestinations {
  readonly #keys = new Set<string>();

  has(peer: DownstreamPeer, listener: Listener): boolean {
    return this.#keys.has(keyOf(peer, listener));
  }

  add(peer: DownstreamPeer, listener: Listener): void {
    if (this.#keys.size >= MAX_REMEMBERED) this.#keys.clear();
    this.#keys.add(keyOf(peer, listener));
  }

  delete(peer: DownstreamPeer, listener: Listener): void {
    this.#keys.delete(keyOf(peer, listener));
  }
}

/**
 * Where the server speaks first is a matter of the destination; but behind mutual TLS its callers of the mesh never are
 * silent, so there it is one of the caller.
 */
function keyOf(
  { remoteAddress, originalDestination: { address, port } }: DownstreamPeer,
  { spec }: Listener,
): string {
  return spec.mutualTls === undefined ? `${address}|${port}` : `${remoteAddress}|${port}`;
}
