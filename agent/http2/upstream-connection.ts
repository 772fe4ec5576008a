import type { Socket } from 'node:net';
import { type ClusterSpec, UNLIMITED } from '../../model/cluster.ts';
import { ClientSession, type ClientSink } from '../codec/h2/client-session.ts';
import type { RequestHead } from '../codec/head.ts';
import type { UpstreamEvents } from '../exchange/streams.ts';
import { addressOf } from '../http/socket-address.ts';
import { KeepAlive } from './keep-alive.ts';
import { SessionSocket, type SessionSocketDeps } from './session-socket.ts';
import { NO_UPGRADES, type StreamCarrier, UpstreamH2Stream } from './upstream-stream.ts';

export interface UpstreamH2Owner {
  /** More requests may fit than before, or none any more. */
  onRoom(connection: UpstreamH2Connection): void;
  onClosed(connection: UpstreamH2Connection): void;
}

/** One HTTP/2 connection to a host, shared by as many requests as the host takes. */
export class UpstreamH2Connection implements ClientSink, StreamCarrier {
  readonly #session: ClientSession;
  readonly #socket: SessionSocket;
  readonly #owner: UpstreamH2Owner;
  readonly #maxStreams: number;
  readonly #localAddress: () => string;
  #keepAlive: KeepAlive | null = null;
  #isHostGone = false;
  #isDraining = false;
  requests = 0;
  idleSinceMs = 0;
  /** Its requests under way, as its pool has counted them. */
  counted = 0;
  cancelAge: () => void = () => {};

  constructor(socket: Socket, spec: ClusterSpec, owner: UpstreamH2Owner, deps: SessionSocketDeps) {
    const { maxConcurrentStreams, http2KeepAlive } = spec.connections;
    this.#owner = owner;
    this.#localAddress = () => addressOf(socket);
    this.#maxStreams = maxConcurrentStreams === 0 ? UNLIMITED : maxConcurrentStreams;
    this.#session = new ClientSession(spec.tls === null ? 'http' : 'https', this);
    this.#socket = new SessionSocket(socket, this.#session, { ...deps, isShared: true });
    const ask = () => this.#session.askAlive();
    if (http2KeepAlive !== null)
      this.#keepAlive = new KeepAlive(deps.clock, http2KeepAlive, ask, () => socket.destroy());
    socket.on('close', () => {
      this.#keepAlive?.stop();
      owner.onClosed(this);
    });
  }

  get streamCount(): number {
    return this.#session.streamCount;
  }

  get isIdle(): boolean {
    return this.#session.streamCount === 0;
  }

  get hasRoom(): boolean {
    return !this.#isDraining && this.#session.hasRoom && this.streamCount < this.#maxStreams;
  }

  /** It takes no further request, now or later. */
  get isEnding(): boolean {
    return this.#isDraining || this.#session.isGoingAway;
  }

  get localAddress(): string {
    return this.#localAddress();
  }

  get reads(): number {
    return this.#socket.reads;
  }

  get isProven(): boolean {
    return this.requests > 1 || this.#isHostGone;
  }

  start(head: RequestHead, hasBody: boolean, events: UpstreamEvents): void {
    if (head.upgrade !== '' && this.#session.refusesUpgrades) {
      events.onUpstreamFailure(NO_UPGRADES);
      return;
    }
    this.requests += 1;
    events.onUpstreamReady(new UpstreamH2Stream(this.#session, this, head, hasBody, events));
  }

  onCapacity(): void {
    this.#endIfDone();
    this.#owner.onRoom(this);
  }

  onGoAway(): void {
    this.#endIfDone();
    this.#owner.onRoom(this);
  }

  onAlive(): void {
    this.#keepAlive?.onAlive();
  }

  #endIfDone(): void {
    if (this.isIdle && this.isEnding) this.#socket.end();
  }

  /** No further request; ends now if it is idle, else with its last exchange. */
  drain(): void {
    this.#isDraining = true;
    this.#endIfDone();
  }

  close(): void {
    this.#socket.end();
  }

  /** The host ended: nothing of it will ever answer, and nothing is there that a repetition could harm. */
  giveUp(): void {
    this.#isHostGone = true;
    this.#socket.destroy();
  }
}
