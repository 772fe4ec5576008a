// What is wrong with the console's own view of the mesh. Nothing waits for it: old figures stay where they are.
import { useEffect, useState } from 'preact/hooks';
import type { ConsoleStatus } from '../../model/console.ts';
import { connection } from '../events.ts';
import { formatTime } from '../format.ts';
import { Icon } from './icon.tsx';

export function Banner({ status }: { readonly status: ConsoleStatus | undefined }) {
  const isAway = useAway();
  const words = wordsOf(status, isAway);
  return (
    <div role="status" aria-live="polite">
      {words !== null && (
        <p class="banner">
          <Icon name="alert" />
          <span>{words}</span>
        </p>
      )}
    </div>
  );
}

/** A connection that is back at once was not away. */
const PATIENCE_MS = 1500;

function useAway(): boolean {
  const { state, sinceMs } = connection.value;
  const [awaySinceMs, setAway] = useState(0);
  useEffect(() => {
    if (state !== 'away') return;
    const timer = setTimeout(() => setAway(sinceMs), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [state, sinceMs]);
  return state === 'away' && awaySinceMs === sinceMs;
}

function wordsOf(status: ConsoleStatus | undefined, isAway: boolean): string | null {
  const { state, sinceMs } = connection.value;
  if (isAway)
    return `The controller is away since ${formatTime(sinceMs)}. What you see is from before; traffic goes on without it.`;
  if (state === 'refused') return null;
  if (status !== undefined && !status.isDockerConnected)
    return 'The Docker engine does not answer the controller. Containers are shown as they were last seen; traffic goes on.';
  return null;
}
