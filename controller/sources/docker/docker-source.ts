import type Docker from 'dockerode';
import { errorMessage } from '../../../base/errors.ts';
import type { Logger } from '../../../base/log.ts';
import type { ContainerFacts } from '../../world/container-facts.ts';
import { readContainerFacts } from './read-container-facts.ts';
import { isStopSignal } from './stop-signal.ts';

export interface DockerSourceDeps {
  readonly docker: Docker;
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
/** A container that survives its stop signal this long did not stop: it gets requests again. */
const DRAINING_AT_MOST_MS = 60_000;

interface DockerEvent {
  readonly Type: string;
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> };
}

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
  readonly #draining = new Map<string, NodeJS.Timeout>();
  #isClosed = false;
  #stream: NodeJS.ReadableStream | null = null;
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
    for (const timer of this.#draining.values()) clearTimeout(timer);
  }

  async run(): Promise<void> {
    let pauseMs = BACKOFF_MS.first;
    let hasComplained = false;
    while (!this.#isClosed) {
      try {
        await this.#follow(() => {
          if (hasComplained) this.#deps.log.info('the Docker daemon answers again');
          hasComplained = false;
          pauseMs = BACKOFF_MS.first;
        });
        this.#deps.log.warn("the Docker daemon's event stream ended; it is opened again");
      } catch (error) {
        if (!hasComplained) {
          this.#deps.log.error('the Docker daemon does not answer; what is known stays in force', {
            error: errorMessage(error),
            remedy: 'Is the socket mounted and the daemon running?',
          });
        }
        hasComplained = true;
      }
      this.#deps.onConnection(false);
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
      pauseMs = Math.min(BACKOFF_MS.most, pauseMs * 2);
    }
  }

  /** Ends when the stream does. */
  async #follow(onListed: () => void): Promise<void> {
    const filters = JSON.stringify({ type: ['container', 'network'] });
    const stream = (await this.#deps.docker.getEvents({ filters })) as unknown as NodeJS.ReadableStream;
    this.#stream = stream;
    const ended = new Promise<void>((resolve) => {
      stream.on('end', resolve);
      stream.on('error', () => resolve());
      stream.on('close', resolve);
    });
    let rest = '';
    stream.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) if (line !== '') this.#onEvent(JSON.parse(line) as DockerEvent);
    });
    await this.#list();
    onListed();
    this.#deps.onConnection(true);
    await ended;
  }

  #endStream(): void {
    if (this.#stream !== null && 'destroy' in this.#stream)
      (this.#stream as unknown as { destroy(): void }).destroy();
  }

  async #list(): Promise<void> {
    const listed = await this.#deps.docker.listContainers({ all: true });
    const ids = new Set(listed.map(({ Id }) => Id));
    for (const id of this.#containers.keys()) if (!ids.has(id)) this.#containers.delete(id);
    await Promise.all([...ids].map((id) => this.#inspect(id, false)));
    this.#isAnnounced = true;
    this.#deps.onChange(this.#containers);
  }

  #onEvent(event: DockerEvent): void {
    const { Type, Action, Actor } = event;
    if (Type === 'network') {
      const id = Actor.Attributes['container'];
      if ((Action === 'connect' || Action === 'disconnect') && id !== undefined) void this.#inspect(id, true);
      return;
    }
    const { ID: id } = Actor;
    if (Action.startsWith('exec_')) return;
    if (Action === 'destroy') this.#remove(id);
    else {
      if (Action === 'kill') this.#onKill(id, Actor.Attributes['signal'] ?? '');
      if (Action === 'start' || Action === 'die') this.#endDraining(id);
      void this.#inspect(id, true);
    }
  }

  /** The order on a stop is kill, a while, die: the endpoint must leave at the first. */
  #onKill(id: string, signal: string): void {
    const facts = this.#containers.get(id);
    if (facts === undefined || !isStopSignal(signal, facts.stopSignal)) return;
    this.#endDraining(id);
    const timer = setTimeout(() => {
      this.#endDraining(id);
      void this.#inspect(id, true);
    }, DRAINING_AT_MOST_MS);
    timer.unref();
    this.#draining.set(id, timer);
    this.#containers.set(id, { ...facts, isDraining: true });
    this.#announce();
  }

  #endDraining(id: string): void {
    clearTimeout(this.#draining.get(id));
    this.#draining.delete(id);
  }

  #remove(id: string): void {
    this.#endDraining(id);
    if (this.#containers.delete(id)) this.#announce();
  }

  async #inspect(id: string, mustAnnounce: boolean): Promise<void> {
    try {
      const info = await this.#deps.docker.getContainer(id).inspect();
      const facts = readContainerFacts(info, this.#draining.has(id));
      if (JSON.stringify(facts) === JSON.stringify(this.#containers.get(id))) return;
      this.#containers.set(id, facts);
      if (mustAnnounce) this.#announce();
    } catch (error) {
      // 404: it was removed between the event and the look.
      if ((error as { statusCode?: number }).statusCode === 404) this.#remove(id);
      else this.#deps.log.warn('a container cannot be inspected', { id, error: errorMessage(error) });
    }
  }

  #announce(): void {
    if (this.#isAnnounced) this.#deps.onChange(this.#containers);
  }
}
