// The editor is large and only two pages need it: it is loaded when it is first shown.
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import type { DiffViewProps } from './diff-view.tsx';
import type { YamlEditorProps } from './yaml-editor.tsx';

export const Editor = lazy<YamlEditorProps>(
  () => import('./yaml-editor.tsx'),
  'The editor could not be loaded.',
);
export const Diff = lazy<DiffViewProps>(
  () => import('./diff-view.tsx'),
  'The comparison could not be loaded.',
);

function lazy<Props extends object>(
  load: () => Promise<{ readonly default: ComponentType<Props> }>,
  failure: string,
): ComponentType<Props> {
  let known: ComponentType<Props> | null = null;
  return function Lazy(props: Props) {
    const [state, setState] = useState<{
      readonly part: ComponentType<Props> | null;
      readonly isLost: boolean;
    }>({
      part: known,
      isLost: false,
    });
    useEffect(() => {
      if (known !== null) return;
      load().then(
        (module) => {
          known = module.default;
          setState({ part: known, isLost: false });
        },
        () => setState({ part: null, isLost: true }),
      );
    }, []);
    if (state.isLost)
      return <p class="notice notice-bad">{failure} Is the controller there? Then load the page again.</p>;
    const Part = state.part;
    return Part === null ? <div class="loading" role="status" aria-label="Loading" /> : <Part {...props} />;
  };
}
