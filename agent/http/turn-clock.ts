import type { Clock } from '../../base/clock.ts';
import type { FlushQueue } from './flush-queue.ts';

/** A clock that looks at the time once per read that is handled, not five times per request. */
export function createTurnClock(clock: Clock, queue: Pick<FlushQueue, 'turn'>): Clock {
  let seenAtMs = 0;
  let seenIn = 0;
  return {
    now() {
      const { turn } = queue;
      if (turn === 0) return clock.now();
      if (turn !== seenIn) {
        seenIn = turn;
        seenAtMs = clock.now();
      }
      return seenAtMs;
    },
    wall: () => clock.wall(),
    after: (delayMs, task) => clock.after(delayMs, task),
  };
}
