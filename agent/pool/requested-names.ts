import type { Clock } from '../../base/clock.ts';
import { errorCode } from '../../base/errors.ts';
import type { Logger } from '../../base/log.ts';
import {
  FAILURE_TTL_SECONDS,
  MIN_REFRESH_MS,
  ofOneFamily,
  type ResolveHost,
  refreshMsOf,
  resolveHost,
} from './resolve-host.ts';

/**
 * Addresses of names that callers ask for, looked up when they do (Envoy's DNS cache of the dynamic forward proxy):
 * one look-up at a time for a name, its last answer in force where a later one fails.
 */
export interface RequestedNames {
  /** undefined = it has to be looked up; null = it has no address. */
  find(name: string): string | null | undefined;
  /** `onDone` is called once, when `find` knows more, or nothing is to be expected. */
  lookUp(name: string, onDone: () => void): void;
  /** A host failed: the names that led there may lead elsewhere by now. Not sooner than 5 s after their look-up. */
  doubt(address: string): void;
}

export interface RequestedNamesDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** For tests. */
  readonly resolve?: ResolveHost;
}

interface Known {
  readonly address: string | null;
  readonly lookedUpAtMs: number;
  readonly untilMs: number;
}

/** Envoy's default of `max_hosts`. Callers choose the names: what is over it makes the oldest be forgotten. */
const MAX_NAMES = 1024;
/** Look-ups under way: each holds a thread of the process. */
const MAX_PENDING = 256;
/** Envoy's `dns_query_timeout`. */
const LONGEST_MS = 5000;

export function createRequestedNames({
  clock,
  log,
  resolve = resolveHost,
}: RequestedNamesDeps): RequestedNames {
  const known = new Map<string, Known>();
  const pending = new Map<string, (() => void)[]>();
  const remember = (name: string, address: string | null, ttlSeconds: number | null) => {
    known.delete(name);
    const oldest = known.size >= MAX_NAMES ? known.keys().next().value : undefined;
    if (oldest !== undefined) known.delete(oldest);
    const now = clock.now();
    known.set(name, { address, lookedUpAtMs: now, untilMs: now + refreshMsOf(ttlSeconds) });
  };
  const finish = (name: string) => {
    const waiting = pending.get(name) ?? [];
    pending.delete(name);
    for (const onDone of waiting) onDone();
  };
  const fail = (name: string, reason: string) => {
    const last = known.get(name)?.address ?? null;
    if (last === null) log.warn('a host that was asked for does not resolve', { host: name, reason });
    remember(name, last, FAILURE_TTL_SECONDS);
    finish(name);
  };
  return {
    find(name) {
      const entry = known.get(name);
      return entry === undefined || clock.now() >= entry.untilMs ? undefined : entry.address;
    },
    doubt(address) {
      const now = clock.now();
      for (const [name, entry] of known)
        if (entry.address === address && now - entry.lookedUpAtMs >= MIN_REFRESH_MS)
          known.set(name, { ...entry, untilMs: now });
    },
    lookUp(name, onDone) {
      const waiting = pending.get(name);
      if (waiting !== undefined) {
        waiting.push(onDone);
        return;
      }
      if (pending.size >= MAX_PENDING) {
        onDone();
        return;
      }
      pending.set(name, [onDone]);
      let isOver = false;
      const end = (task: () => void) => {
        if (isOver) return;
        isOver = true;
        cancel();
        task();
      };
      const cancel = clock.after(LONGEST_MS, () => end(() => fail(name, 'timeout')));
      resolve(name).then(
        ({ addresses, ttlSeconds }) =>
          end(() => {
            remember(name, ofOneFamily(addresses)[0] ?? null, ttlSeconds);
            finish(name);
          }),
        (error: unknown) => end(() => fail(name, errorCode(error))),
      );
    },
  };
}
