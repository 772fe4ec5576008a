import { HANDSHAKE_TIMEOUT_MS } from '../tls/tls-server.ts';
import type { Arrival } from './arrival.ts';
import { detectProtocol } from './detect.ts';
import { dispatch, needsServerName } from './dispatch.ts';
import { endMeshTls } from './end-tls.ts';
import { endsMeshTls, isForbidden, isForMesh } from './mesh-peer.ts';
import { serveHttp } from './serve-http.ts';
import { refusalOf, serveTcp } from './serve-tcp.ts';
import type { Serving } from './serving.ts';

/** A client hello is one record of at most 16 KiB. */
const MAX_SNIFFED_BYTES = 16 * 1024 + 5;
/** How long a connection that will be closed is listened to for its caller's first bytes, without detection. */
const DEAD_END_MS = 300;
/**
 * Where mutual TLS is taken, a caller that was silent before is waited for so long: it may have got a proxy since, or was
 * only slow then.
 */
const KNOWN_SILENCE_MS = 50;
/** A proxy of the mesh speaks first, but may be a machine that is busy. */
const STRICT_SILENCE_MS = 5000;
const NO_HELLO = 'no client hello in time';

/** Waits for a caller's first bytes, and hands the connection on by them; or by its silence, where that says enough. */
export function sniff(serving: Serving, arrival: Arrival): void {
  new Sniffer(serving, arrival).start();
}

class Sniffer {
  readonly #serving: Serving;
  readonly #arrival: Arrival;
  #bytes: Buffer | null = null;
  #cancelTimer = () => {};
  #cancelDeadline = () => {};

  constructor(serving: Serving, arrival: Arrival) {
    this.#serving = serving;
    this.#arrival = arrival;
  }

  start(): void {
    const { clock, silent } = this.#serving;
    const { socket, peer, listener } = this.#arrival;
    if (listener.tls !== null) {
      this.#cancelDeadline = clock.after(HANDSHAKE_TIMEOUT_MS, this.#onDeadline);
      socket.once('close', this.#cancelDeadline);
    }
    const canBeTcp = this.#canBeTcp();
    const isKnown = silent.has(peer, listener) && !isForbidden(listener, peer);
    if (canBeTcp && isKnown && !endsMeshTls(listener, peer)) {
      this.#onSilence();
      return;
    }
    this.#listen();
    const silenceMs = isKnown ? KNOWN_SILENCE_MS : this.#silenceMs();
    if (canBeTcp && silenceMs > 0) this.#cancelTimer = clock.after(silenceMs, () => this.#onSilence());
  }

  /** Whether its silence can mean that the server is to speak first. */
  #canBeTcp(): boolean {
    const { peer, listener, tables } = this.#arrival;
    const isDetected = listener.spec.protocol === 'auto' || listener.isDeadEnd || endsMeshTls(listener, peer);
    // Where policies refuse plain connections, silence must not make one of a slow caller that may speak HTTP yet.
    return (
      isDetected &&
      listener.tcp !== null &&
      !needsServerName(listener) &&
      refusalOf(listener, peer, tables, '', null) === null
    );
  }

  #silenceMs(): number {
    const { peer, listener, tables } = this.#arrival;
    if (isForbidden(listener, peer)) return STRICT_SILENCE_MS;
    return tables.node.protocolDetectionTimeoutMs || (listener.isDeadEnd ? DEAD_END_MS : 0);
  }

  #listen(): void {
    const { socket } = this.#arrival;
    socket.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#stop);
    socket.resume();
  }

  readonly #stop = () => {
    const { socket } = this.#arrival;
    this.#cancelTimer();
    socket.pause();
    socket.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#stop);
  };

  readonly #onData = (chunk: Buffer) => {
    const bytes = this.#bytes === null ? chunk : Buffer.concat([this.#bytes, chunk]);
    this.#bytes = bytes;
    this.#stop();
    if (dispatch(this.#serving, this.#arrival, bytes, this.#sniffInside)) this.#cancelDeadline();
    else if (bytes.length > MAX_SNIFFED_BYTES) this.#passOn(bytes);
    else {
      this.#listen();
      this.#limitHead();
    }
  };

  readonly #onEnd = () => {
    this.#stop();
    const { socket, listener } = this.#arrival;
    if (this.#bytes === null || listener.spec.tcp === null) socket.end();
    else this.#passOn(this.#bytes);
  };

  #passOn(bytes: Buffer): void {
    this.#cancelDeadline();
    serveTcp(this.#serving, this.#arrival, bytes);
  }

  readonly #onDeadline = () => {
    this.#stop();
    const { socket, peer, listener } = this.#arrival;
    this.#serving.refusals.refuse(socket, peer, listener.spec.direction, NO_HELLO);
  };

  /** A caller that stops within its first word: what it is to be is not known, so it is not told why it is cut. */
  #limitHead(): void {
    const { socket, listener, tables } = this.#arrival;
    const { requestHeadersTimeoutMs = 0 } = tables.node;
    if (requestHeadersTimeoutMs === 0 || listener.pipeline === null) return;
    this.#cancelTimer = this.#serving.clock.after(requestHeadersTimeoutMs, () => socket.destroy());
  }

  /** Taken for a protocol whose server speaks first, until the caller's first bytes say otherwise. */
  #onSilence(): void {
    this.#stop();
    const [serving, arrival] = [this.#serving, this.#arrival];
    const { peer, listener } = arrival;
    serveTcp(serving, arrival, null, (chunk) => {
      const protocol = detectProtocol(chunk);
      if (protocol === 'tls' && isForMesh(listener, peer, chunk)) {
        endMeshTls(serving, arrival, chunk, this.#sniffInside);
        return true;
      }
      if (listener.pipeline === null || (protocol !== 'http1' && protocol !== 'http2')) return false;
      serveHttp(serving, arrival, protocol, chunk);
      return true;
    });
  }

  readonly #sniffInside = (inside: Arrival) => sniff(this.#serving, inside);
}
