/** Time as a dependency, so that state machines can be tested without waiting. */
export interface Clock {
  /** Monotonic milliseconds; only differences mean anything. */
  now(): number;
  /** Wall clock in milliseconds since 1970. */
  wall(): number;
  /** Runs `task` after `delayMs`; the returned function cancels it. Never keeps a process alive. */
  after(delayMs: number, task: () => void): () => void;
}

/** The machine's own clock. Called in `main.ts` files only; everything else is handed a {@link Clock}. */
export function createSystemClock(): Clock {
  // A global of Node's is looked up, and made, by a getter each time.
  const { performance } = globalThis;
  return {
    now: () => performance.now(),
    wall: () => Date.now(),
    after(delayMs, task) {
      const timer = setTimeout(task, delayMs);
      timer.unref();
      return () => clearTimeout(timer);
    },
  };
}

export interface ManualClock extends Clock {
  /** Moves time forward by `ms` and runs what falls due, in order of its time. */
  advance(ms: number): void;
}

/** A clock for tests: time passes only when told. */
export function createManualClock(startMs = 0): ManualClock {
  let nowMs = startMs;
  let sequence = 0;
  const due: { atMs: number; order: number; task: () => void }[] = [];
  return {
    now: () => nowMs,
    wall: () => nowMs,
    after(delayMs, task) {
      const entry = { atMs: nowMs + Math.max(0, delayMs), order: sequence++, task };
      due.push(entry);
      return () => {
        const index = due.indexOf(entry);
        if (index >= 0) due.splice(index, 1);
      };
    },
    advance(ms) {
      const untilMs = nowMs + ms;
      for (;;) {
        due.sort((a, b) => a.atMs - b.atMs || a.order - b.order);
        const next = due[0];
        if (next === undefined || next.atMs > untilMs) break;
        due.shift();
        nowMs = next.atMs;
        next.task();
      }
      nowMs = untilMs;
    },
  };
}
