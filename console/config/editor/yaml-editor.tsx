import { autocompletion, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import { bracketMatching, indentOnInput, indentUnit } from '@codemirror/language';
import { lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint';
import { Compartment, EditorState, StateEffect, StateField, Transaction } from '@codemirror/state';
import {
  Decoration,
  type DecorationSet,
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import { useEffect, useRef } from 'preact/hooks';
import type { Diagnostic } from '../diagnostics.ts';
import type { TextEdit } from '../weights.ts';
import { editorTheme } from './editor-theme.ts';
import { completionSource, editorDiagnostics, fieldHover, type Help } from './language-help.ts';
import { shadowOf } from './shadow.ts';

export interface EditorHandle {
  /** As if they were typed: they can be undone. */
  readonly apply: (edits: readonly TextEdit[]) => void;
  readonly goTo: (line: number) => void;
}

export interface YamlEditorProps {
  readonly file: string;
  readonly text: string;
  /** The same as it is at this moment: what is typed runs ahead of what is rendered. */
  readonly readText: () => string;
  readonly isReadOnly: boolean;
  readonly diagnostics: readonly Diagnostic[];
  readonly help: Help;
  /** Shown first, and marked; 0 = none. */
  readonly line: number;
  readonly onChange: (text: string) => void;
  /** Ctrl or Cmd and S. */
  readonly onSave: () => void;
  readonly onReady: (handle: EditorHandle) => void;
}

export default function YamlEditor(props: YamlEditorProps) {
  const host = useRef<HTMLDivElement>(null);
  const editor = useRef<EditorView | null>(null);
  const latest = useRef(props);
  latest.current = props;
  const { file, text, isReadOnly, diagnostics, line } = props;

  // One editor for each file: undo does not lead from one into another
  useEffect(() => {
    if (host.current === null) return;
    const root = shadowOf(host.current);
    const view = new EditorView({ root, parent: root, state: createState(latest) });
    editor.current = view;
    latest.current.onReady(handleOf(view));
    return () => {
      editor.current = null;
      view.destroy();
    };
  }, [file]);

  useEffect(() => {
    const view = editor.current;
    const now = latest.current.readText();
    if (view !== null && view.state.doc.toString() !== now) replaceText(view, now);
  }, [text, file]);

  useEffect(() => {
    editor.current?.dispatch({ effects: access.reconfigure(accessOf(isReadOnly)) });
  }, [isReadOnly, file]);

  useEffect(() => {
    const view = editor.current;
    if (view === null) return;
    view.dispatch(setDiagnostics(view.state, editorDiagnostics(diagnostics, view.state.doc.length)));
  }, [diagnostics, file]);

  useEffect(() => {
    if (editor.current !== null && line > 0) goTo(editor.current, line);
  }, [line, file]);

  return <div class="editor-host" ref={host} />;
}

const access = new Compartment();
const accessOf = (isReadOnly: boolean) => EditorState.readOnly.of(isReadOnly);

function createState(latest: { readonly current: YamlEditorProps }): EditorState {
  const { file, text, isReadOnly } = latest.current;
  const help = () => latest.current.help;
  return EditorState.create({
    doc: text,
    extensions: [
      lineNumbers(),
      highlightActiveLine(),
      highlightActiveLineGutter(),
      history(),
      drawSelection(),
      indentOnInput(),
      bracketMatching(),
      indentUnit.of('  '),
      yaml(),
      autocompletion({ override: [completionSource(help)], icons: false }),
      fieldHover(help),
      lintGutter(),
      targetLine,
      editorTheme,
      access.of(accessOf(isReadOnly)),
      EditorView.contentAttributes.of({ 'aria-label': `YAML of ${file}`, tabindex: '0' }),
      EditorView.updateListener.of((update) => {
        const isOurs = update.transactions.some((each) => each.annotation(Transaction.remote) === true);
        if (update.docChanged && !isOurs) latest.current.onChange(update.state.doc.toString());
      }),
      keymap.of([
        {
          key: 'Mod-s',
          preventDefault: true,
          run: () => {
            latest.current.onSave();
            return true;
          },
        },
        ...completionKeymap,
        ...lintKeymap,
        ...historyKeymap,
        ...defaultKeymap,
      ]),
    ],
  });
}

const handleOf = (view: EditorView): EditorHandle => ({
  apply: (edits) => {
    view.dispatch({ changes: edits.map((edit) => ({ ...edit })), userEvent: 'input.slider' });
  },
  goTo: (line) => goTo(view, line),
});

/** Only what differs, so that the place where one reads stays. */
function replaceText(view: EditorView, text: string): void {
  const before = view.state.doc.toString();
  let start = 0;
  while (start < before.length && start < text.length && before[start] === text[start]) start++;
  let end = 0;
  const most = Math.min(before.length, text.length) - start;
  while (end < most && before[before.length - 1 - end] === text[text.length - 1 - end]) end++;
  view.dispatch({
    changes: { from: start, to: before.length - end, insert: text.slice(start, text.length - end) },
    annotations: Transaction.remote.of(true),
  });
}

const markLine = StateEffect.define<number>();

/** The line that a link led to; the first change takes the mark away. */
const targetLine = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    for (const effect of transaction.effects)
      if (effect.is(markLine)) return Decoration.set([lineMark.range(effect.value)]);
    return transaction.docChanged ? Decoration.none : marks;
  },
  provide: (field) => EditorView.decorations.from(field),
});
const lineMark = Decoration.line({ class: 'cm-target-line' });

function goTo(view: EditorView, line: number): void {
  const { from } = view.state.doc.line(Math.min(Math.max(1, line), view.state.doc.lines));
  view.dispatch({
    selection: { anchor: from },
    effects: [markLine.of(from), EditorView.scrollIntoView(from, { y: 'center' })],
  });
  view.focus();
}
