// Completion, hover text and diagnostics: the editor's side of complete.ts, hover.ts and diagnostics.ts.
import {
  type Completion,
  type CompletionContext,
  type CompletionResult,
  startCompletion,
} from '@codemirror/autocomplete';
import type { Diagnostic as EditorDiagnostic } from '@codemirror/lint';
import { type EditorView, hoverTooltip } from '@codemirror/view';
import { completeAt, type Offer } from '../complete.ts';
import type { Diagnostic } from '../diagnostics.ts';
import { hoverAt } from '../hover.ts';
import type { Known } from '../known.ts';
import type { Schemas } from '../schema-place.ts';

/** Read anew at each use: both change while an editor is open. */
export interface Help {
  readonly schemas: Schemas;
  readonly known: Known;
}

export function completionSource(help: () => Help) {
  return ({ state, pos, explicit }: CompletionContext): CompletionResult | null => {
    const text = state.doc.toString();
    const { schemas, known } = help();
    const completion = completeAt(text, pos, schemas, known);
    if (completion === null) return null;
    const isEmpty = completion.from === pos;
    // Not on every new line: only where somebody asks, or begins to write a word or a value.
    if (!explicit && isEmpty && !/(:|-) $/.test(text.slice(0, pos))) return null;
    return { from: completion.from, options: completion.offers.map(optionOf), validFor: /^[\w.*/-]*$/ };
  };
}

function optionOf({ label, insert, detail, info, type, isFirst }: Offer): Completion {
  return {
    label,
    detail,
    type,
    boost: isFirst ? 1 : 0,
    ...(info === '' ? {} : { info }),
    apply: (view: EditorView, _completion: Completion, from: number, to: number) => {
      view.dispatch({
        changes: { from, to, insert },
        selection: { anchor: from + insert.length },
        userEvent: 'input.complete',
      });
      // A field that was just begun wants a value, or fields of its own.
      if (/[:\-\n] *$/.test(insert)) startCompletion(view);
    },
  };
}

export function fieldHover(help: () => Help) {
  return hoverTooltip((view, pos) => {
    const hover = hoverAt(view.state.doc.toString(), pos, help().schemas);
    if (hover === null) return null;
    const dom = element('div', 'cm-note', [
      element('div', 'cm-note-path', [hover.path]),
      element('div', 'cm-note-type', [hover.type]),
      ...(hover.note === '' ? [] : [element('div', '', [hover.note])]),
    ]);
    return { pos: hover.from, end: hover.to, above: true, create: () => ({ dom }) };
  });
}

export function editorDiagnostics(diagnostics: readonly Diagnostic[], length: number): EditorDiagnostic[] {
  return diagnostics.map(({ from, to, severity, message, remedy, code }) => ({
    from: Math.min(from, length),
    to: Math.min(to, length),
    severity,
    message: `${message} ${remedy} (${code})`,
    renderMessage: () =>
      element('div', '', [
        element('div', '', [message]),
        element('div', 'cm-remedy', [remedy === '' ? code : `${remedy} (${code})`]),
      ]),
  }));
}

function element(tag: string, className: string, children: readonly (Node | string)[]): HTMLElement {
  const made = document.createElement(tag);
  made.className = className;
  made.append(...children);
  return made;
}
