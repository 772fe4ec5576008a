// The clock of the graph: now, or a moment of the last minutes that can be played from.
import { useEffect, useState } from 'preact/hooks';
import { Icon } from '../components/icon.tsx';
import { formatAgo, formatTime } from '../format.ts';

export interface ReplayProps {
  /** Of the controller's clock. */
  readonly nowMs: number;
  readonly oldestMs: number;
  /** 0 = now, and going on with it. */
  readonly until: number;
  readonly onChange: (until: number) => void;
}

export const STEP_MS = 5000;
/** A step in so much time: ten times as fast as it was. */
const TICK_MS = 500;

export function Replay({ nowMs, oldestMs, until, onChange }: ReplayProps) {
  const [isPlaying, setPlaying] = useState(false);
  const most = Math.floor(nowMs / STEP_MS) * STEP_MS;
  const least = Math.min(most, Math.ceil(oldestMs / STEP_MS) * STEP_MS);
  const go = (ms: number) => onChange(ms >= most ? 0 : Math.max(least, ms));
  useEffect(() => {
    if (!isPlaying) return;
    const timer = setTimeout(() => {
      if (until === 0) setPlaying(false);
      else go(until + STEP_MS);
    }, TICK_MS);
    return () => clearTimeout(timer);
  }, [isPlaying, until, most]);
  const play = () => {
    if (until === 0) onChange(least);
    setPlaying(!isPlaying);
  };
  const shown = until === 0 ? most : until;
  return (
    <section class="replay" aria-label="Replay">
      <button
        type="button"
        class="icon-button"
        aria-label={isPlaying ? 'Pause the replay' : 'Play from here'}
        onClick={play}
        disabled={least === most}
      >
        <Icon name={isPlaying ? 'pause' : 'play'} />
      </button>
      <input
        type="range"
        aria-label="Moment"
        aria-valuetext={until === 0 ? 'now' : formatTime(until)}
        {...{ min: least, max: most, step: STEP_MS, value: shown }}
        disabled={least === most}
        onInput={(event) => {
          setPlaying(false);
          go(Number(event.currentTarget.value));
        }}
      />
      <span class="replay-time">
        {until === 0 ? 'now' : `${formatTime(until)} · ${formatAgo(until, nowMs)}`}
      </span>
      {until !== 0 && (
        <button
          type="button"
          class="replay-live"
          onClick={() => {
            setPlaying(false);
            onChange(0);
          }}
        >
          Back to now
        </button>
      )}
    </section>
  );
}
