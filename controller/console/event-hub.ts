import type { ServerResponse } from 'node:http';
import type { ChangedEvent, ConsoleTopic } from '../../model/console.ts';

/** Pages that look at once; each is a connection that stays open. */
const MAX_CLIENTS = 64;
/** A page that takes no bytes for so long that this much waits is dropped; it comes again by itself. */
const MAX_WAITING_BYTES = 64 * 1024;
/** At most one event in this time, for all that changed meanwhile. */
const PAUSE_MS = 1000;
const COMMENT_MS = 15_000;

/** Server-sent events: tells pages what has changed, at once and then at most once a second. */
export class EventHub {
  readonly #clients = new Set<ServerResponse>();
  readonly #changed = new Set<ConsoleTopic>();
  #pause: NodeJS.Timeout | null = null;
  #comments: NodeJS.Timeout | null = null;

  get size(): number {
    return this.#clients.size;
  }

  /** Takes over a response; false = there are too many. */
  add(response: ServerResponse, headers: Readonly<Record<string, string>>): boolean {
    if (this.#clients.size >= MAX_CLIENTS) return false;
    response.writeHead(200, { ...headers, 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' });
    response.write('retry: 2000\n\n');
    this.#clients.add(response);
    response.on('close', () => this.#remove(response));
    response.on('error', () => this.#remove(response));
    this.#comments ??= setInterval(() => this.#write(':\n\n'), COMMENT_MS).unref();
    return true;
  }

  changed(...topics: readonly ConsoleTopic[]): void {
    if (this.#clients.size === 0) return;
    for (const topic of topics) this.#changed.add(topic);
    if (this.#pause === null) this.#tell();
  }

  close(): void {
    if (this.#pause !== null) clearTimeout(this.#pause);
    this.#pause = null;
    for (const client of this.#clients) client.destroy();
  }

  #tell(): void {
    const event: ChangedEvent = { topics: [...this.#changed] };
    this.#changed.clear();
    this.#write(`event: changed\ndata: ${JSON.stringify(event)}\n\n`);
    this.#pause = setTimeout(() => {
      this.#pause = null;
      if (this.#changed.size > 0) this.#tell();
    }, PAUSE_MS).unref();
  }

  #write(text: string): void {
    for (const client of this.#clients) {
      if (client.writableLength > MAX_WAITING_BYTES) client.destroy();
      else client.write(text);
    }
  }

  #remove(response: ServerResponse): void {
    this.#clients.delete(response);
    if (this.#clients.size > 0 || this.#comments === null) return;
    clearInterval(this.#comments);
    this.#comments = null;
  }
}
