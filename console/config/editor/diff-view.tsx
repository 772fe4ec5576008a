import { yaml } from '@codemirror/lang-yaml';
import { unifiedMergeView } from '@codemirror/merge';
import { EditorState } from '@codemirror/state';
import { EditorView, lineNumbers } from '@codemirror/view';
import { useEffect, useRef } from 'preact/hooks';
import { editorTheme } from './editor-theme.ts';
import { shadowOf } from './shadow.ts';

export interface DiffViewProps {
  /** What it is of, for screen readers. */
  readonly label: string;
  readonly before: string;
  readonly after: string;
}

/** Removed lines above added ones: readable at the width of a phone too. */
export default function DiffView({ label, before, after }: DiffViewProps) {
  const host = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (host.current === null) return;
    const root = shadowOf(host.current);
    const view = new EditorView({
      root,
      parent: root,
      doc: after,
      extensions: [
        lineNumbers(),
        EditorState.readOnly.of(true),
        EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
        yaml(),
        unifiedMergeView({
          original: before,
          mergeControls: false,
          collapseUnchanged: { margin: 3, minSize: 6 },
        }),
        editorTheme,
      ],
    });
    return () => view.destroy();
  }, [label, before, after]);
  return <div class="diff-host" ref={host} />;
}
