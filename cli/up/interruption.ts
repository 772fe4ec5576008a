import { constants } from 'node:os';
import { CliError } from '../cli-error.ts';
import type { Progress } from '../terminal/progress.ts';

/** Ctrl-C, the end of the terminal, or of the job. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Interruption {
  /** Rejects at the first of them. */
  readonly promise: Promise<never>;
  /** Programs that still work are to end. */
  readonly signal: AbortSignal;
  /** From now on they end this program again. */
  stop(): void;
}

/** What was begun is taken back at the first; from the second on it is said that this is under way. */
export function watchSignals(progress: Pick<Progress, 'note'>): Interruption {
  const { promise, reject } = withReject();
  const abort = new AbortController();
  const onSignal = (signal: (typeof SIGNALS)[number]) => {
    if (abort.signal.aborted) return progress.note('What was started is being taken down: a moment.');
    // There may be nobody left to read.
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
    abort.abort();
    reject(new CliError('LAT1037', 'interrupted', 'Run it again.', 128 + constants.signals[signal]));
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  return {
    promise,
    signal: abort.signal,
    stop: () => {
      for (const signal of SIGNALS) process.off(signal, onSignal);
    },
  };
}

function withReject(): { promise: Promise<never>; reject: (error: Error) => void } {
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<never>((_, refuse) => {
    reject = refuse;
  });
  // Whoever waits for it hears of it; where nobody does, it is no failure.
  promise.catch(() => undefined);
  return { promise, reject };
}
