// The stream of "something changed". Not EventSource: that can send no token.
import { signal } from '@preact/signals';
import type { ChangedEvent, ConsoleTopic } from '../model/console.ts';
import { failureOf, requestHeaders, token } from './api.ts';
import { createEventParser } from './event-stream.ts';

export interface Connection {
  readonly state: 'connecting' | 'open' | 'away' | 'refused';
  /** The browser's clock. */
  readonly sinceMs: number;
}

/** `away`: what is shown is from before `sinceMs`. */
export const connection = signal<Connection>({ state: 'connecting', sinceMs: Date.now() });

type Listener = () => void;
const listeners = new Map<Listener, readonly ConsoleTopic[]>();

const ALL: readonly ConsoleTopic[] = [
  'status',
  'services',
  'workloads',
  'traffic',
  'config',
  'history',
  'traces',
];
/** The controller says something every 15 s. */
const SILENCE_MS = 40_000;
/** A browser has six connections to one origin (HTTP/1.1): tabs that nobody looks at give theirs back. */
const HIDDEN_MS = 15_000;
const RETRY_MS = { first: 500, most: 8000 };

/** Calls when one of the topics changed, and when the controller is there again. */
export function onChanged(topics: readonly ConsoleTopic[], listener: Listener): () => void {
  listeners.set(listener, topics);
  return () => listeners.delete(listener);
}

export function startEvents(): void {
  void follow();
}

async function follow(): Promise<void> {
  for (let retryMs = RETRY_MS.first; ; retryMs = Math.min(retryMs * 2, RETRY_MS.most)) {
    await untilSeen();
    const wasOpen = await readStream();
    if (wasOpen) retryMs = RETRY_MS.first;
    await pause(retryMs);
  }
}

/** Until the stream ends; true if it had begun. */
async function readStream(): Promise<boolean> {
  const abort = new AbortController();
  let silence = setTimeout(() => abort.abort(), SILENCE_MS);
  let hasBegun = false;
  const stopWatching = whenHidden(() => {
    become('connecting');
    abort.abort();
  });
  try {
    const response = await fetch('/api/events', { headers: requestHeaders(), signal: abort.signal });
    if (!response.ok || response.body === null) {
      become((await failureOf(response)).needsToken ? 'refused' : 'away');
      return false;
    }
    hasBegun = true;
    become('open');
    notify(ALL);
    const parse = createEventParser();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      clearTimeout(silence);
      silence = setTimeout(() => abort.abort(), SILENCE_MS);
      for (const { event, data } of parse(read.value))
        if (event === 'changed') notify((JSON.parse(data) as ChangedEvent).topics);
    }
    become('away');
  } catch {
    // Whatever ended it: it is tried again.
    if (!document.hidden) become('away');
  } finally {
    clearTimeout(silence);
    stopWatching();
    abort.abort();
  }
  return hasBegun;
}

function become(state: Connection['state']): void {
  if (connection.peek().state !== state) connection.value = { state, sinceMs: Date.now() };
}

function notify(topics: readonly ConsoleTopic[]): void {
  for (const [listener, wanted] of [...listeners])
    if (wanted.some((topic) => topics.includes(topic))) listener();
}

function untilSeen(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const look = () => {
    if (document.hidden) return;
    document.removeEventListener('visibilitychange', look);
    resolve();
  };
  document.addEventListener('visibilitychange', look);
  look();
  return promise;
}

/** Calls when the tab has been out of sight for a while. */
function whenHidden(act: () => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = () => {
    clearTimeout(timer);
    if (document.hidden) timer = setTimeout(act, HIDDEN_MS);
  };
  document.addEventListener('visibilitychange', look);
  look();
  return () => {
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', look);
  };
}

/** Ends early when a token was given. */
function pause(ms: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  const before = token.peek();
  const stop = token.subscribe((now) => now !== before && resolve());
  return promise.finally(() => {
    clearTimeout(timer);
    stop();
  });
}
