// What is wrong with the console's own view of the mesh. Nothing waits for it: old figures stay where they are.
import type { ConsoleStatus } from '../../model/console.ts';
import { connection } from '../events.ts';
import { formatTime } from '../format.ts';
import { Icon } from './icon.tsx';

export function Banner({ status }: { readonly status: ConsoleStatus | undefined }) {
  const words = wordsOf(status);
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

function wordsOf(status: ConsoleStatus | undefined): string | null {
  const { state, sinceMs } = connection.value;
  if (state === 'away')
    return `The controller is away since ${formatTime(sinceMs)}. What you see is from before; traffic goes on without it.`;
  if (state === 'refused') return null;
  if (status !== undefined && !status.isDockerConnected)
    return 'The Docker engine does not answer the controller. Containers are shown as they were last seen; traffic goes on.';
  return null;
}
