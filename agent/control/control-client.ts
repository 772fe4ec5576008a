import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Clock } from '../../base/clock.ts';
import { errorMessage } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import { TRUST_HEADER } from '../../model/identity.ts';
import type { Flushed, ObservedRequest } from '../../model/observation.ts';
import { proofLine } from '../../model/proof.ts';
import {
  type Ack,
  type Challenge,
  type Claim,
  type ControllerMessage,
  type Hello,
  type OpenPorts,
  PUSH_PROTOCOL,
  type Push,
  type Session,
  SILENCE_MS,
} from '../../model/push.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { Span } from '../../model/span.ts';
import type { TrafficReport } from '../../model/traffic.ts';
import { request } from '../admin/node-http.ts';
import { CertificateKeeper } from '../identity/certificate-keeper.ts';
import type { MeshIdentity } from '../identity/identity.ts';
import type { KeptFiles } from './kept-files.ts';
import { LineSplitter } from './line-splitter.ts';
import { applyPush, buildsOn, type HeldSnapshot, NOTHING_HELD } from './resource-store.ts';

export interface ControlClientDeps {
  readonly socketPath: string;
  /** What the own container is called (model/push.ts, `Claim`). */
  readonly container: string;
  /** Writes a line to where Docker keeps it as this container's standard error. */
  prove(line: string): void;
  readonly files: KeptFiles;
  readonly version: string;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Logger;
  readonly identity: MeshIdentity;
  /** In a mesh of tests: tells of all that was seen; gives how much could not be told of, null = it did not arrive. */
  flush?(): Promise<number | null>;
  /** Puts a snapshot in force; a rejection is the NACK's reason. */
  apply(snapshot: Snapshot): Promise<void>;
}

export interface ControlClient {
  /** Applies what the tmpfs still holds; then connects, and stays connected, until {@link close}. */
  start(): Promise<void>;
  /** Tells the controller, now and after every reconnect, what there is to know of the application. */
  reportOpenPorts(report: OpenPorts): void;
  /** A token came with a key that the snapshot lacks; told at most every few seconds. */
  reportUnknownKey(): void;
  /** Tells a mesh of tests of requests; false = they did not arrive. */
  sendObservations(requests: readonly ObservedRequest[]): Promise<boolean>;
  /** Takes spans to the mesh's own store; false = they did not arrive. */
  sendSpans(spans: readonly Span[]): Promise<boolean>;
  /** Tells what was counted; false = it did not arrive. */
  sendTraffic(report: TrafficReport): Promise<boolean>;
  close(): void;
  readonly held: HeldSnapshot;
  readonly isConnected: boolean;
  /** How many streams there have been: each may lead to a controller that knows nothing yet. */
  readonly streams: number;
}

const UNKNOWN_KEY_PAUSE_MS = 5000;
const RETRY_MS = { first: 50, most: 2000 };

/** The agent's end of the push protocol (model/push.ts). */
export function createControlClient(deps: ControlClientDeps): ControlClient {
  const client = new Client(deps);
  return client;
}

class Client implements ControlClient {
  readonly #deps: ControlClientDeps;
  #held: HeldSnapshot = NOTHING_HELD;
  #session = '';
  #retryMs = RETRY_MS.first;
  #isClosed = false;
  #stream: ClientRequest | null = null;
  #cancelSilence: () => void = () => {};
  #applying: Promise<void> = Promise.resolve();
  #hasLoggedFailure = false;
  #openPorts: OpenPorts | null = null;
  #keeper: CertificateKeeper | null = null;
  #isKeyReported = false;
  #isWaiting = false;
  isConnected = false;
  streams = 0;

  constructor(deps: ControlClientDeps) {
    this.#deps = deps;
  }

  get held(): HeldSnapshot {
    return this.#held;
  }

  async start(): Promise<void> {
    // Read first: what was written as root cannot be read once a snapshot is in force and the privileges are gone.
    this.#session = await this.#deps.files.readSession();
    const identity = await this.#deps.files.readIdentity();
    if (identity !== null) this.#deps.identity.replace(identity);
    this.#keeper = this.#createKeeper();
    const kept = await this.#deps.files.readSnapshot();
    if (kept !== null) await this.#applyKept(kept);
    void this.#connect();
  }

  #createKeeper(): CertificateKeeper {
    const { identity, clock, random, log, files } = this.#deps;
    return new CertificateKeeper({
      ...{ identity, clock, random, log },
      request: (body) => this.#post('/v1/certificates', this.#session, body),
      keep: (kept) => files.writeIdentity(kept),
    });
  }

  reportOpenPorts(report: OpenPorts): void {
    this.#openPorts = report;
    if (this.isConnected) void this.#sendOpenPorts();
  }

  async #sendOpenPorts(): Promise<void> {
    if (this.#openPorts === null) return;
    try {
      await this.#post('/v1/open-ports', this.#session, JSON.stringify(this.#openPorts));
    } catch (error) {
      this.#fail(errorMessage(error));
    }
  }

  sendSpans(spans: readonly Span[]): Promise<boolean> {
    return this.#tell('/v1/spans', spans);
  }

  sendTraffic(report: TrafficReport): Promise<boolean> {
    return this.#tell('/v1/traffic', report);
  }

  /** Whether it arrived; what did not is no reason to end anything. */
  async #tell(path: string, what: unknown): Promise<boolean> {
    if (!this.isConnected) return false;
    try {
      return (await this.#post(path, this.#session, JSON.stringify(what))).status === 204;
    } catch {
      // The stream's own end tells of a controller that is gone.
      return false;
    }
  }

  async sendObservations(requests: readonly ObservedRequest[]): Promise<boolean> {
    if (!this.isConnected) return false;
    try {
      return (await this.#post('/v1/observations', this.#session, JSON.stringify(requests))).status === 204;
    } catch {
      // The stream's own end tells of a controller that is gone.
      return false;
    }
  }

  async #flush(id: string): Promise<void> {
    const lost = (await this.#deps.flush?.()) ?? null;
    if (lost === null) return;
    const flushed: Flushed = { id, lost };
    // Without it the controller says that it did not hear from this proxy.
    await this.#post('/v1/flushed', this.#session, JSON.stringify(flushed)).catch(() => {});
  }

  reportUnknownKey(): void {
    if (!this.isConnected || this.#isKeyReported) return;
    this.#isKeyReported = true;
    this.#deps.clock.after(UNKNOWN_KEY_PAUSE_MS, () => {
      this.#isKeyReported = false;
    });
    this.#post('/v1/unknown-key', this.#session, '').catch((error: unknown) =>
      this.#fail(errorMessage(error)),
    );
  }

  close(): void {
    this.#isClosed = true;
    this.#keeper?.close();
    this.#cancelSilence();
    this.#stream?.destroy();
  }

  async #applyKept(kept: HeldSnapshot): Promise<void> {
    try {
      await this.#deps.apply(kept.snapshot);
      this.#held = kept;
      this.#deps.log.info('the last good snapshot is in force', { version: kept.version });
    } catch (error) {
      this.#deps.log.warn('the kept snapshot was not applied', { reason: errorMessage(error) });
    }
  }

  async #connect(): Promise<void> {
    this.#isWaiting = false;
    if (this.#isClosed) return;
    try {
      if (this.#session === '') await this.#openSession();
      // Nothing is captured before this proxy can prove who it is.
      await this.#keeper?.ensure();
      await this.#openStream();
    } catch (error) {
      this.#fail(errorMessage(error));
    }
  }

  /** Proves which container this is: model/proof.ts says how. */
  async #openSession(): Promise<void> {
    const claim: Claim = { container: this.#deps.container };
    const asked = await this.#post('/v1/challenge', '', JSON.stringify(claim));
    if (asked.status === 503) throw new Error('the controller does not know this container yet');
    if (asked.status !== 200) throw new Error(`the controller knows no proxy here (${asked.status})`);
    const { challenge } = JSON.parse(asked.body) as Challenge;
    this.#deps.prove(proofLine(challenge));
    const response = await this.#post('/v1/session', challenge, '');
    if (response.status !== 200)
      throw new Error(`the controller did not find the proof in this container's log (${response.status})`);
    const { session } = JSON.parse(response.body) as Session;
    this.#session = session;
    await this.#deps.files.writeSession(session);
  }

  async #openStream(): Promise<void> {
    const hello: Hello = {
      protocol: PUSH_PROTOCOL,
      version: this.#held.version,
      hashes: this.#held.hashes,
      agent: this.#deps.version,
      certificate: this.#deps.identity.held?.kept.chain ?? '',
    };
    const response = await this.#send('/v1/config', this.#session, JSON.stringify(hello));
    if (response.statusCode === 403) {
      response.resume();
      this.#session = '';
      await this.#deps.files.writeSession('');
      throw new Error('the controller does not know this session');
    }
    if (response.statusCode !== 200) throw new Error(`the controller answered ${response.statusCode}`);
    this.isConnected = true;
    this.streams += 1;
    this.#hasLoggedFailure = false;
    this.#retryMs = RETRY_MS.first;
    this.#read(response, this.#stream);
    void this.#sendOpenPorts();
    this.#keeper?.onTrust(String(response.headers[TRUST_HEADER] ?? ''));
  }

  #read(response: IncomingMessage, stream: ClientRequest | null): void {
    const lines = new LineSplitter();
    /** What was ended says so twice more (`error`, `close`), perhaps when its successor is there already. */
    const fail = (reason: string) => {
      if (stream === this.#stream) this.#fail(reason);
    };
    this.#heard();
    response.on('data', (chunk: Buffer) => {
      this.#heard();
      try {
        for (const line of lines.push(chunk)) this.#onMessage(JSON.parse(line) as ControllerMessage, fail);
      } catch (error) {
        fail(`unreadable message: ${errorMessage(error)}`);
      }
    });
    response.on('error', (error) => fail(error.message));
    response.on('close', () => fail('the controller closed the stream'));
  }

  #heard(): void {
    this.#cancelSilence();
    this.#cancelSilence = this.#deps.clock.after(SILENCE_MS, () => this.#fail('the controller is silent'));
  }

  #onMessage(message: ControllerMessage, fail: (reason: string) => void): void {
    if (message.type === 'flush') void this.#flush(message.id);
    if (message.type !== 'push') return;
    this.#applying = this.#applying.then(() => this.#onPush(message, fail));
  }

  async #onPush(push: Push, fail: (reason: string) => void): Promise<void> {
    // The hello of this stream was overtaken by a push of the stream before: what is held now must be told anew.
    if (!buildsOn(this.#held, push)) return fail('a push builds on another version than what is held');
    let error: string | null = null;
    try {
      const next = applyPush(this.#held, push);
      await this.#deps.apply(next.snapshot);
      this.#held = next;
      this.#keeper?.onSpiffeId(next.snapshot.resources.node.get('self')?.identity ?? '');
    } catch (thrown) {
      error = errorMessage(thrown);
      this.#deps.log.warn('push refused', { version: push.version, reason: error });
    }
    const ack: Ack = { nonce: push.nonce, version: push.version, error };
    try {
      const { status } = await this.#post('/v1/ack', this.#session, JSON.stringify(ack));
      // A controller that took the container for gone a moment ago has not heard it: what is held is told anew.
      if (status !== 204) return fail(`the controller answered ${status} to an ACK`);
      if (error === null) await this.#deps.files.writeSnapshot(this.#held);
    } catch (thrown) {
      fail(errorMessage(thrown));
    }
  }

  /** Ends the stream, if there is one, and connects again after a while, later each time; once for several failures. */
  #fail(reason: string): void {
    if (this.#isClosed || this.#isWaiting) return;
    this.#isWaiting = true;
    const stream = this.#stream;
    this.#stream = null;
    this.#cancelSilence();
    this.isConnected = false;
    stream?.destroy();
    if (!this.#hasLoggedFailure) this.#deps.log.warn('not connected to the controller', { reason });
    this.#hasLoggedFailure = true;
    // A restarted controller must not meet all its agents at once.
    const delayMs = this.#retryMs * (0.5 + this.#deps.random());
    this.#retryMs = Math.min(RETRY_MS.most, this.#retryMs * 2);
    this.#deps.clock.after(delayMs, () => void this.#connect());
  }

  async #post(path: string, credential: string, body: string): Promise<{ status: number; body: string }> {
    const response = await this.#send(path, credential, body);
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    return { status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() };
  }

  #send(path: string, credential: string, body: string): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          socketPath: this.#deps.socketPath,
          path,
          method: 'POST',
          agent: false,
          headers: { authorization: `Bearer ${credential}`, 'content-length': Buffer.byteLength(body) },
        },
        resolve,
      );
      outgoing.on('error', reject);
      if (path === '/v1/config') this.#stream = outgoing;
      outgoing.end(body);
    });
  }
}
