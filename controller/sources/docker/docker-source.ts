import type Docker from 'dockerode';
import type { Clock } from '../../../base/clock.ts';
import { errorMessage } from '../../../base/errors.ts';
import type { Logger } from '../../../base/log.ts';
import type { DockerReader } from '../../docker/docker-reader.ts';
import type { ContainerFacts } from '../../world/container-facts.ts';
import { type DockerEvent, readEvents } from './event-stream.ts';
import { readContainerFacts } from './read-container-facts.ts';
import { isStopSignal } from './stop-signal.ts';

export interface DockerSourceDeps {
  readonly docker: DockerReader;
  readonly clock: Clock;
  readonly log: Logger;
  /** Told with all containers after every change. */
  onChange(containers: ReadonlyMap<string, ContainerFacts>): void;
  /** The daemon answers (again), or does not. */
  onConnection(isConnected: boolean): void;
}

export interface DockerSource {
  readonly containers: ReadonlyMap<string, ContainerFacts>;
  close(): void;
}

const BACKOFF_MS = { first: 200, most: 5000 };
/** A stream that ends sooner than this after its start does not count as a recovery: the pauses go on growing. */
const STEADY_MS = 5000;
/** The daemon drops events of a reader that is too slow for a moment, so the list is read again now and then. */
export const RESYNC_MS = 10_000;
/** A daemon that accepts and never answers counts as one that is away. */
const ANSWER_MS = 20_000;
/** A container that survives its stop signal this long did not stop: it gets requests again. */
const DRAINING_AT_MOST_MS = 60_000;

/**
 * The daemon's containers as a source. Events are subscribed to first and the list is read after; an event only says
 * which container to look at again. A broken stream is taken up again with growing pauses and a full list.
 */
export function openDockerSource(deps: DockerSourceDeps): DockerSource {
  const source = new Source(deps);
  void source.run();
  return source;
}

class Source implements DockerSource {
  readonly #deps: DockerSourceDeps;
  readonly #containers = new Map<string, ContainerFacts>();
  readonly #draining = new Map<string, () => void>();
  /** Looks under way: an answer that an event has overtaken is thrown away, and the container is looked at again. */
  readonly #looks = new Map<string, { isOvertaken: boolean; done: Promise<void> }>();
  /** What the last list said of each container, to see what has changed since. */
  #summaries: ReadonlyMap<string, string> = new Map();
  #isClosed = false;
  #endStream: () => void = () => {};
  #isAnnounced = false;

  constructor(deps: DockerSourceDeps) {
    this.#deps = deps;
  }

  get containers(): ReadonlyMap<string, ContainerFacts> {
    return this.#containers;
  }

  close(): void {
    this.#isClosed = true;
    this.#endStream();
    for (const cancel of this.#draining.values()) cancel();
  }

  async run(): Promise<void> {
    const { clock, log, onConnection } = this.#deps;
    let pauseMs = BACKOFF_MS.first;
    let hasComplained = false;
    while (!this.#isClosed) {
      const startMs = clock.now();
      try {
        await this.#follow(() => {
          if (hasComplained) log.info('the Docker daemon answers again');
          hasComplained = false;
          onConnection(true);
        });
        if (!this.#isClosed) log.warn("the Docker daemon's event stream ended; it is opened again");
      } catch (error) {
        if (!hasComplained) {
          log.error('the Docker daemon does not answer; what is known stays in force', {
            error: errorMessage(error),
            remedy: 'Is the socket mounted and the daemon running?',
          });
        }
        hasComplained = true;
      }
      if (this.#isClosed) return;
      onConnection(false);
      if (clock.now() - startMs > STEADY_MS) pauseMs = BACKOFF_MS.first;
      await new Promise<void>((resolve) => clock.after(pauseMs, resolve));
      pauseMs = Math.min(BACKOFF_MS.most, pauseMs * 2);
    }
  }

  /** Ends when the stream does; throws if the daemon cannot be asked. */
  async #follow(onListed: () => void): Promise<void> {
    const stream = await this.#openStream();
    let cancelResync = () => {};
    const ended = readEvents(stream, (event) => this.#onEvent(event));
    this.#endStream = ended.stop;
    try {
      this.#summaries = new Map();
      await this.#list();
      onListed();
      const resyncLater = () => {
        cancelResync = this.#deps.clock.after(RESYNC_MS, () => this.#list().then(resyncLater, ended.stop));
      };
      resyncLater();
      await ended.promise;
    } finally {
      cancelResync();
      ended.stop();
    }
  }

  async #openStream(): Promise<NodeJS.ReadableStream> {
    const opening = new AbortController();
    const cancel = this.#deps.clock.after(ANSWER_MS, () => opening.abort());
    try {
      return await this.#deps.docker.openEvents(opening.signal);
    } finally {
      cancel();
    }
  }

  /** Looks at every container that the list shows in another state than the last list did. */
  async #list(): Promise<void> {
    const listed = await this.#deps.docker.listContainers(AbortSignal.timeout(ANSWER_MS));
    const summaries = new Map(listed.map((info) => [info.Id, summarise(info)]));
    const changed = [...summaries].filter(([id, summary]) => this.#summaries.get(id) !== summary);
    // One that is not in the list is looked at too: it may have been created after the list was made.
    const missing = [...this.#containers.keys()].filter((id) => !summaries.has(id));
    await Promise.all([...changed.map(([id]) => id), ...missing].map((id) => this.#look(id)));
    this.#summaries = summaries;
    if (this.#isAnnounced) return;
    this.#isAnnounced = true;
    this.#announce();
  }

  #onEvent(event: DockerEvent): void {
    const { Type, Action, Actor } = event;
    if (Type === 'network') {
      const id = Actor.Attributes['container'];
      if ((Action === 'connect' || Action === 'disconnect') && id !== undefined) void this.#look(id);
      return;
    }
    const { ID: id } = Actor;
    if (Action.startsWith('exec_')) return;
    if (Action === 'destroy') this.#remove(id);
    if (Action === 'kill') this.#onKill(id, Actor.Attributes['signal'] ?? '');
    if (Action === 'die') this.#onDie(id);
    if (Action === 'start') this.#endDraining(id);
    void this.#look(id);
  }

  /** The order on a stop is kill, a while, die: the endpoint must leave at the first. */
  #onKill(id: string, signal: string): void {
    const facts = this.#containers.get(id);
    if (facts === undefined || !isStopSignal(signal, facts.stopSignal)) return;
    this.#endDraining(id);
    const cancel = this.#deps.clock.after(DRAINING_AT_MOST_MS, () => {
      this.#endDraining(id);
      void this.#look(id);
    });
    this.#draining.set(id, cancel);
    this.#containers.set(id, { ...facts, isDraining: true });
    this.#announce();
  }

  /** Known at once, and not only if a look falls between the end and the next start. */
  #onDie(id: string): void {
    this.#endDraining(id);
    const facts = this.#containers.get(id);
    if (facts === undefined) return;
    this.#containers.set(id, { ...facts, state: 'stopped', isDraining: false });
    this.#announce();
  }

  #endDraining(id: string): void {
    this.#draining.get(id)?.();
    this.#draining.delete(id);
  }

  #remove(id: string): void {
    this.#endDraining(id);
    if (this.#containers.delete(id)) this.#announce();
  }

  /** One look at a time at each container: two answers could come in the wrong order. */
  #look(id: string): Promise<void> {
    const underWay = this.#looks.get(id);
    if (underWay !== undefined) {
      underWay.isOvertaken = true;
      return underWay.done;
    }
    const look = { isOvertaken: false, done: Promise.resolve() };
    this.#looks.set(id, look);
    look.done = this.#lookUntilCurrent(id, look).finally(() => this.#looks.delete(id));
    return look.done;
  }

  async #lookUntilCurrent(id: string, look: { isOvertaken: boolean }): Promise<void> {
    do {
      look.isOvertaken = false;
      const facts = await this.#inspect(id);
      if (look.isOvertaken || this.#isClosed || facts === 'unknown') continue;
      if (facts === 'gone') this.#remove(id);
      else this.#keep(id, facts);
    } while (look.isOvertaken && !this.#isClosed);
  }

  #keep(id: string, seen: ContainerFacts): void {
    const before = this.#containers.get(id);
    // The events of its end may have been lost.
    const hasEnded =
      seen.state === 'stopped' || (before !== undefined && before.startedAt !== seen.startedAt);
    if (hasEnded) this.#endDraining(id);
    const facts = { ...seen, isDraining: this.#draining.has(id) };
    if (JSON.stringify(facts) === JSON.stringify(before)) return;
    this.#containers.set(id, facts);
    this.#announce();
  }

  async #inspect(id: string): Promise<ContainerFacts | 'gone' | 'unknown'> {
    try {
      const info = await this.#deps.docker.inspectContainer(id, AbortSignal.timeout(ANSWER_MS));
      return readContainerFacts(info, false);
    } catch (error) {
      // 404: it was removed between the event and the look.
      if ((error as { statusCode?: number }).statusCode === 404) return 'gone';
      this.#deps.log.warn('a container cannot be inspected', { id, error: errorMessage(error) });
      return 'unknown';
    }
  }

  #announce(): void {
    if (this.#isAnnounced) this.#deps.onChange(this.#containers);
  }
}

/** What changes in a list whenever something changed that counts here; its `Status` tells time, and health. */
function summarise({ State, Status, NetworkSettings }: Docker.ContainerInfo): string {
  const health = /\((?:health: )?(\w+)\)$/.exec(Status)?.[1] ?? '';
  // Podman says null of a container that joined a namespace by its path, as agents do there.
  const networks = Object.values(NetworkSettings?.Networks ?? {}).map(
    ({ NetworkID, EndpointID, IPAddress }) => `${NetworkID} ${EndpointID} ${IPAddress}`,
  );
  return [State, health, ...networks.sort()].join('|');
}
