import type { Clock } from '../../base/clock.ts';

/** `date` of answers (RFC 9110 §5.6.7); formatted once a second. */
export function createHttpDate(clock: Clock): () => string {
  let second = -1;
  let text = '';
  return () => {
    const now = Math.floor(clock.wall() / 1000);
    if (now !== second) {
      second = now;
      text = new Date(now * 1000).toUTCString();
    }
    return text;
  };
}
