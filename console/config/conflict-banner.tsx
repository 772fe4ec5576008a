import { useState } from 'preact/hooks';
import type { DraftState } from './draft.ts';
import { Diff } from './editor/lazy.tsx';

export interface ConflictBannerProps {
  readonly state: DraftState;
  readonly file: string;
  readonly mine: string;
  readonly theirs: string;
  readonly onKeepMine: () => void;
  readonly onTakeTheirs: () => void;
}

/** The file changed on the disk while somebody works on it: nothing is overwritten, both are shown. */
export function ConflictBanner(props: ConflictBannerProps) {
  const { state, file, mine, theirs, onKeepMine, onTakeTheirs } = props;
  const [isShown, setShown] = useState(false);
  if (state !== 'overtaken' && state !== 'orphaned') return null;
  const isGone = state === 'orphaned';
  return (
    <div class="conflict" role="alert">
      <p>
        <strong>{isGone ? 'The file was removed on the disk.' : 'The file was changed on the disk.'}</strong>{' '}
        Your text is kept here and not saved.
      </p>
      <div class="conflict-actions">
        {!isGone && (
          <button type="button" aria-expanded={isShown} onClick={() => setShown(!isShown)}>
            {isShown ? 'Hide the difference' : 'Show both'}
          </button>
        )}
        <button type="button" onClick={onKeepMine}>
          {isGone ? 'Keep mine as a new file' : 'Keep mine'}
        </button>
        <button type="button" onClick={onTakeTheirs}>
          {isGone ? 'Drop mine' : 'Take that of the disk'}
        </button>
      </div>
      {isShown && !isGone && (
        <div class="conflict-diff">
          <p class="soft">Red: on the disk. Green: yours.</p>
          <Diff label={`${file}: on the disk, and yours`} before={theirs} after={mine} />
        </div>
      )}
    </div>
  );
}
