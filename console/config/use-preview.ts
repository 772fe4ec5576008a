import { useEffect, useState } from 'preact/hooks';
import type { ConfigChange, PreviewView } from '../../model/console.ts';
import { ApiFailure, preview } from '../api.ts';

export interface Preview {
  /** Of this very change; undefined = not known yet. */
  readonly view: PreviewView | undefined;
  readonly failure: ApiFailure | undefined;
}

interface Answer extends Preview {
  readonly key: string;
}

const NOTHING: Preview = { view: undefined, failure: undefined };

/** What a change would do, asked when nobody has typed for a moment. */
export function usePreview(change: ConfigChange | null, delayMs: number): Preview {
  const [answer, setAnswer] = useState<Answer>({ key: '', ...NOTHING });
  const key = change === null ? '' : JSON.stringify(change);
  useEffect(() => {
    if (change === null) return;
    let isWanted = true;
    const timer = setTimeout(() => {
      preview(change).then(
        (view) => isWanted && setAnswer({ key, view, failure: undefined }),
        (error: unknown) => isWanted && setAnswer({ key, view: undefined, failure: asFailure(error) }),
      );
    }, delayMs);
    return () => {
      isWanted = false;
      clearTimeout(timer);
    };
  }, [key]);
  return answer.key === key ? answer : NOTHING;
}

export const asFailure = (error: unknown): ApiFailure =>
  error instanceof ApiFailure ? error : new ApiFailure(-1, String(error), 'Try again.');
