// A page's question to the controller: asked, and asked again when an event says that the answer changed.
import { useEffect, useState } from 'preact/hooks';
import type { ConsoleTopic } from '../model/console.ts';
import { ApiFailure, getJson, token } from './api.ts';
import { onChanged } from './events.ts';

export interface Query<T> {
  /** The last answer; it stays while a newer one is on its way or cannot be had. */
  readonly data: T | undefined;
  /** Why the last question had no answer. */
  readonly failure: ApiFailure | undefined;
  readonly reload: () => void;
}

export interface QueryOptions {
  readonly topics: readonly ConsoleTopic[];
  /** Asked again after this time without an event too: windows of time slide. */
  readonly everyMs?: number;
  /** Another address (another range, say) shows the former answer until its own is there. */
  readonly keepsFormer?: boolean;
}

interface State<T> {
  readonly url: string | null;
  readonly data: T | undefined;
  readonly failure: ApiFailure | undefined;
}

/** Events may come in bursts; one look in this time is enough. */
const LEAST_MS = 400;
/** After a question that found nobody. A browser breaks off what is under way when a network of Docker comes or goes. */
const RETRY_MS = 1000;
const KEPT = 40;
/** Answers by address, so that a page which was open before is there at once. */
const cache = new Map<string, unknown>();

/** `url` null: nothing is asked. */
export function useQuery<T>(url: string | null, options: QueryOptions): Query<T> {
  const [state, setState] = useState<State<T>>(() => initial<T>(url));
  const [turn, setTurn] = useState(0);
  const { topics, everyMs = 0, keepsFormer = false } = options;
  const key = topics.join();
  // `turn` asks anew, `key` stands for the topics
  useEffect(() => {
    if (url === null) return;
    return watch<T>(url, topics, everyMs, (answer) => setState((former) => ({ ...former, ...answer, url })));
  }, [url, key, everyMs, turn]);
  const shown = state.url === url || keepsFormer ? state : initial<T>(url);
  return { data: shown.data, failure: shown.failure, reload: () => setTurn((now) => now + 1) };
}

const initial = <T>(url: string | null): State<T> => ({
  url,
  data: url === null ? undefined : (cache.get(url) as T | undefined),
  failure: undefined,
});

type Answer<T> = { readonly data: T; readonly failure: undefined } | { readonly failure: ApiFailure };

/** One question at a time; what changed meanwhile is asked for once more after it. Nothing is asked by a hidden tab. */
function watch<T>(
  url: string,
  topics: readonly ConsoleTopic[],
  everyMs: number,
  tell: (answer: Answer<T>) => void,
): () => void {
  const abort = new AbortController();
  let isAsking = false;
  let isDue = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const look = async () => {
    if (isAsking || document.hidden) {
      isDue = true;
      return;
    }
    clearTimeout(timer);
    isAsking = true;
    isDue = false;
    let nextMs = everyMs;
    try {
      const data = await getJson<T>(url, abort.signal);
      keep(url, data);
      if (!abort.signal.aborted) tell({ data, failure: undefined });
    } catch (error) {
      const failure = asFailure(error);
      if (failure.isAway) nextMs = RETRY_MS;
      if (!abort.signal.aborted) tell({ failure });
    }
    if (abort.signal.aborted) return;
    timer = setTimeout(() => {
      isAsking = false;
      if (isDue) void look();
      else if (nextMs > 0) timer = setTimeout(look, Math.max(0, nextMs - LEAST_MS));
    }, LEAST_MS);
  };
  const onVisible = () => void (isDue && look());
  document.addEventListener('visibilitychange', onVisible);
  const stops = [onChanged(topics, look), token.subscribe(() => void look())];
  return () => {
    abort.abort();
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', onVisible);
    for (const stop of stops) stop();
  };
}

function keep(url: string, data: unknown): void {
  cache.delete(url);
  cache.set(url, data);
  if (cache.size > KEPT) cache.delete(cache.keys().next().value ?? '');
}

const asFailure = (error: unknown): ApiFailure =>
  error instanceof ApiFailure ? error : new ApiFailure(-1, String(error), 'Reload the page.');
